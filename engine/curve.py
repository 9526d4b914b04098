"""The curve of a run: metrics at fixed epochs, in next to constant memory.

At first there is a point every epoch; from DENSE epochs on every second, from twice as many every fourth, and so on. So
the points depend on the epochs run and on nothing else, and measuring costs a long run next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgrad.engine.executors.base import Floats

DENSE = 128
"""So many epochs have a point each; it is a power of two."""
MOST_POINTS = 1000
"""Beyond that, every second point is dropped."""


@dataclass(frozen=True)
class Metrics:
    """How good the network is on one part of the data: mean loss, and the share (0 to 1) of right answers, if any."""

    loss: float
    accuracy: float | None


@dataclass(frozen=True, eq=False)
class Curve:
    """The points so far: arrays of equal length; nan where there is no such number (no test part, no accuracy)."""

    epochs: Floats
    train: Floats
    test: Floats
    train_accuracy: Floats
    test_accuracy: Floats

    def __len__(self) -> int:
        return len(self.epochs)


class CurveRecorder:
    """Collects the points of a curve."""

    def __init__(self) -> None:
        self._points: list[tuple[float, ...]] = []

    def next_epoch(self, epoch: int) -> int:
        """The first epoch after `epoch` at which a point is due.

        >>> [CurveRecorder().next_epoch(epoch) for epoch in (0, 127, 128, 255, 512)]
        [1, 128, 130, 256, 520]
        """
        stride = _stride(epoch)
        return (epoch // stride + 1) * stride

    def add(self, epoch: int, train: Metrics, test: Metrics | None) -> None:
        """Adds a point, if one is due at this epoch."""
        if epoch % _stride(epoch):
            return
        numbers = [m for part in (train, test) for m in ((part.loss, part.accuracy) if part else (None, None))]
        losses_first = (numbers[0], numbers[2], numbers[1], numbers[3])
        self._points.append((float(epoch), *(np.nan if number is None else number for number in losses_first)))
        if len(self._points) > MOST_POINTS:
            self._points = self._points[::2]

    def curve(self) -> Curve:
        """The points so far, frozen."""
        columns = np.array(self._points, dtype=float).reshape(-1, 5).T.copy()
        columns.flags.writeable = False
        return Curve(*columns)


def _stride(epoch: int) -> int:
    return max(1, (1 << epoch.bit_length()) // DENSE)
