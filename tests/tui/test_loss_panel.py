"""The panel Loss: in each of its views the numbers keep up with the run, though its pictures are drawn more seldom."""

from collections.abc import Callable

import pytest

from mgrad.engine.training import Snapshot
from mgrad.tui import formats
from mgrad.tui.settings import Settings
from mgrad.tui.sight import Sight
from mgrad.tui.view import State
from mgrad.tui.widgets import loss_panel
from mgrad.tui.widgets.curve_plot import Plot
from mgrad.tui.widgets.loss_panel import LossPanel
from tests.tui.driver import Driver, Open, WaitUntil
from tests.tui.numbers_on_screen import Reader

Words = Callable[[Snapshot, Sight], list[str]]


def losses(snapshot: Snapshot, sight: Sight) -> list[str]:
    assert snapshot.test
    return [f"train {formats.loss(snapshot.train.loss)}", f"test  {formats.loss(snapshot.test.loss)}"]


def matrix(snapshot: Snapshot, sight: Sight) -> list[str]:
    assert sight.answers
    assert sight.answers.confusion is not None
    rows = sight.answers.confusion.tolist()
    return [
        f"train {formats.accuracy(snapshot.train.accuracy)} %",
        *("".join(f"{number or ('0' if at == place else '·'):>4}" for place, number in enumerate(row))
          for at, row in enumerate(rows)),
    ]  # fmt: skip


def layers(snapshot: Snapshot, sight: Sight) -> list[str]:
    return [f"{layer.name:<7}{formats.loss(layer.gradient):>7}{formats.exponent(layer.update):>7}"
            for layer in sight.health]  # fmt: skip


def explained(snapshot: Snapshot, sight: Sight) -> list[str]:
    return [formats.value(snapshot.train.r2)]


@pytest.mark.parametrize(
    ("data", "shown", "words"),
    [("circle", "Loss", losses), ("circle", "Accuracy", matrix), ("circle", "Health", layers),
     ("plane", "Accuracy", explained)],
)  # fmt: skip
async def test_numbers_are_of_the_header_s_moment(
    open_playground: Open, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch, data: str, shown: str, words: Words
) -> None:
    async with open_playground(Settings(data=data, size=40, layers=(3,))) as pilot:
        drive = Driver(pilot, wait_until)
        panel = drive.screen.query_one(LossPanel)
        panel.action_show_view(shown)
        await drive.settle()
        plot = panel.query_one(f"{shown}View Plot", Plot)

        def tells_what_the_header_does() -> bool:
            seen, reader = drive.screen._seen, Reader(drive.screen)
            assert seen
            assert seen.snapshot
            assert seen.sight
            painted = formats.loss(seen.snapshot.train.loss) in reader.text("#numbers")
            return painted and all(word in reader.text("#loss") for word in words(seen.snapshot, seen.sight))

        def later() -> bool:
            seen = drive.screen._seen
            return bool(seen and seen.snapshot and seen.snapshot.step > 20 and tells_what_the_header_does())

        monkeypatch.setattr(loss_panel, "DRAWN_SECONDS", 1e9)
        drawn = plot.drawing
        drive.session.go()
        await wait_until(later)

        assert plot.drawing is drawn
        assert drive.session.view().state is State.RUNNING
        drive.session.pause()
        await drive.settle()
        assert tells_what_the_header_does()
        assert plot.drawing is not drawn
