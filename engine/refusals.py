"""Why a step was refused whose batch has finite numbers throughout: what they add up to, or lead to, is not finite."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mgrad.engine.errors import NotFiniteError
from mgrad.engine.executors.base import Floats, Memory, Penalty
from mgrad.engine.executors.numpy_executor import move
from mgrad.engine.graph import Value


def refused_update(
    parameters: Iterable[Value],
    numbers: Floats,
    gradients: Floats,
    optimizer: str,
    rate: float,
    memory: Memory,
    penalty: Penalty,
    step: int | None = None,
) -> NotFiniteError | None:
    """The error for the first parameter whose gradient over the batch, or whose next number, is inf or nan, if any.

    What the optimizer would remember of a parameter counts as one of its next numbers.

    >>> w = Value(1e308, "w")
    >>> args = np.array([1e308]), np.array([-2.0]), "sgd", 1e308, Memory.of(1), Penalty(0.0, 0.0, np.array([False]))
    >>> print(refused_update([w], *args))
    The update of w is +inf. The learning rate is probably too high; nothing was changed.
    """
    moved, after = move(numbers, gradients, optimizer, rate, memory, penalty)
    for node, gradient, *updates in zip(parameters, gradients, moved, after.first, after.second, strict=True):
        if not np.isfinite(gradient):
            return NotFiniteError(node.label, "gradient", float(gradient), step)
        for update in updates:
            if not np.isfinite(update):
                return NotFiniteError(node.label, "update", float(update), step)
    return None
