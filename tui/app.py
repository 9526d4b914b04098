"""The playground: one app, one session behind it, one screen that shows it."""

import gc
import sys
import traceback
from typing import ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from mgrad.tui.commands import Commands
from mgrad.tui.messages import said
from mgrad.tui.pace import DEFAULT_SPEED
from mgrad.tui.panes import WIDE
from mgrad.tui.preferences import Preferences, save_preferences
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings
from mgrad.tui.sight import Look
from mgrad.tui.theme import MGRAD, signals, tokens

SWITCH_SECONDS = 0.0005
STARTED_SECONDS = 1.0
"""After so long all is there that the program is made of."""
GARBAGE = 5000, 5, 2
"""So many new objects before Python looks for garbage among them, so often before it looks among older ones and among
all: a frame makes some thousands."""
FRAMES_TOLD = 8
"""So many of the innermost calls are told of a fault."""
KEEP_SECONDS = 2.0
"""How often it is looked whether there is something new to remember."""


class PlaygroundApp(App[None]):
    """Opens on these settings. `speed` is in steps a second, None as fast as the machine goes; `run` starts at once.

    `preferences` stand for both and more; with `remember` they are kept for the next time as they are changed.
    `sentence` is said first.
    """

    TITLE = "mgrad"
    CSS_PATH = [  # noqa: RUF012
        "playground.tcss",
        "screens/edit.tcss",
        "screens/find.tcss",
        "screens/own_data.tcss",
        "widgets/graph_panel.tcss",
        "widgets/map_panel.tcss",
        "widgets/node_panel.tcss",
        "widgets/watch_panel.tcss",
    ]
    COMMANDS: ClassVar = {Commands}
    ENABLE_COMMAND_PALETTE = False
    """Textual's own binding for it is not shown among the keys; ours is."""
    _themes: dict[str, Theme] | None = None
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        speed: float | None = DEFAULT_SPEED,
        run: bool = False,
        preferences: Preferences | None = None,
        sentence: str = "",
        remember: bool = False,
    ) -> None:
        super().__init__()
        self._kept = chosen = preferences or Preferences(settings or Settings(), speed)
        self._remember, self._cannot_remember = remember, False
        look = Look(show_test=chosen.show_test, discretise=chosen.discretise)
        self.session = Session(chosen.settings, speed=chosen.speed, run=run, look=look)
        if sentence:
            self.session.say(said(sentence))
        self.register_theme(MGRAD)
        self.theme = chosen.theme if chosen.theme in self.available_themes else MGRAD.name

    @property
    def available_themes(self) -> dict[str, Theme]:
        """All whose colours are known: our own are mixed of them, which those that a terminal has for itself cannot
        be."""
        if self._themes is None:  # asked for with every line that is painted
            self._themes = {name: theme for name, theme in super().available_themes.items() if not theme.ansi}
        return self._themes

    def register_theme(self, theme: Theme) -> None:
        super().register_theme(theme)
        self._themes = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own tokens, on whatever theme is on."""
        return tokens(self._theme_in_use())

    def get_css_variables(self) -> dict[str, str]:
        """A theme's own colours too are such that words in them can be read."""
        mixed = super().get_css_variables()
        self.theme_variables = mixed | signals(mixed)
        return self.theme_variables

    def get_default_screen(self) -> Screen[None]:
        return PlaygroundScreen(self.session)

    def on_mount(self) -> None:
        # A thread that computes gives way sooner than Python's usual 5 ms, and so does the screen to it.
        sys.setswitchinterval(SWITCH_SECONDS)
        # Looking for garbage in all that lives as long as the program holds everything up for a tenth of a second.
        gc.set_threshold(*GARBAGE)
        self.set_timer(STARTED_SECONDS, gc.freeze)
        if self._remember:
            self.set_interval(KEEP_SECONDS, self.keep)

    def on_ready(self) -> None:
        """The first picture is there: a run's beginning would have held it up."""
        self.run_worker(self.session.live(), name="session", exclusive=True, exit_on_error=False)

    def on_unmount(self) -> None:
        gc.unfreeze()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the session ends the program; what a person may cause never comes this far."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.exit(return_code=1, message=told_fault(event.worker.error))

    def _fatal_error(self) -> None:
        """A fault in a widget ends the program too. Textual would write out all that is known in every frame of the
        stack: data, graphs and trainers, which takes minutes."""
        self.panic(told_fault(sys.exc_info()[1] or RuntimeError("unknown")))

    def keep(self) -> None:
        """Remembers what was chosen, if it is another choice than the last one kept."""
        view = self.session.view()
        now = Preferences(view.asked, view.speed, self.theme, view.look.show_test, view.look.discretise)
        if self._remember and now != self._kept:
            self._kept = now
            problem = save_preferences(now)
            if problem and not self._cannot_remember:
                self._cannot_remember = True  # once is enough
                self.session.say(said(problem))

    def reset(self) -> None:
        """All settings as they were at first."""
        first = Preferences()
        self.theme = first.theme
        self.session.set_speed(first.speed)
        self.session.set_stop(None)
        self.session.look(show_test=first.show_test, discretise=first.discretise)
        self.session.change(first.settings)

    async def action_quit(self) -> None:
        """Leaves at once, whatever is being trained."""
        self.keep()
        self.session.close()
        self.exit()

    def _theme_in_use(self) -> Theme:
        return self.get_theme(self.theme) or MGRAD


def told_fault(fault: BaseException) -> Text:
    """Where a fault of our own is, what it is, and what to do."""
    while isinstance(fault, BaseExceptionGroup):  # of the session's two tasks
        fault = fault.exceptions[0]
    where = traceback.format_exception(fault, limit=-FRAMES_TOLD)
    return Text(
        f"{''.join(where)}\nmgrad stopped by a fault of its own; nothing that you did is wrong.\n"
        "Start it again: it opens with the settings of before. Its authors want to see the lines above."
    )
