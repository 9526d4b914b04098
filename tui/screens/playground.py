"""The playground's own screen: composes the panels, pulls a view ten times a second, passes wishes on to the session.

It computes nothing: the session knows the run, each panel knows how to show its part of a view. What panels ask for
comes as messages (`mgrad.tui.widgets.asks`), what keys ask for as actions (`mgrad.tui.screens.actions`).
"""

from time import perf_counter, thread_time
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.events import Resize
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from mgrad.tui import wishes
from mgrad.tui.choices import Setup
from mgrad.tui.keys import BINDINGS
from mgrad.tui.panes import WIDE, panes
from mgrad.tui.screens.actions import Actions
from mgrad.tui.session import Session
from mgrad.tui.view import State, View
from mgrad.tui.widgets import asks
from mgrad.tui.widgets.graph_panel import GraphPanel
from mgrad.tui.widgets.graph_tree import GraphTree
from mgrad.tui.widgets.header import Header
from mgrad.tui.widgets.key_line import KeyLine
from mgrad.tui.widgets.loss_panel import LossPanel
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.widgets.network_panel import NetworkPanel
from mgrad.tui.widgets.node_panel import NodePanel
from mgrad.tui.widgets.setup_panel import SetupPanel
from mgrad.tui.widgets.strip_line import StripLine
from mgrad.tui.widgets.watch_panel import WatchPanel

PULLS_A_SECOND = 10
MOST_PULLS_FOR_ROOM = 4
"""Between two looks whether there is something new: a layout that never comes to rest would keep the screen busy."""
PATIENCE = 0.03
"""Seconds after which the screen says what is looked at, though what there is to see of it be not known yet."""
RESTS = 4
"""While something learns, painting takes at most one part in so many of the time."""
LEAST = (80, 24)
TABS = ("train", "network", "graph", "setup")
PANELS = (Header, StripLine, SetupPanel, MapPanel, LossPanel, NetworkPanel, GraphPanel, WatchPanel, NodePanel)


class PlaygroundScreen(Actions):
    """Two tabs when wide, four when narrow."""

    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)
    AUTO_FOCUS = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.tab = "train"
        self._seen: View | None = None
        self._offered: tuple[State, bool, bool] | None = None
        self._pulled_at = 0.0, 0.0
        self._going = False
        self._rooms: tuple[Region, ...] = ()
        self._pulls_for_room = 0

    def compose(self) -> ComposeResult:
        yield Header()
        with Container(id="body"):
            yield SetupPanel()
            yield NetworkPanel()
            yield MapPanel()
            with Vertical(id="trees"):
                yield GraphPanel()
                yield WatchPanel()
            yield LossPanel()
            yield NodePanel()
        yield StripLine()
        yield KeyLine()
        yield Static(id="too-small")

    def on_mount(self) -> None:
        self.action_go_to("train")
        self.session.on_look = self.pull
        self.screen_layout_refresh_signal.subscribe(self, self._pull_for_room)
        self.set_interval(1 / PULLS_A_SECOND, self._pull_what_is_new)

    @property
    def settled(self) -> bool:
        """Whether what is painted is what there is to see, in the room that there is for it."""
        return self.session.view() == self._seen and self._rooms_now() == self._rooms

    def _pull_for_room(self, _: Screen[None]) -> None:
        """Panels write for the room that they have: where another layout gave them more or less, they write again."""
        if self._pulls_for_room >= MOST_PULLS_FOR_ROOM:
            return
        before, self._rooms = self._rooms, self._rooms_now()
        if self._seen is not None and self._rooms != before:
            self._pulls_for_room += 1
            self.call_after_refresh(self.pull)

    def _rooms_now(self) -> tuple[Region, ...]:
        panels = (self.query_one(kind) for kind in PANELS)
        within = (part for panel in panels if panel.display for part in panel.walk_children(Widget, with_self=True))
        return tuple(part.scrollable_content_region for part in within if part.display)

    def _pull_what_is_new(self) -> None:
        """Where painting is dear it is done less often: it would take the processor away from what learns."""
        busy = thread_time() - self._pulled_at[1]
        rested = perf_counter() - self._pulled_at[0] >= RESTS * busy
        put_off, self._pulls_for_room = self._pulls_for_room >= MOST_PULLS_FOR_ROOM, 0
        if put_off:  # the last layout may have come when there had been too many
            self._pull_for_room(self)
        if self.session.view() != self._seen and (rested or not self._going):
            self.pull()

    def pull(self) -> None:
        """Shows what there is to see now."""
        view = self._seen = self.session.view()
        self._pulled_at = perf_counter(), thread_time()
        self._going = view.running
        for kind in PANELS:
            panel = self.query_one(kind)
            if panel.display or kind is StripLine:  # a narrow screen has that one only while it speaks
                panel.show(view)
        self.session.map_pixels(*self.query_one(MapPanel).pixels)
        offered = view.state, view.running, view.can_undo
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def look(self, **changes: object) -> None:
        """Looks at something else (fields of `Look`). It is shown when it is known, mostly some milliseconds later: to
        paint twice for it would take longer."""
        self.session.look(**changes)
        self.set_timer(PATIENCE, self._pull_what_was_asked)

    def _pull_what_was_asked(self) -> None:
        seen, view = self._seen, self.session.view()
        if seen is None or (view.look, view.message) != (seen.look, seen.message):
            self.pull()

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        self._arrange()
        self.set_class(width < LEAST[0] or height < LEAST[1], "too-small")
        self.query_one("#too-small", Static).update(f"mgrad needs {LEAST[0]} × {LEAST[1]}. This is {width} × {height}.")
        self.call_after_refresh(self.pull)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space is one key with three words: the footer says what it will do. Undo stands there where it can."""
        if action in ("run", "pause", "branch"):
            state = self._seen.state if self._seen else State.PAUSED
            running = bool(self._seen and self._seen.running)
            now = "pause" if running else "branch" if state is State.PAST else "run"
            return action == now
        if action in ("undo", "undo_nothing"):
            return (action == "undo") == (self._offered is not None and self._offered[-1])
        return True

    def action_go_to(self, tab: str) -> None:
        """A tab; where the panel is on the screen anyway, the keyboard goes to it."""
        self.tab = tab
        self._arrange()
        focus = {"network": NetworkPanel, "graph": GraphTree, "setup": SetupPanel}.get(tab)
        self.set_focus(self.query_one(focus) if focus else None)
        self.session.look(network=tab == "network", glance="")
        self.call_after_refresh(self.pull)

    def _arrange(self) -> None:
        """Which panels are on the screen, and how large they are."""
        wide = self.size.width >= WIDE
        shown = "train" if wide and self.tab != "network" else self.tab
        for name in TABS:
            self.set_class(name in (shown, self.tab), f"-{name}")
        grid, body = panes(shown, *self.size), self.query_one("#body").styles
        body.grid_columns = " ".join(map(str, grid.columns)) or "1fr"
        body.grid_rows = " ".join(map(str, grid.rows)) or "1fr"

    # ------------------------------------------------------------------ what panels ask for
    @on(asks.Choose)
    def _choose(self, event: asks.Choose) -> None:
        self.look(label=event.label)

    @on(asks.Glance)
    def _glance(self, event: asks.Glance) -> None:
        self.session.look(glance=event.label)

    @on(asks.PickSample)
    def _pick_sample(self, event: asks.PickSample) -> None:
        self.look(sample=event.index, part=event.part)

    @on(asks.LookAt)
    def _look_at(self, event: asks.LookAt) -> None:
        self.look(**event.changes)

    @on(asks.AddPoint)
    def _add_point(self, event: asks.AddPoint) -> None:
        self.session.touch(wishes.add_point(event.x, event.y, event.klass))

    @on(asks.RemovePoint)
    def _remove_point(self, event: asks.RemovePoint) -> None:
        self.session.touch(wishes.remove_point(event.index, event.part))

    @on(asks.EditNode)
    def _edit_node(self, event: asks.EditNode) -> None:
        self.edit(event.label)

    @on(asks.FreezeNodes)
    def _freeze_nodes(self, event: asks.FreezeNodes) -> None:
        self.session.touch(wishes.freeze(event.labels))

    @on(asks.OpenTable)
    def _open_table(self, event: asks.OpenTable) -> None:
        self.action_open(event.path)

    @on(asks.ChangeSetup)
    def _setup_asked(self, event: asks.ChangeSetup) -> None:
        self.change(event.setup)

    @on(SetupPanel.Changed)
    def _setup_changed(self, event: SetupPanel.Changed) -> None:
        self.change(event.setup)

    def change(self, setup: Setup) -> None:
        """Passes on what differs from the setup that is shown."""
        view = self.session.view()
        before = view.setup
        if setup.speed != before.speed:
            self.session.set_speed(setup.speed)
        if setup.stop != before.stop:
            self.session.set_stop(setup.stop)
        if (setup.show_test, setup.discretise) != (before.show_test, before.discretise):
            self.session.look(show_test=setup.show_test, discretise=setup.discretise)
        if setup.settings != view.wanted:
            self.session.change(setup.settings)
        self.pull()
