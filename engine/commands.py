"""Commands: what a person may do to a run while it goes on.

A command is plain data. A trainer applies it between two steps and logs it with the step; set-up, seed and log make
the same run again, to the bit (`replay`). `apply` does the change and returns the command that takes it back, where
there is something to take back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from mgrad.engine.errors import OptionError, UnknownLabel
from mgrad.engine.stops import Stop

if TYPE_CHECKING:
    from mgrad.engine.training import Trainer


@dataclass(frozen=True)
class SetRate:
    """Another learning rate, 0 or more."""

    rate: float

    def apply(self, trainer: Trainer) -> None:
        trainer._learning_rate = at_least_zero("learning_rate", self.rate)


@dataclass(frozen=True)
class SetBatchSize:
    """Another number of samples a step, 1 or more; more than all are all."""

    size: int

    def apply(self, trainer: Trainer) -> None:
        trainer._set_batch_size(self.size)


@dataclass(frozen=True)
class SetPenalty:
    """Other rates of the penalties on weights, Σ|w| and ½Σw²."""

    l1: float
    l2: float

    def apply(self, trainer: Trainer) -> None:
        l1, l2 = at_least_zero("l1", self.l1), at_least_zero("l2", self.l2)
        trainer._l1, trainer._l2 = l1, l2


@dataclass(frozen=True)
class SetStop:
    """Where the run ends by itself; None: nowhere."""

    stop: Stop | None

    def apply(self, trainer: Trainer) -> None:
        if not (self.stop is None or isinstance(self.stop, Stop)):
            raise OptionError(f"stop is {self.stop!r}, but must be a Stop, or None for nowhere.")
        trainer._set_stop(self.stop)


@dataclass(frozen=True)
class Edit:
    """Another number for a parameter."""

    label: str
    number: float

    def apply(self, trainer: Trainer) -> Command:
        place = _place(trainer, self.label)
        if not _finite(self.number):
            raise OptionError(f"{self.label} cannot be {self.number!r:.40}: a parameter is a finite number.")
        return Edit(self.label, trainer._set_parameter(place, float(self.number)))


@dataclass(frozen=True)
class Freeze:
    """These parameters learn no more; with `frozen` false they learn again."""

    labels: tuple[str, ...]
    frozen: bool = True

    def apply(self, trainer: Trainer) -> Command:
        if isinstance(self.labels, str):
            raise OptionError(f"Freeze takes a tuple of labels, but was given the text {self.labels!r}.")
        places, frozen = {label: _place(trainer, label) for label in self.labels}, trainer.frozen
        changed = tuple(label for label in places if (label in frozen) != self.frozen)
        trainer._set_frozen([places[label] for label in changed], self.frozen)
        return Freeze(changed, not self.frozen)


@dataclass(frozen=True, eq=False)
class Replace:
    """Other samples of the same kind; parameters, optimizer and counters stay as they are.

    `dataset` is as for Trainer, or a function that makes it, the same each time.
    """

    dataset: Any

    def apply(self, trainer: Trainer) -> Command:
        dataset: Any = self.dataset() if callable(self.dataset) else self.dataset
        return Replace(trainer._replace(dataset)).to_keep()

    def to_keep(self) -> Replace:
        """The same command without the samples, where the dataset has a `recipe` that makes it again."""
        recipe = getattr(self.dataset, "recipe", None)
        return self if recipe is None else Replace(recipe)


Command = SetRate | SetBatchSize | SetPenalty | SetStop | Edit | Freeze | Replace


@dataclass(frozen=True)
class Logged:
    """A command, and how many steps had been done when it was applied."""

    step: int
    command: Command


def replay(trainer: Trainer, log: Iterable[Logged], steps: int) -> None:
    """Does with a fresh trainer of the same set-up what was done with another: its commands at their steps.

    Ends after `steps` steps in all: a stop in the log ends nothing here, since the first run went on past it. Raises
    OptionError where the trainer is past a command's step already.

    >>> from mgrad.engine import MLP, Trainer
    >>> def start():
    ...     net = MLP(2, [4, 1], activation="tanh", seed=1)
    ...     return Trainer(net, ([[0, 1], [1, 0], [1, 1]], [1, 1, -1]), batch_size=2, executor="numpy")
    >>> first, second = start(), start()
    >>> first.run(steps=3); first.learning_rate = 0.1; first.run(steps=4)
    3
    4
    >>> replay(second, first.log, 7)
    >>> bool((first.snapshot().parameters == second.snapshot().parameters).all())
    True
    """
    for entry in log:
        _run_to(trainer, entry.step)
        trainer.ask(entry.command)
        trainer.apply()
    _run_to(trainer, steps)


def _run_to(trainer: Trainer, step: int) -> None:
    if step < trainer.step_count:
        raise OptionError(f"The trainer is at step {trainer.step_count}, past step {step}: replay needs a fresh one.")
    while trainer.step_count < step:
        trainer.run(steps=step - trainer.step_count)


def at_least_zero(name: str, number: float) -> float:
    """The number, or OptionError where it is below 0 or not finite."""
    if not (_finite(number) and number >= 0.0):
        raise OptionError(f"{name} is {number!r:.40}, but must be a number from 0 up.")
    return float(number)


def _finite(number: Any) -> bool:
    try:
        return isinstance(number, Real) and math.isfinite(number)
    except OverflowError:  # a whole number beyond all floats
        return False


def _place(trainer: Trainer, label: str) -> int:
    place = trainer._places.get(label)
    if place is None:
        if trainer.template.loss.find(label) is not None:
            raise OptionError(f"{label} is not a parameter: only weights (w) and biases (b) can be edited or frozen.")
        raise UnknownLabel(label, trainer._places)
    return place
