"""Samples made and taken away by hand: a dataset with one point more, or one less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mgrad.datasets import Dataset, Part
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
    part = dataset.train
    return replace(dataset, train=Part(np.vstack([part.inputs, [[x, y]]]), np.append(part.targets, target)))


def without_point(dataset: Dataset, index: int, part: str) -> Dataset:
    """One sample less. Raises OptionError where too few would be left."""
    now: Part = getattr(dataset, part)
    if not 0 <= index < len(now):
        raise OptionError(f"There is no sample {index} in the {part} part.")
    if part == "train" and len(now) <= LEAST:
        raise OptionError(f"The last {LEAST} training samples stay: a network learns from something.")
    rest = Part(np.delete(now.inputs, index, axis=0), np.delete(now.targets, index))
    return replace(dataset, **{part: rest})
