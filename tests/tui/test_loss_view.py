"""The view Loss: what it says in words, and numbers that keep up with the run."""

from dataclasses import replace

import pytest

from mgrad.engine.curve import Metrics
from mgrad.engine.verdicts import best
from mgrad.tui import formats
from mgrad.tui.settings import Settings, build
from mgrad.tui.view import State
from mgrad.tui.widgets import loss_panel
from mgrad.tui.widgets.curve_plot import Ends, Plot
from mgrad.tui.widgets.loss_view import verdict
from tests.tui.driver import Driver, Open, WaitUntil


def test_the_best_loss_is_now_or_at_an_epoch() -> None:
    trainer = build(Settings(data="circle", size=40, layers=(3,)))
    trainer.run(epochs=3)
    snapshot = trainer.snapshot()
    found = best(snapshot.curve.epochs, snapshot.curve.test)
    assert found

    worse, better = (replace(snapshot, test=Metrics(found.loss * factor, None)) for factor in (2.0, 0.5))

    assert verdict(worse) == f"Best test {found.loss:.4f} at epoch {found.epoch}."
    assert verdict(better) == f"Best test {found.loss / 2:.4f} now."


async def test_numbers_keep_up_where_the_curve_is_drawn_more_seldom(
    open_playground: Open, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_playground(Settings(data="circle", size=40, layers=(3,))) as pilot:
        drive = Driver(pilot, wait_until)
        ends, plot = (drive.screen.query_one(f"LossView {kind.__name__}", kind) for kind in (Ends, Plot))

        def tells_what_is_seen() -> bool:
            seen = drive.screen._seen
            assert seen
            assert seen.snapshot
            text = ends.render()
            return seen.snapshot.step > 20 and formats.loss(seen.snapshot.train.loss) in text

        drive.screen.pull()
        monkeypatch.setattr(loss_panel, "DRAWN_SECONDS", 1e9)
        drawn = plot.drawing
        drive.session.go()
        await wait_until(tells_what_is_seen)

        assert plot.drawing is drawn
        assert drive.session.view().state is State.RUNNING
        drive.session.pause()
        await drive.settle()
        assert tells_what_is_seen()
        assert plot.drawing is not drawn
