"""What an executor is: it runs a tape, forward and backward, over numbers of its own.

An executor is made for one tape and holds its slots (`uniforms`, the parameters first) and their gradients. It never
looks at the graph again: `Tape.read_leaves` brings numbers in, whoever made the executor takes them out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.tape import Tape

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Memory:
    """What an optimizer remembers: two numbers a parameter, and the powers of its two betas."""

    first: Floats
    second: Floats
    powers: Floats = field(default_factory=lambda: np.ones(2))

    @classmethod
    def of(cls, parameters: int) -> Memory:
        return cls(np.zeros(parameters), np.zeros(parameters))

    def copy(self) -> Memory:
        return Memory(self.first.copy(), self.second.copy(), self.powers.copy())


@dataclass(frozen=True)
class Steps:
    """Training steps: step k learns at `rates[k]` from the samples `order[starts[k] : starts[k] + counts[k]]`.

    `fixed` says that all steps learn from the same samples.
    """

    order: Ints
    starts: Ints
    counts: Ints
    rates: Floats
    fixed: bool = False

    def part(self, start: int, end: int) -> Steps:
        """Some of the steps."""
        return Steps(self.order, self.starts[start:end], self.counts[start:end], self.rates[start:end], self.fixed)

    def batch(self, step: int) -> Ints:
        """The samples of one step."""
        return self.order[self.starts[step] : self.starts[step] + self.counts[step]]


@dataclass(frozen=True, eq=False)
class Parts:
    """Parameters whose sizes are told together: part k ends before `ends[k]`, and `counted` holds 1 for each parameter
    that counts, else 0."""

    ends: Ints
    counted: Floats

    def squares(self, after: Floats, before: Floats, gradients: Floats) -> Floats:
        """(3, parts): the sums of the squares of the update, of the parameters before it, and of the gradients.

        >>> parts = Parts(np.array([3]), np.array([1.0, 1.0, 0.0]))
        >>> parts.squares(np.array([4.0, 4.0, 9.0]), np.array([3.0, 4.0, 7.0]), np.array([1.0, 2.0, 9.0])).tolist()
        [[1.0], [25.0], [5.0]]
        """
        starts = np.append(0, self.ends[:-1])
        with np.errstate(all="ignore"):
            numbers = np.stack((after - before, before, gradients)) * self.counted
            return np.add.reduceat(numbers * numbers, starts, axis=1)


@dataclass(frozen=True, eq=False)
class Looks:
    """Steps to be looked at, ascending, counted from the first one of a call, and what an executor finds there.

    It fills `numbers`, (looks, parameters): the parameters after each of these steps; `squares`, (looks, 3, parts): see
    `Parts.squares`; and `before`, (parameters,): the parameters before the last of these steps.
    """

    steps: Ints
    parts: Parts
    numbers: Floats
    squares: Floats
    before: Floats

    @classmethod
    def at(cls, steps: Ints, parts: Parts) -> Looks:
        """Looks that are to be filled."""
        looks, parameters = len(steps), len(parts.counted)
        squares = np.empty((looks, 3, len(parts.ends)))
        return cls(steps, parts, np.empty((looks, parameters)), squares, np.empty(parameters))


@dataclass(frozen=True)
class Penalty:
    """What bends an update: the rates of the L1 and L2 penalty and which parameters (the weights, not the biases) they
    are for, and the places of parameters that are frozen: they, and what the optimizer remembers of them, stay."""

    l1: float
    l2: float
    penalised: NDArray[np.bool_]
    frozen: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def mean(numbers: Floats) -> float:
    """The mean over lanes, shares first, so that huge numbers do not overflow on the way.

    >>> mean(np.array([1.7e308, 1.7e308]))
    1.7e+308
    """
    if len(numbers) == 1:
        return float(numbers[0])  # as it is: a sum would lose the sign of -0.0
    with np.errstate(all="ignore"):
        return float(np.add.reduce(numbers / len(numbers)))


def any_not_finite(numbers: Floats) -> float:
    """The first number that is inf or nan; 0 where all are finite.

    >>> any_not_finite(np.array([1.0, np.inf, np.nan])), any_not_finite(np.array([1.0]))
    (inf, 0.0)
    """
    found = numbers[~np.isfinite(numbers)]
    return float(found[0]) if found.size else 0.0


class Executor(Protocol):
    """Runs one tape. Columns are arrays (inputs, samples), C-contiguous float64, in the tape's order of inputs."""

    tape: Tape
    uniforms: Floats
    gradients: Floats

    def run(self, columns: Floats, *, backward: bool = True) -> None:
        """Forward, and backward if asked, over all columns at once: fills values, and gradients of the root's mean."""
        ...

    def values(self, place: int) -> Floats:
        """The numbers of a place after `run`: one for a slot, one a lane for a row."""
        ...

    def slopes(self, place: int) -> Floats:
        """The gradients of a place after `run`: by the root's mean over the lanes."""
        ...

    def rows(self) -> tuple[Floats, Floats]:
        """Values and gradients of all rows after `run`, each (rows, lanes); views, overwritten by the next run."""
        ...

    def evaluate(self, columns: Floats, places: list[int]) -> Floats:
        """Forward only, over any number of samples; (places, samples)."""
        ...

    def train(
        self,
        columns: Floats,
        steps: Steps,
        optimizer: str,
        memory: Memory,
        penalty: Penalty,
        looks: Looks | None = None,
    ) -> int:
        """Runs the steps and returns how many were done: fewer when a number stopped being finite.

        A step that meets such a number, or that would lead to one, changes nothing, neither parameters nor memory; the
        gradients are those that it met. Fills the looks at steps that were done.
        """
        ...
