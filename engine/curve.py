"""The curve of a run: metrics at fixed epochs, in constant memory.

At first there is a point every epoch; from DENSE epochs on every second, from twice as many every fourth, and so on. So
the points depend on the epochs run and on nothing else, and measuring costs a long run next to nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mgrad.engine.executors.base import Floats, Ints

DENSE = 128
"""So many epochs have a point each; it is a power of two."""
MOST_POINTS = 1000
"""Beyond that, every second point is dropped."""


@dataclass(frozen=True)
class Metrics:
    """How good the network is on one part of the data: mean loss, the share (0 to 1) of right answers for classes, and
    R² for numbers."""

    loss: float
    accuracy: float | None
    r2: float | None = None


@dataclass(frozen=True, eq=False)
class Curve:
    """The points so far: arrays of equal length; nan where there is no such number (no test part, no accuracy).

    `updates` and `gradients` are (points, layers): log10 of the size of a layer's last update by that of its weights,
    and the size of its gradient (see `mgrad.engine.health`).
    """

    epochs: Floats
    train: Floats
    test: Floats
    train_accuracy: Floats
    test_accuracy: Floats
    train_r2: Floats
    test_r2: Floats
    updates: Floats
    gradients: Floats

    def __len__(self) -> int:
        return len(self.epochs)


_SINGLE = 7  # columns before those of the layers


class CurveRecorder:
    """Collects the points of a curve for a network of so many layers."""

    def __init__(self, layers: int = 0) -> None:
        self._layers = layers
        self._take(np.empty((0, _SINGLE + 2 * layers)))

    def next_epoch(self, epoch: int) -> int:
        """The first epoch after `epoch` at which a point is due.

        >>> [CurveRecorder().next_epoch(epoch) for epoch in (0, 127, 128, 255, 512)]
        [1, 128, 130, 256, 520]
        """
        stride = _stride(epoch)
        return (epoch // stride + 1) * stride

    def due(self, after: int, upto: int) -> Ints:
        """All epochs after `after`, up to `upto`, at which a point is due.

        >>> CurveRecorder().due(126, 133).tolist()
        [127, 128, 130, 132]
        """
        epochs: list[int] = []
        epoch = after
        while (epoch := self.next_epoch(epoch)) <= upto:
            end = min(upto + 1, 1 << epoch.bit_length())  # from there on they are farther apart
            epochs += range(epoch, end, _stride(epoch))
            epoch = epochs[-1]
        return np.array(epochs, dtype=np.int64)

    def add(self, epoch: int, train: Metrics, test: Metrics | None, layers: Floats | None = None) -> None:
        """Adds a point, if one is due at this epoch; `layers` is (2, layers): updates and gradients."""
        if epoch % _stride(epoch):
            return
        row = self._points[self._count]
        parts = (train, test or Metrics(math.nan, None))
        numbers = [getattr(part, name) for name in ("loss", "accuracy", "r2") for part in parts]
        row[:_SINGLE] = [epoch, *(math.nan if number is None else number for number in numbers)]
        row[_SINGLE:] = math.nan if layers is None else layers.ravel()
        self._count += 1
        if self._count > MOST_POINTS:
            self._take(self._points[::2])

    def points(self) -> Floats:
        """All that was collected, frozen: what `restore` takes.

        It is a part of the recorder's own array, which only ever grows behind it: a run with hundreds of moments holds
        its points once.
        """
        points = self._points[: self._count]
        points.flags.writeable = False
        return points

    def restore(self, points: Floats) -> None:
        """Goes on from points that were collected before."""
        self._take(points)

    def _take(self, points: Floats) -> None:
        """Goes on in an array of its own: what was handed out stays as it is."""
        self._points = np.empty((MOST_POINTS + 1, points.shape[1]))
        self._count = len(points)
        self._points[: self._count] = points

    def curve(self, points: Floats | None = None) -> Curve:
        """The points so far, frozen."""
        points = self.points() if points is None else points
        updates = points[:, _SINGLE : _SINGLE + self._layers]
        return Curve(*points.T[:_SINGLE], updates=updates, gradients=points[:, _SINGLE + self._layers :])


def _stride(epoch: int) -> int:
    return max(1, (1 << epoch.bit_length()) // DENSE)
