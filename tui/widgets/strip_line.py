"""The strip above the footer: a message while there is one, else where the run is, with its time line."""

from textual import events
from textual.timer import Timer

from mgrad.tui import formats
from mgrad.tui.messages import Message
from mgrad.tui.settings import count_outputs
from mgrad.tui.view import State, View
from mgrad.tui.widgets.still import Still

READING_SECONDS = 8.0
BAR_FROM = 14
"""Cells at the left of the time line."""


class StripLine(Still):
    """One line; panels never move when it speaks."""

    def __init__(self) -> None:
        super().__init__(id="strip")
        self._message: Message | None = None
        self._faded: Message | None = None
        self._timer: Timer | None = None
        self._view: View | None = None
        self._bar = 0

    def show(self, view: View) -> None:
        """A message of the session stays as long as its state does, or until it has been read."""
        self._view = view
        if view.message is not self._message:
            self._message = view.message
            self._restart_timer()
        speaks, text = self._words(view)
        self.set_class(speaks, "speaks")
        self.set_class(speaks and view.message is not None and view.message.error and view.busy_seconds == 0, "error")
        self.tell(text.replace("[", "\\[") if speaks else text)

    def _words(self, view: View) -> tuple[bool, str]:
        width = self.app.size.width - self.styles.margin.width - self.styles.padding.width
        self._bar = 0
        if view.state in (State.COMPILING, State.BUILDING):
            word = view.state.value[2:].capitalize()
            return True, f"{word} {shape(view)}.  {view.busy_seconds:.1f} s"
        if self._message is not None and self._message is not self._faded:
            return True, self._message.fitted(width)
        if view.snapshot is None or view.run is None:
            return False, ""
        about = f"{shape(view)}   seed {view.run.settings.seed}"
        self._bar = max(8, width - BAR_FROM - len(about) - 14)
        at = round(view.past_at * (self._bar - 1)) if view.state is State.PAST else self._bar - 1
        line = f"{'━' * at}[$primary]●[/][$line]{'━' * (self._bar - 1 - at)}[/]"
        ways = "[@click=screen.back()]‹[/] [@click=screen.forward()]›[/]"
        return False, f"step{formats.count(view.snapshot.step)} 0 {line} now  {ways}   [$faint]{about}[/]"

    def on_click(self, event: events.Click) -> None:
        """On the time line: to that moment."""
        offset = event.get_content_offset(self)
        place = offset.x - BAR_FROM if offset else -1
        if self._view is not None and 0 <= place < self._bar:
            self.screen.session.go_to_moment(place / max(1, self._bar - 1))  # pyright: ignore[reportAttributeAccessIssue]

    def _restart_timer(self) -> None:
        if self._timer:
            self._timer.stop()
        if self._message and not self._message.stays:
            message = self._message
            self._timer = self.set_timer(READING_SECONDS, lambda: self._fade(message))

    def _fade(self, message: Message) -> None:
        self._faded = message
        if self._view:
            self.show(self._view)


def shape(view: View) -> str:
    """The network in one word, as 2-4-2-1: inputs, hidden layers, outputs."""
    hidden = [str(size) for size in view.wanted.layers]
    if view.dataset is None:
        return "-".join(hidden)
    inputs = len(view.wanted.features or view.dataset.features)
    return "-".join([str(inputs), *hidden, str(count_outputs(view.wanted, view.dataset))])
