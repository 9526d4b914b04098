"""Any keys, clicks and sizes in any order: nothing raises, nothing hangs, and every number on screen is the trainer's.

A walk is a start (data, network, size of the terminal) and a list of actions; after each action all is looked at. Some
walks are done in the ordinary suite, thousands of actions with MGRAD_TEST_PROFILE=long.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from textual import events
from textual.geometry import Size
from textual.widgets import Static

from mgrad.datasets import Dataset
from mgrad.engine import Trainer, executors
from mgrad.engine.commands import replay
from mgrad.tui import wishes, work
from mgrad.tui.app import PlaygroundApp
from mgrad.tui.screens import playground
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings, build
from mgrad.tui.view import State
from tests.tui.driver import at_rest, playground_of
from tests.tui.numbers_on_screen import check

LONG = os.environ.get("MGRAD_TEST_PROFILE") == "long"
WALKS, ACTIONS = (150, 50) if LONG else (6, 40)
PATIENCE_SECONDS = 60.0
MOST_REPLAYED = 3000
"""Steps of a run that is done again from its log, to the bit."""

KEYS = (
    *("space", "s", "n", "comma", "full_stop", "r", "R", "left_square_bracket", "right_square_bracket", "z", "u", "p"),
    *("g", "d", "t", "l", "v", "h", "y", "less_than_sign", "greater_than_sign", "home", "end", "G", "1", "2", "3", "4"),
    *(
        "tab",
        "shift+tab",
        "up",
        "down",
        "left",
        "right",
        "shift+left",
        "shift+down",
        "enter",
        "escape",
        "plus",
        "minus",
    ),
    *("w", "f", "a", "A", "x", "delete", "e", "slash", "question_mark", "f1", "ctrl+p", "ctrl+o", "backspace"),
    *("0", "5", "pageup", "pagedown", "enter", "down", "tab", "escape", "space", "n"),
)
VERBS = (
    ("e", "minus", "0", ".", "5", "enter"),
    ("e", "x", "enter", "escape"),
    ("slash", "n", "2", "*", "w", "enter"),
    ("slash", "l", "o", "s", "s", "enter"),
    ("slash", "b", "down", "down", "enter"),
    ("4", "home", "down", "enter", "down", "enter"),
    ("4", "enter", "0", ".", "3", "enter"),
    ("4", "end", "enter", "1", "0", "0", "0", "enter"),
    ("2", "home", "w", "z"),
    ("2", "plus", "minus", "a", "down", "enter"),
    ("ctrl+p", *"theme: ", "down", "enter"),
    ("ctrl+p", *"stop: ", "down", "enter"),
    ("ctrl+p", *"load: iris", "down", "enter"),
    ("ctrl+p", *"speed: full", "down", "enter"),
    ("ctrl+o", "down", "enter", "l"),
    ("escape", "escape", "1", "tab", "right", "up", "a", "shift+right", "A", "delete", "u"),
    ("home", "n"),
    ("comma", "comma", "space"),
)
BORDERED = ("#map", "#loss", "#graph", "#node", "#setup", "#network")
SIZES = ((120, 40), (80, 24), (200, 60), (100, 30), (119, 24), (60, 20))


@dataclass(frozen=True)
class Press:
    """Keys, as fast as they come."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Mouse:
    """A press and a release; `to` is where the button is let go. Places wrap round where the terminal is smaller."""

    at: tuple[int, int]
    to: tuple[int, int]
    button: int = 1


@dataclass(frozen=True)
class Border:
    """A click on a panel's border, where titles, views and words are."""

    panel: str
    above: bool
    x: int


@dataclass(frozen=True)
class Wheel:
    """Over a place, down or up."""

    at: tuple[int, int]
    down: bool


@dataclass(frozen=True)
class Resize:
    size: tuple[int, int]


@dataclass(frozen=True)
class GoOn:
    """Waits until a run that goes on has another moment to show."""


Action = Press | Mouse | Border | Wheel | Resize | GoOn


@dataclass(frozen=True)
class Walk:
    start: Settings
    actions: list[Action]
    size: tuple[int, int] = SIZES[0]
    speed: float | None = 500.0
    run: bool = False
    no_color: bool = False
    points: tuple[tuple[float, float, int], ...] = ()
    """Samples added by hand before anything else; where data has not two inputs they are refused."""


PLACES = st.tuples(st.integers(0, 199), st.integers(0, 59))
ACTION = st.one_of(
    st.sampled_from(KEYS).map(lambda key: Press((key,))),
    st.sampled_from(KEYS).map(lambda key: Press((key,))),
    st.lists(st.sampled_from(KEYS), min_size=2, max_size=6).map(lambda keys: Press(tuple(keys))),
    st.sampled_from(VERBS).map(Press),
    PLACES.map(lambda at: Mouse(at, at)),
    PLACES.map(lambda at: Mouse(at, at)),
    st.builds(Mouse, PLACES, PLACES, st.sampled_from((0, 1, 3))),
    st.builds(Border, st.sampled_from(BORDERED), st.booleans(), st.integers(1, 70)),
    st.builds(Wheel, PLACES, st.booleans()),
    st.one_of(st.sampled_from(SIZES), st.tuples(st.integers(50, 180), st.integers(15, 55))).map(Resize),
    st.just(GoOn()),
)


POINTS = st.lists(st.tuples(st.floats(-6, 6), st.floats(-6, 6), st.integers(0, 1)), max_size=4).map(tuple)


def starts(table: Path) -> st.SearchStrategy[Settings]:
    """All kinds of data and of networks; some do not fit together, which has to be said and nothing else."""
    sets = ("circle", "xor", "spiral", "plane", "multi-gauss", "moons", "truth-xor", "iris", "digits", "diabetes")
    layers = st.lists(st.integers(1, 5), max_size=3).map(tuple)
    return st.builds(
        Settings,
        data=st.sampled_from((*sets, str(table))),
        noise=st.sampled_from((0.0, 20.0)),
        train_share=st.sampled_from((50, 90)),
        features=st.sampled_from((None, None, ("x1", "x1x2"), ("x2²", "sin x1"))),
        layers=layers,
        activation=st.sampled_from(("tanh", "relu", "sigmoid", "linear")),
        loss=st.sampled_from((None, None, "mse", "bce", "hinge", "softmax")),
        optimizer=st.sampled_from(("sgd", "adam", "momentum")),
        schedule=st.sampled_from(("constant", "cosine")),
        learning_rate=st.sampled_from((0.03, 0.003, 10.0)),
        batch_size=st.sampled_from((1, 10, 500)),
        l1=st.sampled_from((0.0, 0.01)),
        l2=st.sampled_from((0.0, 0.01)),
    )


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of one's own, whose headings are captions, and with one that cannot be read."""
    folder = tmp_path_factory.mktemp("tables")
    rows = [f"{i * 37 % 100 / 10},{i * 53 % 100 / 7},{i * 29 % 64},{('red', 'green [b]')[i % 2]}" for i in range(80)]
    (folder / "own.csv").write_text("width [cm],height,length,kind\n" + "\n".join(rows) + "\n")
    (folder / "bad.csv").write_text("a,b\n1,2\n3,x\n")
    return folder


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """Compiled before anybody waits for them."""
    executors.prepare()
    build(Settings()).step()


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tables: Path) -> None:
    """The screen looks for what is new more often than for a person, and what runs began with is remembered."""
    monkeypatch.setattr(playground, "PULLS_A_SECOND", 30)
    monkeypatch.setattr(work, "build", remembering_build)
    monkeypatch.chdir(tables)


BEGAN: WeakKeyDictionary[Trainer, tuple[Settings, Dataset]] = WeakKeyDictionary()
"""What each trainer was built of, before anybody touched it."""


def remembering_build(wanted: Settings, dataset: Dataset, **options: str | None) -> Trainer:
    trainer = build(wanted, dataset, **options)
    BEGAN[trainer] = wanted, dataset
    return trainer


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # what failed is told action by action
)
@given(data=st.data())
def test_a_random_walk(tables: Path, data: st.DataObject) -> None:
    walk = data.draw(
        st.builds(
            Walk,
            starts(tables / "own.csv"),
            st.lists(ACTION, min_size=ACTIONS, max_size=ACTIONS),
            st.sampled_from(SIZES[:-1]),
            st.sampled_from((500.0, None, 20.0)),
            st.booleans(),
            st.booleans(),
            POINTS,
        )
    )
    with patch.dict(os.environ, {"NO_COLOR": "1"} if walk.no_color else {}):
        asyncio.run(Walker(walk).go())


class Walker:
    """Goes a walk, and looks at everything after each of its actions."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.app = PlaygroundApp(walk.start, speed=walk.speed, run=walk.run)
        self.before = set(threading.enumerate())

    async def go(self) -> None:
        async with self.app.run_test(size=self.walk.size):
            await self.until(lambda: self.session.view().sight is not None, "No run is built.")
            for point in self.walk.points:
                self.session.touch(wishes.add_point(*point))
            for action in self.walk.actions:
                note(f"{action}  at {self.where()}")
                await self.do(action)
                await self.settled()
                if not self.app.is_running:
                    break
                check(self.screen, self.session.idle)
            else:
                await self.end()
        assert self.app._exception is None
        assert not self.app.return_code
        await self.until(lambda: not self.threads(), "A thread goes on without its app.")

    async def end(self) -> None:
        """All that is open is closed; then the run is done again from its log, to the same bits."""
        note("the end")
        self.session.pause()
        for _ in range(5):  # what is open may have something open in its turn
            if self.app.screen is not self.screen:
                self.app.simulate_key("escape")
            await self.settled()
        assert self.app.screen is self.screen
        check(self.screen, self.session.idle)
        run = self.session.view().run
        if run is not None and run.trainer.step_count <= MOST_REPLAYED:
            again = build(*BEGAN[run.trainer])
            replay(again, run.trainer.log, run.trainer.step_count)
            assert np.array_equal(again.snapshot().parameters, run.trainer.snapshot().parameters, equal_nan=True)

    # ------------------------------------------------------------------ what is done
    async def do(self, action: Action) -> None:
        if isinstance(action, Press):
            for key in action.keys:
                self.app.simulate_key(key)
        elif isinstance(action, Mouse):
            self.press_mouse(self.inside(action.at), self.inside(action.to), action.button)
        elif isinstance(action, Border):
            region = self.screen.query_one(action.panel).region
            if region.area:
                at = region.x + action.x % region.width, region.y if action.above else region.bottom - 1
                self.press_mouse(self.inside(at), self.inside(at), 1)
        elif isinstance(action, Wheel):
            kind = events.MouseScrollDown if action.down else events.MouseScrollUp
            self.mouse(kind, self.inside(action.at), 0)
        elif isinstance(action, Resize):
            self.app.post_message(events.Resize(Size(*action.size), Size(*action.size)))
            told, (width, height) = self.screen.query_one("#too-small", Static), action.size
            await self.until(lambda: f"This is {width} × {height}." in str(told.content), "It is not resized.")
        else:
            await self.go_on()

    async def go_on(self) -> None:
        step = self.step
        view = self.session.view
        await self.until(
            lambda: self.step != step or view().state is not State.RUNNING or (view().speed or 500.0) < 100.0,
            "It runs and goes on no more.",
        )

    def press_mouse(self, at: tuple[int, int], to: tuple[int, int], button: int) -> None:
        self.mouse(events.MouseMove, at, 0)
        if button:
            self.mouse(events.MouseDown, at, button)
        self.mouse(events.MouseMove, to, button)
        if button:
            self.mouse(events.MouseUp, to, button)

    def mouse(self, kind: type[events.MouseEvent], at: tuple[int, int], button: int) -> None:
        """As a terminal sends it: the app finds out what lies there, and makes a click of a press and a release."""
        self.app.post_message(kind(None, *at, 0, 0, button, False, False, False, *at))

    def inside(self, at: tuple[int, int]) -> tuple[int, int]:
        width, height = self.app.size
        return at[0] % width, at[1] % height

    # ------------------------------------------------------------------ waiting
    async def settled(self) -> None:
        """All that was asked for is done and shown; a run that goes on goes on."""
        await self.until(self.at_rest, "It hangs.")

    def at_rest(self) -> bool:
        if not self.app.is_running:
            return True
        session, view = self.session, self.session.view()
        going = view.state is State.RUNNING and view.sight is not None and not session._wishes
        shown = self.screen._seen == view if session.idle else going
        return shown and at_rest(self.app)

    async def until(self, holds: Callable[[], object], fault: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        await asyncio.sleep(0)
        while not holds():
            assert not self.app.return_code, fault
            if time.monotonic() > end:
                raise AssertionError(f"{fault} {self.where()} {self.session.view().message} {self.threads()}")
            await asyncio.sleep(0.002)

    def where(self) -> str:
        view = self.session.view()
        top, size = type(self.app.screen).__name__, "x".join(map(str, self.app.size))
        return f"{top} {size} {view.state.name} step {self.step} {self.screen.tab} {view.look}"

    def threads(self) -> list[str]:
        return [each.name for each in threading.enumerate() if "mgrad" in each.name and each not in self.before]

    @property
    def step(self) -> int:
        snapshot = self.session.view().snapshot
        return snapshot.step if snapshot else -1

    @property
    def session(self) -> Session:
        return self.app.session

    @property
    def screen(self) -> PlaygroundScreen:
        return playground_of(self.app)
