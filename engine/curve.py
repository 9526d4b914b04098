"""The curve of a run: metrics at fixed epochs, in constant memory.

A point is kept every `stride` epochs. When there are too many, every second one is dropped and the stride doubles: so
the points depend on the epochs run and on nothing else, and a long run costs no more than a short one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgrad.engine.executors.base import Floats

MOST_POINTS = 512


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
        self.stride = 1
        self._points: list[tuple[float, ...]] = []

    def next_epoch(self, epoch: int) -> int:
        """The first epoch after `epoch` at which a point is due."""
        return (epoch // self.stride + 1) * self.stride

    def add(self, epoch: int, train: Metrics, test: Metrics | None) -> None:
        """Adds a point, if one is due at this epoch."""
        if epoch % self.stride:
            return
        numbers = [m for part in (train, test) for m in ((part.loss, part.accuracy) if part else (None, None))]
        losses_first = (numbers[0], numbers[2], numbers[1], numbers[3])
        self._points.append((float(epoch), *(np.nan if number is None else number for number in losses_first)))
        if len(self._points) > MOST_POINTS:
            self.stride *= 2
            self._points = [point for point in self._points if point[0] % self.stride == 0]

    def curve(self) -> Curve:
        """The points so far, frozen."""
        columns = np.array(self._points, dtype=float).reshape(-1, 5).T.copy()
        columns.flags.writeable = False
        return Curve(*columns)
