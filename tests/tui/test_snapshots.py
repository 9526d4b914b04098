"""What the screen looks like, in pictures that a person has looked at: a fixed number of epochs, then paused."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from mgrad.tui.app import PlaygroundApp
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.settings import Settings

SnapCompare = Callable[..., bool]
SIZES = [(120, 40), (80, 24)]
EPOCHS = 60
"""Few enough that the last bits, in which processors differ, do not come up into the digits that are shown."""


def size_name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def after(wait_until: Callable, *keys: str, epochs: int = 0) -> Callable:
    """What happens before the picture: so many epochs, then some keys, then all that was asked for is done."""

    async def prepare(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, PlaygroundApp)
        await wait_until(lambda: app.session.idle)
        app.session.epoch(epochs)
        for key in keys:
            await wait_until(lambda: app.session.idle)
            await pilot.press(key)
        await wait_until(lambda: app.session.idle)
        for screen in app.screen_stack:
            if isinstance(screen, PlaygroundScreen):
                screen.pull()
        await pilot.pause()

    return prepare


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize("tab", ["train", "graph", "setup"])
def test_after_some_epochs(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int], tab: str) -> None:
    key = {"train": "1", "graph": "2", "setup": "3"}[tab]

    assert snap_compare(PlaygroundApp(), terminal_size=size, run_before=after(wait_until, key, epochs=EPOCHS))


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_several_classes(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int]) -> None:
    app = PlaygroundApp(Settings(data="iris", layers=(5,), loss="mse", learning_rate=0.1))

    assert snap_compare(app, terminal_size=size, run_before=after(wait_until, "2", epochs=30))


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_numbers_to_predict(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int]) -> None:
    assert snap_compare(
        PlaygroundApp(Settings(data="plane")), terminal_size=size, run_before=after(wait_until, epochs=30)
    )


@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_not_finite(snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int]) -> None:
    app = PlaygroundApp(Settings(data="plane", activation="linear", learning_rate=10.0))

    assert snap_compare(app, terminal_size=size, run_before=after(wait_until, "2", epochs=1))


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize("keys", [("3", "home", "enter"), ("question_mark",)], ids=["list", "keys"])
def test_what_opens_over_it(
    snap_compare: SnapCompare, wait_until: Callable, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    assert snap_compare(PlaygroundApp(), terminal_size=size, run_before=after(wait_until, *keys))


def test_a_number_that_does_not_fit(snap_compare: SnapCompare, wait_until: Callable) -> None:
    keys = ("3", "home", "down", *"77", "enter")

    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=after(wait_until, *keys))


def test_a_light_theme(snap_compare: SnapCompare, wait_until: Callable) -> None:
    app = PlaygroundApp()
    app.theme = "textual-light"

    assert snap_compare(app, terminal_size=(120, 40), run_before=after(wait_until, epochs=EPOCHS))


def test_without_colour(snap_compare: SnapCompare, wait_until: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert snap_compare(PlaygroundApp(), terminal_size=(120, 40), run_before=after(wait_until, "2", epochs=EPOCHS))
