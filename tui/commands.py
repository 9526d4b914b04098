"""The command palette: every list of the setup, speeds and themes, as `verb: object`."""

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mgrad.tui import formats
from mgrad.tui.choices import Row
from mgrad.tui.pace import SPEEDS
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.setup_table import ROWS

Command = tuple[str, str, Callable[[], object]]
LISTS = {
    "data": "load",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "loss": "loss",
    "output": "output",
    "init": "start",
}
"""Settings that are offered here, and the verb for each."""


class Commands(Provider):
    """What can be done, by name."""

    async def discover(self) -> Hits:
        for name, words, do in self._commands():
            yield DiscoveryHit(name, do, help=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, words, do in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), do, help=words)

    def _commands(self) -> Iterator[Command]:
        screen = self.screen
        if not isinstance(screen, PlaygroundScreen):
            return
        session = screen.session
        yield "run: or pause", "Let the network learn, or hold on (space)", session.toggle
        yield "step: one batch", "Then pause (s)", session.step
        yield "step: one epoch", "Once through the training samples, then pause (n)", session.epoch
        yield "rewind: to the start", "The same start again (r)", session.rewind
        yield "find: node", "By its label (/)", screen.action_find
        yield "show: keys", "What they do (?)", screen.action_help
        yield "quit: mgrad", "Leave the playground (ctrl+q)", partial(self.app.run_action, "quit")
        for key, verb in LISTS.items():
            yield from self._choices(screen, ROWS[key], verb)
        for speed in SPEEDS:
            yield f"speed: {formats.speed(speed).strip()}", "How fast it is shown", partial(session.set_speed, speed)
        for theme in sorted(self.app.available_themes, key=lambda name: (name != "mgrad", name)):
            yield f"theme: {theme}", "Colours", partial(setattr, self.app, "theme", theme)

    def _choices(self, screen: PlaygroundScreen, row: Row, verb: str) -> Iterator[Command]:
        view = screen.session.view()
        setup, pick = view.setup, row.pick
        if pick is None:
            return
        for option in pick.options(setup, view.run.dataset if view.run else None):
            yield f"{verb}: {option.name}", option.caption, partial(self._choose, screen, row, option.name)

    def _choose(self, screen: PlaygroundScreen, row: Row, name: str) -> None:
        view = screen.session.view()
        if row.pick:
            screen.session.change(row.pick.put(view.setup, name).settings)
