"""The view Loss: what it says in words."""

from dataclasses import replace

from mgrad.engine.curve import Metrics
from mgrad.engine.verdicts import best
from mgrad.tui.settings import Settings, build
from mgrad.tui.widgets.loss_view import verdict


def test_the_best_loss_is_now_or_at_an_epoch() -> None:
    trainer = build(Settings(data="circle", size=40, layers=(3,)))
    trainer.run(epochs=3)
    snapshot = trainer.snapshot()
    found = best(snapshot.curve.epochs, snapshot.curve.test)
    assert found

    worse, better = (replace(snapshot, test=Metrics(found.loss * factor, None)) for factor in (2.0, 0.5))

    assert verdict(worse) == f"Best test {found.loss:.4f} at epoch {found.epoch}."
    assert verdict(better) == f"Best test {found.loss / 2:.4f} now."
