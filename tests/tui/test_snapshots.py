"""What the screen looks like, in pictures that a person has looked at: a fixed number of epochs, then paused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mgrad.engine.stops import Stop
from mgrad.tui.app import PlaygroundApp
from mgrad.tui.settings import Settings
from mgrad.tui.widgets import strip_line
from tests.tui.driver import Driver

SnapCompare = Callable[..., bool]
WIDE, NARROW = [(200, 60), (120, 40)], [(100, 30), (80, 24)]
SMALLEST = [(120, 40), (80, 24)]
"""Of each layout the smallest screen: there everything has to fit."""
EPOCHS = 60
"""Few enough that the last bits, in which processors differ, do not come up into the digits that are shown."""
IRIS = Settings(data="iris", layers=(5,), loss="mse", learning_rate=0.1)


def named(case: object) -> str:
    if isinstance(case, tuple):
        return "x".join(map(str, case)) if all(isinstance(each, int) for each in case) else "-".join(map(str, case))
    return str(case)


def after(wait_until: Callable, *keys: str, epochs: int = 0, prepared: Callable = lambda app: None) -> Callable:
    """What happens before the picture: so many epochs, then some keys, then all that was asked for is done."""

    async def prepare(pilot: Pilot[None]) -> None:
        drive = Driver(pilot, wait_until)
        await drive.settle()
        prepared(drive.app)
        drive.session.epoch(epochs)
        await drive.settle()
        await drive.press(*keys)

    return prepare


@pytest.fixture(autouse=True)
def nothing_fades(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time, and what the strip says is in the picture."""
    monkeypatch.setattr(strip_line, "READING_SECONDS", 1000.0)


# ---------------------------------------------------------------------- tabs and views
@pytest.mark.parametrize(
    ("tab", "size"),
    [
        *((tab, size) for tab in ("1-train", "2-network") for size in WIDE + NARROW),
        *((tab, size) for tab in ("3-graph", "4-setup") for size in NARROW),
    ],
    ids=named,
)
def test_tabs(snap_compare: SnapCompare, wait_until: Callable, tab: str, size: tuple[int, int]) -> None:
    assert snap_compare(PlaygroundApp(), terminal_size=size, run_before=after(wait_until, tab[0], epochs=EPOCHS))


@pytest.mark.parametrize("size", SMALLEST, ids=named)
@pytest.mark.parametrize("keys", [("v",), ("h",)], ids=["accuracy", "health"])
def test_views_of_the_loss(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int], keys: tuple) -> None:
    assert snap_compare(PlaygroundApp(), terminal_size=size, run_before=after(wait_until, *keys, epochs=EPOCHS))


@pytest.mark.parametrize(
    "keys",
    [
        ("2", "left", "1", "shift+tab", "shift+tab", "v"),
        ("2", "left", "1", "shift+tab", "shift+tab", "v", "v"),
        ("2", "left", "1", "g"),
        ("2", "w", "p", "z", "1"),
        ("d", "t"),
    ],
    ids=["forward", "batch", "gradient", "watched-and-frozen", "discretised-with-test-points"],
)
def test_views_of_a_node(snap_compare: SnapCompare, wait_until: Callable, keys: tuple[str, ...]) -> None:
    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=after(wait_until, *keys, epochs=EPOCHS))


# ---------------------------------------------------------------------- kinds of data
@pytest.mark.parametrize("size", SMALLEST, ids=named)
def test_several_classes(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int]) -> None:
    assert snap_compare(PlaygroundApp(IRIS), terminal_size=size, run_before=after(wait_until, "v", epochs=30))


@pytest.mark.parametrize("size", SMALLEST, ids=named)
def test_numbers_to_predict(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int]) -> None:
    app = PlaygroundApp(Settings(data="plane"))

    assert snap_compare(app, terminal_size=size, run_before=after(wait_until, "v", epochs=30))


def test_pictures_of_digits(snap_compare: SnapCompare, wait_until: Callable) -> None:
    app = PlaygroundApp(Settings(data="digits", layers=(8,)))

    # below "shifted1" a gradient stands that is 0 but for rounding
    keys = ("3", "up", "left")
    assert snap_compare(app, terminal_size=(120, 40), run_before=after(wait_until, *keys, epochs=2))


# ---------------------------------------------------------------------- states
@pytest.mark.parametrize("size", SMALLEST, ids=named)
def test_not_finite(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int]) -> None:
    app = PlaygroundApp(Settings(data="plane", activation="linear", learning_rate=10.0))

    assert snap_compare(app, terminal_size=size, run_before=after(wait_until, epochs=1))


def test_stopped_by_a_condition(snap_compare: SnapCompare, wait_until: Callable) -> None:
    stops = after(wait_until, epochs=EPOCHS, prepared=lambda app: app.session.set_stop(Stop(epochs=20)))

    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=stops)


def test_in_the_past(snap_compare: SnapCompare, wait_until: Callable) -> None:
    back = after(wait_until, "n", "n", "n", "comma", "comma", epochs=20)

    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=back)


def test_a_number_that_does_not_fit(snap_compare: SnapCompare, wait_until: Callable) -> None:
    keys = ("4", "home", "down", "down", *"77", "enter")

    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=after(wait_until, *keys))


def test_a_terminal_that_is_too_small(snap_compare: SnapCompare, wait_until: Callable) -> None:
    assert snap_compare(PlaygroundApp(), terminal_size=(72, 20), run_before=after(wait_until))


def test_a_light_theme(snap_compare: SnapCompare, wait_until: Callable) -> None:
    app = PlaygroundApp()
    app.theme = "textual-light"

    assert snap_compare(app, terminal_size=(120, 40), run_before=after(wait_until, epochs=EPOCHS))


@pytest.mark.parametrize("tab", ["1-train", "2-network"], ids=named)
def test_without_colour(
    snap_compare: SnapCompare, wait_until: Callable, monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=after(wait_until, tab[0], epochs=EPOCHS))


# ---------------------------------------------------------------------- what opens over it
@pytest.mark.parametrize("size", SMALLEST, ids=named)
@pytest.mark.parametrize(
    "keys",
    [("4", "home", "down", "enter"), ("question_mark",), ("slash", *"l1w"), ("2", "w", "e"), ("ctrl+p", *"rew")],
    ids=["list", "keys", "find", "edit", "commands"],
)
def test_what_opens_over_it(
    snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    assert snap_compare(PlaygroundApp(), terminal_size=size, run_before=after(wait_until, *keys))


def test_a_table_of_ones_own(
    snap_compare: SnapCompare, wait_until: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("height,width,kind\n" + "".join(f"{i},{i * i % 7},{'xy'[i % 2]}\n" for i in range(40)))
    monkeypatch.chdir(tmp_path)
    opens = after(wait_until, prepared=lambda app: app.screen.action_open("mine.csv"))

    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=opens)
