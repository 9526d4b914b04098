"""A small table of numbers: how good the network is, on what it learns from and on what it has never seen."""

import math

import numpy as np

from mgrad.engine.curve import Metrics
from mgrad.tui import formats
from mgrad.tui.curves import Numbers
from mgrad.tui.settings import Settings
from mgrad.tui.view import View
from mgrad.tui.widgets.still import Still

NOTHING = "·"


class Results(Still):
    """Two columns, train and test."""

    def __init__(self) -> None:
        super().__init__(id="results", classes="panel")
        self.border_title = "[b $ink]Results[/]"

    def show(self, view: View) -> None:
        if view.run is None or view.snapshot is None:
            return
        data, snapshot = view.run.dataset, view.snapshot
        curve, test = snapshot.curve, snapshot.test
        best, best_test = _best(curve.epochs, curve.train), _best(curve.epochs, curve.test)
        rows = [
            ("", "train", "test"),
            ("loss", formats.loss(snapshot.train.loss), formats.loss(test.loss) if test else NOTHING),
            ("best loss", best[0], best_test[0]),
            ("at epoch", best[1], best_test[1]),
        ]
        if data.problem == "classification":
            rows.append(("right", _right(snapshot.train, len(data.train)), _right(test, len(data.test))))
        rows.append(("samples", str(len(data.train)), str(len(data.test))))
        width = max(30, self.size.width)
        self.tell("\n".join(_line(width, *row) for row in rows))
        self.note(_rate(view.run.settings, snapshot.learning_rate))


def _line(width: int, name: str, train: str, test: str) -> str:
    right = (width - 10) // 2
    left = width - 10 - right
    if not name:
        return f"[$faint]{train:>{10 + left}}{test:>{right}}[/]"
    return f"[$quiet]{name:<10}[/][$ink]{train:>{left}}[/][$primary]{test:>{right}}[/]"


def _best(epochs: Numbers, losses: Numbers) -> tuple[str, str]:
    if not np.isfinite(losses).any():
        return NOTHING, NOTHING
    at = int(np.nanargmin(np.where(np.isfinite(losses), losses, np.nan)))
    return formats.loss(float(losses[at])), formats.count(int(epochs[at])).strip()


def _right(metrics: Metrics | None, samples: int) -> str:
    if metrics is None or metrics.accuracy is None or not math.isfinite(metrics.accuracy):
        return NOTHING
    return f"{round(metrics.accuracy * samples)} of {samples}"


def _rate(settings: Settings, rate: float) -> str:
    """What the schedule makes of the rate, where it makes anything of it."""
    return "" if settings.schedule == "constant" else f"rate {formats.setting(float(f'{rate:.3g}'))}"
