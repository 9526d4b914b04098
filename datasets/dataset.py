"""What a network learns from: inputs and targets in a train part and a test part, and what people call them.

A dataset is frozen, its arrays too: the screen, a trainer and a script may hold the same one. Columns have labels
(x1, x2, ...), to which the leaves of a network bind, and captions beside them, which people read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mgrad.datasets.scaling import Scaling
from mgrad.engine.errors import ShapeError

Floats = NDArray[np.float64]
Problem = Literal["classification", "regression"]
PROBLEMS: tuple[Problem, Problem] = ("classification", "regression")


@dataclass(frozen=True, eq=False)
class Part:
    """Some samples: `inputs` (samples, features) and `targets` (samples,), both float64 and read-only.

    >>> part = Part([[0, 1], [1, 1]], [-1, 1])
    >>> len(part), part.inputs.shape
    (2, (2, 2))
    """

    inputs: Floats
    targets: Floats

    def __post_init__(self) -> None:
        inputs = _read_only(self.inputs)
        targets = _read_only(self.targets)
        if inputs.ndim != 2 or targets.shape != inputs.shape[:1]:
            raise ShapeError(
                f"inputs have shape {inputs.shape} and targets {targets.shape}, but must have "
                "(samples, features) and (samples,)."
            )
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "targets", targets)

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data for one problem, split.

    name      what it was loaded by; for an own table the file's name
    problem   "classification" or "regression"
    features  labels of the columns: x1, x2, ...
    captions  what people call the columns: a CSV heading, `colour=red`
    target    what people call the target
    classes   names of the classes; () for regression. With two, targets are -1 and +1, and the first is -1; with
              more, targets are positions in `classes`: 0, 1, 2, ...
    train, test   the two parts; test may have no samples
    notes     sentences about what was done to the data
    scaling   how inputs (and the target of a regression) were standardised; None: not at all
    seed      of the drawing and of the shuffling before the split; None where nobody knows
    alternative   the problem for which the target would do as well: whole numbers may be classes; None where it was
              asked for, or cannot be another one
    recipe    makes the same dataset again, in place of which it can be kept; None where that is not sure, as for an own
              table, whose file may change, and for a dataset that was made out of another
    """

    name: str
    problem: Problem
    features: tuple[str, ...]
    captions: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    train: Part
    test: Part
    notes: tuple[str, ...] = ()
    scaling: Scaling | None = None
    seed: int | None = None
    alternative: Problem | None = None
    recipe: Callable[[], Dataset] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        counts = {len(self.features), len(self.captions), self.train.inputs.shape[1], self.test.inputs.shape[1]}
        if len(counts) != 1:
            raise ShapeError(
                f"{self.name} has {len(self.features)} features, {len(self.captions)} captions and "
                f"{self.train.inputs.shape[1]} and {self.test.inputs.shape[1]} columns; these must be equal."
            )


def with_recipe(dataset: Dataset, recipe: Callable[[], Dataset]) -> Dataset:
    """Tells a new dataset how it was made."""
    object.__setattr__(dataset, "recipe", recipe)
    return dataset


@dataclass(frozen=True, eq=False)
class Samples:
    """All samples of a source before they are split and scaled; the fields mean the same as in Dataset."""

    problem: Problem
    inputs: Floats
    targets: Floats
    captions: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    alternative: Problem | None = None


def _read_only(numbers: Floats) -> Floats:
    copy = np.array(numbers, dtype=np.float64, order="C")
    copy.flags.writeable = False
    return copy
