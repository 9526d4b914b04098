"""The playground: one app, one session behind it, one screen that shows it."""

from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from mgrad.tui.commands import Commands
from mgrad.tui.pace import DEFAULT_SPEED
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings
from mgrad.tui.theme import MGRAD, tokens


class PlaygroundApp(App[None]):
    """Opens on these settings. `speed` is in steps a second, None as fast as the machine goes; `run` starts at once."""

    TITLE = "mgrad"
    CSS_PATH = "playground.tcss"
    COMMANDS: ClassVar = {Commands}
    ENABLE_COMMAND_PALETTE = False
    """Textual's own binding for it is not shown among the keys; ours is."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide"), (160, "-broad")]  # noqa: RUF012

    def __init__(
        self, settings: Settings | None = None, *, speed: float | None = DEFAULT_SPEED, run: bool = False
    ) -> None:
        super().__init__()
        self.session = Session(settings or Settings(), speed=speed, run=run)
        self.register_theme(MGRAD)
        self.theme = MGRAD.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own tokens, on whatever theme is on."""
        return tokens(self._theme_in_use())

    def get_default_screen(self) -> Screen[None]:
        return PlaygroundScreen(self.session)

    def on_mount(self) -> None:
        self.run_worker(self.session.live(), name="session", exclusive=True, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of our own ends the program with a sentence; what a person may cause never comes this far."""
        if event.state is WorkerState.ERROR:
            fault = event.worker.error
            self.exit(return_code=1, message=f"mgrad stopped by a fault of its own: {type(fault).__name__}: {fault}")

    async def action_quit(self) -> None:
        """Leaves at once, whatever is being trained."""
        self.session.close()
        self.exit()

    def _theme_in_use(self) -> Theme:
        return self.get_theme(self.theme) or MGRAD
