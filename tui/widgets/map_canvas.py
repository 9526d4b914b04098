"""The canvas of the map: it keeps the lines of its scene, and draws them anew only when something is different."""

from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from mgrad.tui.map_layout import Frame
from mgrad.tui.widgets.map_drawing import Drawing, Scene, Spot, frame_for
from mgrad.tui.widgets.map_marks import Tones


class MapCanvas(Widget):
    """Draws by `render_line` from lines that are kept."""

    scene = Scene()
    _drawing: Drawing | None = None
    _drawn: tuple[object, ...] = ()
    drawn = 0
    """How often it was drawn: less often than it is painted."""

    class Resized(Message):
        """The plane may lie elsewhere now."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def show(self, scene: Scene) -> None:
        """Shows this from the next frame on."""
        self.scene = scene
        self.refresh()

    @property
    def frame(self) -> Frame:
        """Where the plane lies, in cells of this canvas."""
        return frame_for(self.scene, self.size.width, self.size.height)

    def spot_at(self, column: int, row: int) -> Spot | None:
        """What a click on a cell means, if anything."""
        spots = self._drawing.spots if self._drawing else []
        return next((spot for spot in spots if spot.row == row and spot.start <= column < spot.end), None)

    def render_line(self, y: int) -> Strip:
        state = (self.scene, self.size, self.app.theme, self.app.no_color)
        drawing = self._drawing
        if drawing is None or state != self._drawn:
            tones = Tones(self.app.theme_variables)
            drawing = Drawing(self.scene, self.size.width, self.size.height, tones, self.app.no_color)
            self._drawing, self._drawn = drawing, state
            self.drawn += 1
        lines = drawing.lines
        return lines[y] if y < len(lines) else Strip.blank(self.size.width)
