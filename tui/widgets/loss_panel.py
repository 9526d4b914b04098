"""The panel about how well the network learns: the views Loss, Accuracy and Health."""

from time import perf_counter
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from mgrad.engine.training import Snapshot
from mgrad.tui.sight import Sight
from mgrad.tui.view import View
from mgrad.tui.widgets.accuracy_view import AccuracyView, accuracy_note
from mgrad.tui.widgets.framed import Framed
from mgrad.tui.widgets.health_view import HealthView
from mgrad.tui.widgets.loss_view import LossView
from mgrad.tui.widgets.views import next_view, views_title

DRAWN_SECONDS = 0.35
VIEWS = ("Loss", "Accuracy", "Health")
SUBTITLES = {"Accuracy": "", "Health": "log10 of update / weight"}


class LossPanel(Vertical, Framed, can_focus=True):
    """Shows one of the views; the others draw nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move_view(-1)", "View before", show=False),
        Binding("right", "move_view(1)", "Next view", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="loss", classes="panel")
        self.shown = VIEWS[0]
        self.logarithmic = True
        self._view: View | None = None
        self._seen: tuple[Snapshot | None, Sight | None] = (None, None)
        """What the shown view was drawn of: curves have nothing to do with what is looked at."""
        self._told: tuple[Snapshot | None, Sight | None] = (None, None)
        """Whose numbers stand beside the picture: those of the header's moment."""
        self._drawn = 0.0

    def compose(self) -> ComposeResult:
        yield LossView()
        yield AccuracyView()
        yield HealthView()

    def on_mount(self) -> None:
        self._switch()

    def show(self, view: View) -> None:
        """Draws the shown view where there is something new."""
        self._view = view
        now = perf_counter()
        # A curve of many points moves slowly and is dear to draw: while it runs, a few times a second will do.
        due = not view.running or now - self._drawn >= DRAWN_SECONDS
        new = view.snapshot, None if self.shown == "Loss" else view.sight
        if new != self._seen and due:
            self._seen, self._told, self._drawn = new, new, now
            # In a picture of its own: a key that comes meanwhile waits for the shorter one only.
            self._draw(curve=not view.running)
            if view.running:
                self.call_after_refresh(self._draw)
        elif new != self._told:
            self._told = new
            self._draw(curve=False)

    def on_resize(self) -> None:
        self._draw()

    def action_show_view(self, name: str) -> None:
        self.shown = name
        self._switch()

    def action_move_view(self, by: int) -> None:
        """The next view, or the one before; the ends meet."""
        self.action_show_view(next_view(VIEWS if by > 0 else VIEWS[::-1], self.shown))

    def toggle_scale(self) -> None:
        """A logarithmic axis for losses, or a linear one."""
        self.logarithmic = not self.logarithmic
        self.action_show_view("Loss")

    def _switch(self) -> None:
        for name, kind in zip(VIEWS, (LossView, AccuracyView, HealthView), strict=True):
            self.query_one(kind).display = name == self.shown
        scale = "log" if self.logarithmic else "linear"
        self.title_frame(views_title(VIEWS, self.shown))
        click = f"[@click=toggle_scale()]{scale}[/]"
        self.note(SUBTITLES.get(self.shown, click))
        self.call_after_refresh(self._draw)

    def action_toggle_scale(self) -> None:
        self.toggle_scale()

    def _draw(self, curve: bool = True) -> None:
        view = self._view
        if view is None or view.snapshot is None:
            return
        if self.shown == "Loss":
            self.query_one(LossView).show(view.snapshot, self.logarithmic, curve=curve)
        elif self.shown == "Accuracy":
            self.query_one(AccuracyView).show(view, curve=curve)
            self.note(accuracy_note(view))
        else:
            self.query_one(HealthView).show(view, curve=curve)
