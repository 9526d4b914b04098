"""What people ask of a network, and the few keys after which the screen answers."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.content import Content
from textual.widgets import Static

from mgrad.tui import formats, sums
from mgrad.tui.settings import Settings
from mgrad.tui.widgets.map_panel import MapPanel
from tests.tui.driver import Driver, Open, WaitUntil

Trained = Callable[..., AbstractAsyncContextManager[Driver]]
NUMBER = re.compile(r"[+−][\d.]+(?:e[+−]?\d+)?")
MOST_KEYS = 6


@pytest.fixture
def trained(open_playground: Open, wait_until: WaitUntil) -> Trained:
    """A playground that has learned for some epochs, and the keys that it was asked by."""

    @asynccontextmanager
    async def opened(settings: Settings | None = None, epochs: int = 10):
        async with open_playground(settings) as pilot:
            drive = Driver(pilot, wait_until)
            drive.session.epoch(epochs)
            await drive.settle()
            yield drive

    return opened


async def ask(drive: Driver, *keys: str) -> None:
    assert len(keys) <= MOST_KEYS
    await drive.press(*keys)


def text_of(drive: Driver) -> str:
    """The node's card as it is read."""
    return Content.from_markup(drive.card()).plain


async def test_what_is_this_weight_and_its_gradient_now(trained: Trained) -> None:
    async with trained() as drive:
        await ask(drive, "2", "w")

        label, card = drive.session.view().look.label, text_of(drive)
        assert label.endswith(".w1")
        assert card.startswith(label)
        for name, number in (("value", drive.sight.inspection.value), ("gradient", drive.sight.inspection.gradient)):
            assert re.search(rf"{name} +{re.escape(formats.value(number(label)).strip())}\s", card)


async def test_why_is_its_gradient_that(trained: Trained) -> None:
    async with trained() as drive:
        await ask(drive, "2", "w")

        lines = text_of(drive).splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("comes from"))
        (made,) = (line for line in lines[start:] if "×" in line and "=" in line)
        gradient = next(line for line in lines if "gradient" in line)
        assert sums.number(NUMBER.findall(made)[-1]) == sums.number(NUMBER.findall(gradient)[-1])


async def test_what_does_this_neuron_see(trained: Trained) -> None:
    async with trained() as drive:
        await ask(drive, "2", "left")

        label = drive.session.view().look.label
        assert label.startswith("layer2.neuron")
        assert label in str(drive.screen.query_one(MapPanel).border_title)
        assert drive.sight.plane is not None
        assert drive.sight.plane.values is not None


async def test_one_sample_forward_in_numbers(trained: Trained) -> None:
    async with trained() as drive:
        await ask(drive, "shift+tab", "shift+tab", "v")

        card = text_of(drive)
        answer = drive.sight.inspection.value("layer3.neuron1")
        assert card.split()[2:5] == ["weight", "value", "part"]
        assert re.search(rf"tanh\(pre\) +(= )?{re.escape(formats.value(answer).strip())}", card)


async def test_which_neurons_are_dead_or_saturated(trained: Trained) -> None:
    settings = Settings(layers=(4, 2), activation="relu", learning_rate=3.0)
    async with trained(settings, epochs=3) as drive:
        await ask(drive, "h")

        dead = [name for layer in drive.sight.health for name in layer.dead_neurons]
        assert dead
        table = str(drive.screen.query_one("#layers", Static).content)
        assert all(name.replace("layer", "").replace("neuron", "") in table for name in dead)


@pytest.mark.parametrize(
    ("rate", "answer"), [(3.0, "The rate looks too high"), (0.03, "The rate looks healthy"), (1e-5, "too low")]
)
async def test_is_the_rate_too_high_or_too_low(trained: Trained, rate: float, answer: str) -> None:
    async with trained(Settings(layers=(4, 2), learning_rate=rate), epochs=2) as drive:
        await ask(drive, "h")

        assert answer in str(drive.screen.query_one("#layers", Static).content)


async def test_does_it_overfit_and_what_helps(trained: Trained) -> None:
    settings = Settings(
        data="xor", noise=50, train_share=10, layers=(8, 8), optimizer="adam", learning_rate=0.03, batch_size=30
    )
    async with trained(settings, epochs=150) as drive:
        await ask(drive)

        verdict = str(drive.screen.query_one("#verdict", Static).content)
        assert "Overfits since epoch" in verdict
        assert "try penalty l2" in verdict


async def test_what_if_this_weight_were_0(trained: Trained) -> None:
    async with trained() as drive:
        await ask(drive, "2", "w", "e", "0", "enter")

        assert drive.sight.inspection.value(drive.session.view().look.label) == 0.0


async def test_how_do_i_do_this_on_my_data(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text("a,b,kind\n" + "".join(f"{i},{i * i % 7},{'xy'[i % 2]}\n" for i in range(40)))
    monkeypatch.chdir(tmp_path)
    async with trained() as drive:
        await ask(drive, "ctrl+o", "down", "enter", "l")

        view = drive.session.view()
        assert view.run is not None
        assert view.run.dataset.captions == ("a", "b")
