"""The canvas of the map: it keeps the lines of its scene, and draws them anew only when something is different."""

from textual.geometry import Region
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
    _drawn: tuple[Scene, tuple[object, ...]] | None = None
    drawn = 0
    """How often it was drawn: less often than it is painted."""

    class Resized(Message):
        """The plane may lie elsewhere now."""

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def show(self, scene: Scene) -> None:
        """Shows this from the next frame on: lines that are other ones than before are painted again."""
        before, drawn = self._drawing, self._drawn
        self.scene = scene
        if before is None or drawn is None or drawn[1] != self._room_now:
            self.refresh()
            return
        lines = zip(before.lines, self._draw().lines, strict=True)
        changed = [Region(0, y, self.size.width, 1) for y, (old, new) in enumerate(lines) if old != new]
        if changed:
            self.refresh(*changed)

    @property
    def frame(self) -> Frame:
        """Where the plane lies, in cells of this canvas."""
        return frame_for(self.scene, self.size.width, self.size.height)

    def spot_at(self, column: int, row: int) -> Spot | None:
        """What a click on a cell means, if anything."""
        spots = self._drawing.spots if self._drawing else []
        return next((spot for spot in spots if spot.row == row and spot.start <= column < spot.end), None)

    def render_line(self, y: int) -> Strip:
        lines = self._draw().lines
        return lines[y] if y < len(lines) else Strip.blank(self.size.width)

    @property
    def _room_now(self) -> tuple[object, ...]:
        """What a drawing depends on but for its scene."""
        return self.size, self.app.theme, self.app.no_color

    def _draw(self) -> Drawing:
        """The drawing of the scene as it is now."""
        state, drawing = (self.scene, self._room_now), self._drawing
        if drawing is None or state != self._drawn:
            tones = Tones(self.app.theme_variables)
            drawing = Drawing(self.scene, self.size.width, self.size.height, tones, self.app.no_color)
            self._drawing, self._drawn = drawing, state
            self.drawn += 1
        return drawing
