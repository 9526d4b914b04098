"""How the learning rate changes as a run goes on.

The one idea: a schedule is a pure function from the epoch to a factor on the rate that was set. The epoch is a number
with a fraction (steps done / steps an epoch), so that a rate falls smoothly and does not depend on how many steps are
run at a time. Plain Python floats: the same epoch gives the same bits everywhere on a machine.

Every factor begins at 1. Those that come to rest do so at 1 % of the rate, after 1000 epochs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from mgrad.engine.errors import choose

EPOCHS_TO_HALVE = 100
EPOCHS_TO_REST = 1000
REST = 0.01


@dataclass(frozen=True)
class Schedule:
    """A name, a caption for people, and `factor(epoch)`: what the rate is multiplied by at an epoch of 0 or more."""

    name: str
    caption: str
    factor: Callable[[float], float]


def _step(epoch: float) -> float:
    return math.ldexp(1.0, -int(epoch // EPOCHS_TO_HALVE))


def _linear(epoch: float) -> float:
    return _between(1.0 - min(epoch / EPOCHS_TO_REST, 1.0))


def _cosine(epoch: float) -> float:
    return _between((1.0 + math.cos(math.pi * min(epoch / EPOCHS_TO_REST, 1.0))) / 2)


def _between(share: float) -> float:
    # Weighing both ends, not 1 - 0.99 * ..., makes the two ends exact: 1.0 and 0.01.
    return share + REST * (1.0 - share)


SCHEDULES: dict[str, Schedule] = {
    schedule.name: schedule
    for schedule in (
        Schedule("constant", "the rate stays as it is set", lambda epoch: 1.0),
        Schedule("step", f"halved every {EPOCHS_TO_HALVE} epochs", _step),
        Schedule("linear", f"in a straight line down to 1 % at epoch {EPOCHS_TO_REST}", _linear),
        # Loshchilov and Hutter 2017, "SGDR: Stochastic gradient descent with warm restarts", eq. 5, one cycle.
        Schedule("cosine", f"along half a cosine down to 1 % at epoch {EPOCHS_TO_REST}", _cosine),
    )
}


def rate_at(schedule: str, base_rate: float, epoch: float) -> float:
    """The learning rate at `epoch` (0 or more, with a fraction) when `base_rate` is the rate that was set.

    Raises `OptionError` for an unknown schedule.

    >>> rate_at("step", 0.4, 250.5)
    0.1
    >>> rate_at("linear", 0.03, 0), rate_at("linear", 1.0, 5000)
    (0.03, 0.01)
    """
    return base_rate * SCHEDULES[choose("schedule", schedule, SCHEDULES)].factor(epoch)
