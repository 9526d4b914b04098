"""The playground's own screen: composes the panels, pulls a view ten times a second, passes keys on to the session.

It computes nothing: the session knows the run, each panel knows how to show its part of a view.
"""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from mgrad.tui.choices import Setup
from mgrad.tui.keys import BINDINGS
from mgrad.tui.messages import said
from mgrad.tui.screens.find import FindScreen
from mgrad.tui.screens.help import HelpScreen
from mgrad.tui.session import Session
from mgrad.tui.setup_table import ROWS
from mgrad.tui.view import View
from mgrad.tui.widgets.graph_panel import GraphPanel
from mgrad.tui.widgets.graph_tree import GraphTree
from mgrad.tui.widgets.header import Header
from mgrad.tui.widgets.node_panel import NodePanel
from mgrad.tui.widgets.results import Results
from mgrad.tui.widgets.run_curves import AccuracyCurve, LossCurve
from mgrad.tui.widgets.setup_panel import SetupPanel
from mgrad.tui.widgets.strip_line import StripLine

PULLS_A_SECOND = 10
LEAST = (80, 24)


class PlaygroundScreen(Screen[None]):
    """Everything at once when wide, a tab at a time when narrow."""

    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)
    AUTO_FOCUS = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._tab = "train"
        self._seen: View | None = None
        self._going = False

    def compose(self) -> ComposeResult:
        yield Header()
        with Horizontal(id="body"):
            yield SetupPanel()
            with Vertical(id="middle"):
                yield LossCurve()
                with Vertical(id="more"):
                    yield AccuracyCurve()
                    yield Results()
            with Vertical(id="right"):
                yield GraphPanel()
                yield NodePanel()
        yield StripLine()
        yield Footer(show_command_palette=False)
        yield Static(id="too-small")

    def on_mount(self) -> None:
        self.action_go_to("train")
        self.set_interval(1 / PULLS_A_SECOND, self._pull_what_is_new)

    def _pull_what_is_new(self) -> None:
        if self.session.view() != self._seen:
            self.pull()

    def pull(self) -> None:
        """Shows what there is to see now."""
        view = self._seen = self.session.view()
        self.query_one(Header).show(view, self._tab, self.has_class("-narrow"))
        self.query_one(StripLine).show(view)
        self.query_one(SetupPanel).show(view)
        self.query_one(LossCurve).show_view(view)
        self.query_one(AccuracyCurve).show_view(view)
        self.query_one(Results).show(view)
        graph = self.query_one(GraphPanel)
        graph.show(view)
        self.query_one(NodePanel).show(graph.selected, graph.operands, graph.inspection, graph.sample)
        if view.running != self._going:
            self._going = view.running
            self.refresh_bindings()

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        self.set_class(width < LEAST[0] or height < LEAST[1], "too-small")
        self.query_one("#too-small", Static).update(f"mgrad needs {LEAST[0]} × {LEAST[1]}. This is {width} × {height}.")
        self.call_after_refresh(self.pull)

    # ------------------------------------------------------------------ keys
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space is one key with two words: the footer says what it will do."""
        if action in ("run", "pause"):
            return self._going == (action == "pause")
        return True

    def action_run(self) -> None:
        self.session.go()
        self.pull()

    def action_pause(self) -> None:
        self.session.pause()
        self.pull()

    def action_step(self) -> None:
        self.session.step()

    def action_epoch(self) -> None:
        self.session.epoch()

    def action_rewind(self) -> None:
        self.session.rewind()

    def action_rate(self, by: int) -> None:
        view = self.session.view()
        number = ROWS["learning_rate"].number
        if number:
            self._change(number.moved(view.setup, by), view)

    def action_sample_before(self) -> None:
        self.query_one(GraphPanel).move_sample(-1)
        self.pull()

    def action_sample_next(self) -> None:
        self.query_one(GraphPanel).move_sample(1)
        self.pull()

    def action_find(self) -> None:
        graph = self.query_one(GraphPanel)
        if graph.labels:
            self.app.push_screen(FindScreen(graph.labels), self._found)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_commands(self) -> None:
        self.app.push_screen(CommandPalette())

    def action_go_to(self, tab: str) -> None:
        """A tab when narrow; when wide all are there, and the keyboard goes to its panel."""
        self._tab = tab
        for name in ("train", "graph", "setup"):
            self.set_class(name == tab, f"-{name}")
        if tab == "train":
            self.set_focus(None)
        else:
            self.set_focus(self.query_one(GraphTree if tab == "graph" else SetupPanel))
        self.call_after_refresh(self.pull)

    # ------------------------------------------------------------------ what panels say
    @on(SetupPanel.Changed)
    def _setup_changed(self, event: SetupPanel.Changed) -> None:
        self._change(event.setup, self.session.view())

    @on(GraphTree.NodeHighlighted)
    def _node_chosen(self) -> None:
        self.pull()

    def _found(self, label: str | None) -> None:
        if label is None:
            return
        self.action_go_to("graph")
        row = self.query_one(GraphPanel).go_to(label)
        if row and row.label != label:
            self.session.say(said(f"{label} is a part of {row.label}."))
        self.call_after_refresh(self.pull)

    def _change(self, setup: Setup, view: View) -> None:
        if setup.speed != view.speed:
            self.session.set_speed(setup.speed)
        if setup.settings != view.wanted:
            self.session.change(setup.settings)
        self.pull()
