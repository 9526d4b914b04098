"""Samples made and taken away by hand: a dataset with one point more, or one less.

Such a dataset has a recipe, the changes that made it: a log of commands keeps those in place of all its samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mgrad.datasets import Dataset, Part
from mgrad.datasets.dataset import with_recipe
from mgrad.engine.errors import OptionError

LEAST = 2
"""Training samples that are left at least."""


def with_point(dataset: Dataset, x: float, y: float, klass: int) -> Dataset:
    """One more training sample; `klass` is a class (0, 1, ...), or for numbers the target itself.

    Raises OptionError where the data has not two inputs.
    """
    if len(dataset.features) != 2:
        raise OptionError(f"Points can be added to data of two inputs, but {dataset.name} has {len(dataset.features)}.")
    target = 2.0 * klass - 1.0 if len(dataset.classes) == 2 else float(klass)

    def more(part: Part) -> Part:
        return Part(np.vstack([part.inputs, [[x, y]]]), np.append(part.targets, target))

    return _changed(dataset, lambda before: replace(before, train=more(before.train)))


def without_point(dataset: Dataset, index: int, part: str) -> Dataset:
    """One sample less. Raises OptionError where too few would be left."""
    now: Part = getattr(dataset, part)
    if not 0 <= index < len(now):
        raise OptionError(f"There is no sample {index} in the {part} part.")
    if part == "train" and len(now) <= LEAST:
        raise OptionError(f"The last {LEAST} training samples stay: a network learns from something.")

    def less(part: Part) -> Part:
        return Part(np.delete(part.inputs, index, axis=0), np.delete(part.targets, index))

    return _changed(dataset, lambda before: replace(before, **{part: less(getattr(before, part))}))


@dataclass(frozen=True, eq=False)
class _Changes:
    """Makes a dataset again: what makes the one before, and the change to that."""

    before: Callable[[], Dataset]
    change: Callable[[Dataset], Dataset]

    def __call__(self) -> Dataset:
        changes, make = [], self
        while isinstance(make, _Changes):  # there may be more of them than calls can be nested
            changes.append(make.change)
            make = make.before
        dataset = make()
        for change in reversed(changes):
            dataset = change(dataset)
        return with_recipe(dataset, self)


def _changed(dataset: Dataset, change: Callable[[Dataset], Dataset]) -> Dataset:
    recipe = _Changes(dataset.recipe or (lambda: dataset), change)
    return with_recipe(change(dataset), recipe)
