"""What the numbers of a run say: whether it overfits, whether its rate suits it. Rules of thumb, each with its number.

Sources: the gap between test and train loss as the sign of overfitting, and stopping at the least test loss (Prechelt,
Early Stopping, 1998); the ratio of update to weight near 1e-3 as the sign of a rate that suits (Karpathy, notes of
CS231n; zero to hero, part 4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mgrad.engine.executors.base import Floats

HEALTHY = (-4.0, -2.0)
"""log10 of update/weight between these is healthy; the middle, -3, is the aim."""
RISEN = 1.1
"""Test loss that many times its least is called risen."""
LASTING = 5
"""So many points in a row it must stay risen: one alone may come of the batches."""


@dataclass(frozen=True)
class Best:
    """The least loss of a curve, and the epoch where it was."""

    loss: float
    epoch: int


def best(epochs: Floats, losses: Floats) -> Best | None:
    """The least finite loss and its epoch; None where there is none.

    >>> best(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.2, np.nan]))
    Best(loss=0.2, epoch=1)
    """
    if not np.isfinite(losses).any():
        return None
    at = int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))
    return Best(float(losses[at]), int(epochs[at]))


def overfits_since(epochs: Floats, train: Floats, test: Floats) -> int | None:
    """The epoch of the least test loss, where test loss has risen since for good and train loss has fallen; None where
    not.

    >>> train, test = np.array([1.0, 0.5] + [0.4] * LASTING), np.array([1.0, 0.6] + [0.9] * LASTING)
    >>> overfits_since(np.arange(7.0), train, test), overfits_since(np.arange(7.0), train, train)
    (1, None)
    >>> overfits_since(np.arange(3.0), train[:3], test[:3]) is None  # perhaps but for now
    True
    """
    least, lately = best(epochs, test), test[-LASTING:]
    if least is None or not np.isfinite(lately).all():
        return None
    at = int(np.searchsorted(epochs, least.epoch))
    return least.epoch if lately.min() > RISEN * least.loss and train[-1] < train[at] else None


def rate_verdict(updates: list[float]) -> str:
    """What log10(update/weight) of the layers say about the rate: "too high", "too low", "healthy" or "" (not known).

    >>> rate_verdict([-3.1, -2.6]), rate_verdict([-3.0, -1.2]), rate_verdict([-5.5, -4.4]), rate_verdict([])
    ('healthy', 'too high', 'too low', '')
    """
    known = [update for update in updates if math.isfinite(update)]
    if not known:
        return ""
    if max(known) > HEALTHY[1]:
        return "too high"
    return "too low" if max(known) < HEALTHY[0] else "healthy"
