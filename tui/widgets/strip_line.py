"""The strip above the footer: a message while there is one, else where the run is and what it is made of."""

from textual.timer import Timer

from mgrad.tui import formats
from mgrad.tui.messages import Message
from mgrad.tui.settings import count_outputs
from mgrad.tui.view import State, View
from mgrad.tui.widgets.still import Still

READING_SECONDS = 8.0


class StripLine(Still):
    """One line; panels never move when it speaks."""

    def __init__(self) -> None:
        super().__init__(id="strip", markup=False)
        self._message: Message | None = None
        self._faded: Message | None = None
        self._timer: Timer | None = None
        self._view: View | None = None

    def show(self, view: View) -> None:
        """A message of the session stays as long as its state does, or until it has been read."""
        self._view = view
        if view.message is not self._message:
            self._message = view.message
            self._restart_timer()
        speaks, text = self._words(view)
        self.set_class(speaks, "speaks")
        self.set_class(speaks and view.message is not None and view.message.error and view.busy_seconds == 0, "error")
        self.tell(text)

    def _words(self, view: View) -> tuple[bool, str]:
        width = self.app.size.width - 2
        if view.state in (State.COMPILING, State.BUILDING):
            word = view.state.value[2:].capitalize()
            return True, f"{word} {shape(view)}.  {view.busy_seconds:.1f} s"
        if self._message is not None and self._message is not self._faded:
            return True, self._message.fitted(width)
        if view.snapshot is None or view.run is None:
            return False, ""
        parameters = len(view.snapshot.parameters)
        facts = f"{parameters} parameters   seed {view.run.settings.seed}"
        left = f"step{formats.count(view.snapshot.step)}"
        return False, left + facts.rjust(width - len(left))

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
    return "-".join([str(len(view.dataset.features)), *hidden, str(count_outputs(view.wanted, view.dataset))])
