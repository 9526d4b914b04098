"""The command palette: everything that can be done, as `verb: object`."""

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mgrad.tui import formats
from mgrad.tui.choices import Pick, Row
from mgrad.tui.pace import SPEEDS
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.setup_table import ROWS
from mgrad.tui.widgets.loss_panel import VIEWS, LossPanel

Command = tuple[str, str, Callable[[], object]]
ACTIONS = (
    ("run: or pause", "Let the network learn, or hold on", "run_or_pause", "space"),
    ("step: one batch", "Then pause", "step", "s"),
    ("step: one epoch", "Once through the training samples, then pause", "epoch", "n"),
    ("rewind: to the same start", "The same first parameters again", "rewind", "r"),
    ("rewind: to another start", "The next seed", "reseed", "R"),
    ("time: back", "To the moment before", "back", ","),
    ("time: forward", "To the moment after", "forward", "."),
    ("time: first moment", "Step 0", "first", "home"),
    ("time: now", "Where the run is", "now", "end"),
    ("data: other samples", "Drawn anew; the network goes on as it is", "regenerate", "G"),
    ("open: a table of your own", "A CSV file", "open", "ctrl+o"),
    ("find: node", "By its label", "find", "/"),
    ("edit: the chosen parameter", "Another number for it", "edit", "e"),
    ("freeze: the chosen parameter or neuron", "Or free it again", "freeze", "z"),
    ("undo: the last touch", "An edit, a freeze, a point", "undo", "u"),
    ("pin: the chosen node", "Watch it, or no more", "pin", "p"),
    ("copy: label and value", "Of the chosen node", "copy", "y"),
    ("copy: set-up as a command line", "To run it elsewhere; without what was changed by hand", "share", "c"),
    ("map: value or gradient", "Of the chosen node", "slope", "g"),
    ("map: two colours or shades", "Discretise", "discretise", "d"),
    ("map: test points", "Shown or not", "test", "t"),
    ("loss: logarithmic or linear", "The axis", "scale", "l"),
    ("sample: next", "Look at another sample", "sample_next", ">"),
    ("sample: before", "Look at another sample", "sample_before", "<"),
    ("show: keys", "What they do", "help", "?"),
    ("reset: defaults", "All settings as they were at first", "reset", ""),
)
"""Name, words about it, action of the screen, its key."""
TABS = (("Train", "train"), ("Network", "network"), ("Graph", "graph"), ("Setup", "setup"))
LISTS = {
    "problem": "problem",
    "data": "load",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "loss": "loss",
    "output": "output",
    "init": "start",
    "stop": "stop",
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
        for name, words, action, key in ACTIONS:
            yield name, f"{words} ({key})" if key else words, partial(screen.run_action, action)
        for name, tab in TABS:
            yield f"show: {name}", "The tab, or the panel", partial(screen.action_go_to, tab)
        for view in VIEWS:
            yield f"show: {view} view", "Of the loss panel", partial(screen.query_one(LossPanel).action_show_view, view)
        yield "quit: mgrad", "Leave the playground (ctrl+q)", partial(self.app.run_action, "quit")
        for key, verb in LISTS.items():
            yield from self._choices(screen, ROWS[key], verb)
        for row in (row for row in ROWS.values() if row.toggles and row.shown(screen.session.view().setup)):
            for toggle in row.toggles:
                yield f"toggle: {toggle.name}", "On or off", partial(self._toggle, screen, toggle)
        for speed in SPEEDS:
            session = screen.session
            yield f"speed: {formats.speed(speed).strip()}", "How fast it is shown", partial(session.set_speed, speed)
        for theme in sorted(self.app.available_themes, key=lambda name: (name != "mgrad", name)):
            yield f"theme: {theme}", "Colours", partial(setattr, self.app, "theme", theme)

    def _choices(self, screen: PlaygroundScreen, row: Row, verb: str) -> Iterator[Command]:
        view = screen.session.view()
        pick: Pick | None = row.pick
        if pick is None:
            return
        for option in pick.options(view.setup, view.run.dataset if view.run else None):
            yield f"{verb}: {option.name}", option.caption, partial(self._choose, screen, pick, option.name)

    def _choose(self, screen: PlaygroundScreen, pick: Pick, name: str) -> None:
        screen.change(pick.put(screen.session.view().setup, name))

    def _toggle(self, screen: PlaygroundScreen, toggle: object) -> None:
        screen.change(toggle.turned(screen.session.view().setup))  # pyright: ignore[reportAttributeAccessIssue]
