"""Panels by themselves: a small app that shows views of a really trained network, and follows what panels ask for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

import mgrad.tui
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.training import Snapshot
from mgrad.tui.seeing import Question, Seer
from mgrad.tui.settings import Settings, build, complete, load_data
from mgrad.tui.sight import Look
from mgrad.tui.theme import MGRAD, tokens
from mgrad.tui.view import State, View
from mgrad.tui.widgets.asks import Choose, EditNode, FreezeNodes, PickSample
from mgrad.tui.work import Run

HERE = Path(mgrad.tui.__file__).parent
STYLES = [HERE / "playground.tcss", *sorted(HERE.glob("widgets/*.tcss"))]


@cache
def trained(layers: tuple[int, ...] = (8, 8), epochs: int = 20) -> tuple[Run, tuple[Snapshot, ...]]:
    """A spiral network that learned for a while, and what it was on the way."""
    asked = Settings(data="spiral", layers=layers, learning_rate=0.01, optimizer="adam")
    dataset = load_data(asked)
    trainer = build(asked, dataset, executor="numpy")
    moments = [trainer.snapshot()]
    for _ in range(epochs):
        trainer.run(epochs=1)
        moments.append(trainer.snapshot())
    return Run(asked, complete(asked, dataset), dataset, trainer), tuple(moments)


class PanelApp(App[None]):
    """Shows one panel; `asked` are the messages that it posted, in their order."""

    CSS_PATH = STYLES  # pyright: ignore[reportAssignmentType]

    def __init__(self, make: Callable[[], Widget], run: Run, moments: Sequence[Snapshot], look: Look | None = None):
        super().__init__()
        self.register_theme(MGRAD)
        self.theme = MGRAD.name
        self.make, self.run_shown, self.moments = make, run, tuple(moments)
        self.look = look or Look()
        self.asked: list[Message] = []
        self.follows = True
        self.failure: NotFiniteError | None = None
        self.seer = Seer()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return tokens(MGRAD)

    def compose(self) -> ComposeResult:
        yield self.make()

    def on_mount(self) -> None:
        self.pull()

    def pull(self, **changes: Any) -> View:
        """Shows what there is to see, after changes of the look."""
        self.look = replace(self.look, **changes)
        snapshot = self.moments[-1]
        known = replace(self.look, label=self.look.label or self.run_shown.trainer.template.outputs[0].label)
        sight = self.seer.see(Question(self.run_shown, snapshot, known, (8, 8), self.moments))
        asked = self.run_shown.asked
        view = View(
            state=State.PAUSED,
            running=False,
            wanted=asked,
            speed=None,
            measured=None,
            dataset=self.run_shown.dataset,
            run=self.run_shown,
            snapshot=snapshot,
            failure=self.failure,
            message=None,
            busy_seconds=0.0,
            opened=asked,
            asked=asked,
            look=self.look,
            sight=replace(sight, look=self.look),
        )
        self.screen.query_one(".panel").show(view)  # pyright: ignore[reportAttributeAccessIssue]
        return view

    def on_choose(self, event: Choose) -> None:
        self.asked.append(event)
        if self.follows:
            self.pull(label=event.label)

    def on_pick_sample(self, event: PickSample) -> None:
        self.asked.append(event)
        self.pull(sample=event.index, part=event.part)

    def on_edit_node(self, event: EditNode) -> None:
        self.asked.append(event)

    def on_freeze_nodes(self, event: FreezeNodes) -> None:
        self.asked.append(event)

    def chosen(self) -> list[str]:
        return [event.label for event in self.asked if isinstance(event, Choose)]


def lines_of(app: App[Any], selector: str) -> list[str]:
    """What is on screen inside a widget, a text a row."""
    region = app.screen.query_one(selector).content_region
    rows = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in row)[region.x : region.right] for row in rows[region.y : region.bottom]]
