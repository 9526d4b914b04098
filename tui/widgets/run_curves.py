"""The two curves of a run: loss on a logarithmic axis, accuracy in percent."""

import numpy as np

from mgrad.engine.curve import Metrics
from mgrad.engine.training import Snapshot
from mgrad.tui import curves, formats
from mgrad.tui.curves import Numbers
from mgrad.tui.view import View
from mgrad.tui.widgets.curve_plot import CurvePlot, Drawing, Line


class LossCurve(CurvePlot):
    """Loss of train and test over epochs."""

    def __init__(self) -> None:
        super().__init__("Loss", "log", id="loss")
        self._seen: Snapshot | None = None

    def show_view(self, view: View) -> None:
        snapshot = view.snapshot
        if snapshot is None or snapshot is self._seen:
            return
        self._seen, curve = snapshot, snapshot.curve
        lines = []
        for name, token, losses, metrics in (
            ("test", "primary", curve.test, snapshot.test),
            ("train", "ink", curve.train, snapshot.train),
        ):
            if metrics is not None:
                epochs, losses = _up_to_now(snapshot, losses, metrics.loss)
                lines.append(Line(name, token, epochs, curves.logarithm(losses), formats.loss(metrics.loss)))
        self.show(Drawing(tuple(lines), curves.log_axis(*(line.y for line in lines)), snapshot.epoch))


class AccuracyCurve(CurvePlot):
    """Accuracy of train and test over epochs; not there where numbers are predicted."""

    def __init__(self) -> None:
        super().__init__("Accuracy", "percent", id="accuracy")
        self._seen: Snapshot | None = None

    def show_view(self, view: View) -> None:
        snapshot = view.snapshot
        if snapshot is None or snapshot is self._seen:
            return
        self._seen, curve = snapshot, snapshot.curve
        self.display = snapshot.train.accuracy is not None
        lines = []
        for name, token, shares, metrics in (
            ("test", "primary", curve.test_accuracy, snapshot.test),
            ("train", "ink", curve.train_accuracy, snapshot.train),
        ):
            share = _accuracy(metrics)
            if share is not None:
                lines.append(Line(name, token, *_up_to_now(snapshot, shares, share), f"{formats.accuracy(share)} %"))
        self.show(Drawing(tuple(lines), curves.percent_axis(*(line.y for line in lines)), snapshot.epoch))


def _up_to_now(snapshot: Snapshot, numbers: Numbers, now: float) -> tuple[Numbers, Numbers]:
    """The curve with the moment at its end: its own points grow sparse as a run grows long."""
    epochs = snapshot.curve.epochs
    if len(epochs) and epochs[-1] >= snapshot.epoch:
        return epochs, numbers
    return np.append(epochs, float(snapshot.epoch)), np.append(numbers, now)


def _accuracy(metrics: Metrics | None) -> float | None:
    return metrics.accuracy if metrics else None
