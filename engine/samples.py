"""Samples: data brought into the form that a network and a loss ask for.

What comes in is a `Dataset` or a pair of arrays; what goes out is one column for each input and each target leaf of the
template, and the rule by which an answer counts as right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgrad.engine.errors import OptionError, ShapeError, choose
from mgrad.engine.executors.base import Floats


class Part(Protocol):
    """The train or test part of a dataset: inputs (samples, features), targets (samples,)."""

    @property
    def inputs(self) -> Floats: ...

    @property
    def targets(self) -> Floats: ...


class Data(Protocol):
    """What a trainer needs of a dataset.

    It may also have a `recipe`, a function that makes it again: a log of commands keeps that in place of the samples.
    """

    @property
    def features(self) -> tuple[str, ...]: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def train(self) -> Part: ...

    @property
    def test(self) -> Part: ...


Answers = Literal["numbers", "signs", "bits", "classes"]


@dataclass(frozen=True, eq=False)
class Samples:
    """Columns for a template: `train` and `test` are (inputs + targets, samples), C-contiguous.

    `answers` says what an output means: a number (there is no accuracy), a class by its sign (targets -1 and +1, or 0
    and 1 with "bits"), or one class of several by the largest output.
    """

    features: tuple[str, ...]
    targets: int
    answers: Answers
    train: Floats
    test: Floats

    def part(self, name: str) -> Floats:
        """The columns of "train" or "test". Raises OptionError for any other name."""
        choose("part", name, ("train", "test"))
        return self.train if name == "train" else self.test

    def right(self, outputs: Floats, columns: Floats) -> NDArray[np.bool_] | None:
        """Which answers are right, None where nothing can be; `outputs` is (targets, samples)."""
        if self.answers == "numbers":
            return None
        truth = self._truth(columns)
        if self.answers != "classes":  # an output of exactly 0 (or nan) is on nobody's side
            return ((outputs[0] > 0.0) == truth) & (outputs[0] != 0.0) & np.isfinite(outputs[0])
        if not outputs.size:
            return np.zeros(0, dtype=bool)
        largest = outputs.max(axis=0)
        if np.count_nonzero(outputs == largest) == outputs.shape[1] and np.isfinite(outputs).all():
            return outputs.ravel().take(truth * outputs.shape[1] + np.arange(outputs.shape[1])) == largest
        return (outputs.argmax(axis=0) == truth) & np.isfinite(outputs).all(axis=0)  # of equal ones, the first counts

    def accuracy(self, outputs: Floats, columns: Floats) -> float | None:
        """The share of right answers, None where nothing can be right; `outputs` is (targets, samples)."""
        right = self.right(outputs, columns)
        return float(np.count_nonzero(right)) / right.size if right is not None and right.size else None

    def r2(self, outputs: Floats, columns: Floats) -> float | None:
        """R², the share of the targets' variance that the answers explain (1 is all); None for classes.

        Several targets count together. Where the targets do not vary it is nan.
        """
        wanted = columns[len(self.features) :]
        if self.answers != "numbers" or not wanted.shape[1]:
            return None
        with np.errstate(all="ignore"):
            rest, whole = ((wanted - given) ** 2 for given in (outputs, wanted.mean(axis=1, keepdims=True)))
            return float(1.0 - rest.sum() / whole.sum()) if whole.sum() > 0.0 else math.nan

    def confusion(self, outputs: Floats, columns: Floats) -> NDArray[np.int64] | None:
        """How often each class (row) was answered with each class (column); None where there are no classes."""
        if self.answers == "numbers":
            return None
        count = self.targets if self.answers == "classes" else 2
        truth, answer = self._truth(columns), self._classes(outputs)
        return np.bincount(truth * count + answer, minlength=count * count).reshape(count, count)

    def _truth(self, columns: Floats) -> NDArray[np.int64]:
        """The class of each sample; those of the two parts are kept, since a curve asks for them at every point."""
        if columns is self.train or columns is self.test:
            return self._truths[columns is self.test]
        return self._classes(columns[len(self.features) :])

    @cached_property
    def _truths(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        train, test = (self._classes(columns[len(self.features) :]) for columns in (self.train, self.test))
        return train, test

    def _classes(self, numbers: Floats) -> NDArray[np.int64]:
        """The class of each column: the largest, or with one row 1 above 0 (signs, bits and logits alike), else 0."""
        return numbers.argmax(axis=0) if self.answers == "classes" else (numbers[0] > 0.0).astype(np.int64)


def prepare_samples(
    data: Data | tuple[ArrayLike, ...] | list[ArrayLike], inputs: int | None, outputs: int, loss: str, encoding: str
) -> Samples:
    """The columns for a network of so many inputs (None: any number) and outputs; the loss wants classes as `encoding`
    says, "signs" or "bits".

    A pair of arrays is (samples, features) and (samples,) or (samples, outputs); whole class numbers 0 .. K-1 serve a
    network of K outputs, -1 and +1 (for hinge and bce also 0 and 1) a network of one. Raises `ShapeError` where data
    and network do not fit, with what would.
    """
    if isinstance(data, (tuple, list)):
        features, classes, parts = _from_arrays(data, outputs, loss)
    else:
        features, classes = data.features, len(data.classes)
        parts = [(part.inputs, part.targets) for part in (data.train, data.test)]
    if inputs is not None and len(features) != inputs:
        raise ShapeError(f"The data has {len(features)} features, but the network takes {inputs} inputs.")
    if not len(parts[0][0]):
        raise ShapeError("There is no sample to learn from.")
    _fit(classes, outputs, loss)
    encoded = [_encode(np.asarray(targets, dtype=float), classes, outputs, encoding, loss) for _, targets in parts]
    columns = [
        np.ascontiguousarray(np.vstack([np.asarray(rows, dtype=float).T.reshape(len(features), -1), targets]))
        for (rows, _), targets in zip(parts, encoded, strict=True)
    ]
    if not all(np.isfinite(each).all() for each in columns):
        raise ShapeError("The data holds numbers that are not finite (nan or inf): leave those samples out.")
    answers: Answers = "numbers" if not classes else "classes" if outputs > 1 else _signs_or_bits(encoding)
    return Samples(tuple(features), outputs, answers, columns[0], columns[1])


def _signs_or_bits(encoding: str) -> Answers:
    return "bits" if encoding == "bits" else "signs"


def _from_arrays(pair: Sequence[ArrayLike], outputs: int, loss: str) -> tuple[tuple[str, ...], int, list]:
    if len(pair) != 2:
        raise ShapeError(f"Data as arrays is a pair, inputs and targets, but {len(pair)} arrays were given.")
    try:
        x, y = (np.asarray(each, dtype=float) for each in pair)
    except (ValueError, TypeError) as problem:
        raise ShapeError(f"Data as arrays is made of numbers, in rows of equal length, but here: {problem}.") from None
    if x.ndim != 2 or y.ndim not in (1, 2) or len(x) != len(y):
        raise ShapeError(
            f"Data as arrays is (samples, features) and (samples,) or (samples, outputs), but {x.shape} and {y.shape} "
            "were given."
        )
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    found = set(np.unique(y).tolist())
    if y.ndim == 1 and outputs > 1:
        classes = outputs if found <= set(map(float, range(outputs))) else 0
    elif y.ndim == 2:
        classes = outputs if found <= {0.0, 1.0} and (y.sum(axis=1) == 1.0).all() else 0
    elif loss in ("hinge", "bce") and found <= {0.0, 1.0}:
        classes, y = 2, 2.0 * y - 1.0
    else:
        classes = 2 if found <= {-1.0, 1.0} else 0
    labels = tuple(f"x{i + 1}" for i in range(x.shape[1]))
    return labels, classes, [(x, y), (x[:0], y[:0])]


def _fit(classes: int, outputs: int, loss: str) -> None:
    if classes > 2 and outputs != classes:
        raise ShapeError(f"The data has {classes} classes: the network needs {classes} outputs, but has {outputs}.")
    if classes == 2 and outputs > 2:
        raise ShapeError(f"The data has 2 classes: the network needs 1 output (or 2), but has {outputs}.")
    if loss == "softmax" and outputs == 1:
        raise ShapeError("softmax needs an output for each class, but the network has 1; with one output, take bce.")
    if not classes and loss in ("hinge", "bce", "softmax") and outputs == 1:
        raise OptionError(f"{loss} is a loss for classes, but the targets are numbers; take mse or half_mse.")


def _encode(targets: Floats, classes: int, outputs: int, encoding: str, loss: str) -> Floats:
    """(outputs, samples): numbers as they are, two classes for one output as signs or bits, else one row a class."""
    if targets.ndim == 2:
        rows = targets.T
    elif not classes or outputs == 1:
        if outputs != 1:
            raise ShapeError(f"The data has one target, but the network has {outputs} outputs.")
        return ((targets + 1.0) / 2.0 if classes and encoding == "bits" else targets)[None, :]
    else:
        indices = (targets > 0.0) if classes == 2 and -1.0 in targets else targets
        rows = np.eye(outputs)[np.asarray(indices, dtype=int)].T
    if rows.shape[0] != outputs:
        raise ShapeError(f"The data has {rows.shape[0]} targets, but the network has {outputs} outputs.")
    return 2.0 * rows - 1.0 if classes and loss == "hinge" else rows
