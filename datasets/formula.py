"""What a set of points made by a formula is: a row of a table, so that a set is added by being listed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgrad.datasets.dataset import Problem

Points = NDArray[np.float64]
Draw = Callable[[int, float, np.random.Generator], tuple[Points, Points]]


@dataclass(frozen=True)
class Formula:
    """A set of points on the plane [-6, 6]² made by a formula.

    `draw(size, noise, generator)` returns points (size, 2) and their targets (size,), unshuffled, with noise as a
    part of one (0 to 0.5); `size` is how many points there are unless somebody says otherwise.
    """

    name: str
    problem: Problem
    caption: str
    size: int
    draw: Draw
