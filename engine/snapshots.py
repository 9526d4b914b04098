"""Snapshots: a frozen moment of a run, to be looked at or gone on from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mgrad.engine.batches import BatchesState
from mgrad.engine.command_log import CommandLog
from mgrad.engine.commands import Command
from mgrad.engine.curve import Curve, Metrics
from mgrad.engine.executors.base import Floats, Ints, Memory
from mgrad.engine.samples import Samples
from mgrad.engine.stops import Stop


@dataclass(frozen=True, eq=False)
class Resume:
    """What a trainer needs to go on from a moment as if it had never left it; nobody else looks inside."""

    memory: Memory
    batches: BatchesState
    points: Floats
    frozen: Ints
    samples: Samples
    dataset: Any
    learning_rate: float
    l1: float
    l2: float
    stop: Stop | None
    passed: frozenset[str]
    log: CommandLog
    undoable: tuple[tuple[Command, Command], ...]
    learnable: list[bool]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A frozen moment of a run. `train` and `test` were measured with exactly these `parameters`.

    `before` and `after` are the parameters before and after the last step: `before` is `parameters` itself where there
    was no step yet, `after` is unless a number was edited since. `gradients` is the gradient of the objective that the
    step followed, over its batch. A step that failed counts nowhere, as if it had not been tried. `frozen` holds the
    labels of parameters that do not learn.
    """

    step: int
    epoch: int
    learning_rate: float  # of the next step, after the schedule
    train: Metrics
    test: Metrics | None
    parameters: Floats
    before: Floats
    after: Floats
    gradients: Floats
    frozen: frozenset[str]
    curve: Curve
    resume: Resume = field(repr=False)

    @property
    def progress(self) -> float:
        """Epochs done, with the part of the one that was begun."""
        return self.epoch + self.resume.batches.position / self.resume.samples.train.shape[1]

    @property
    def nbytes(self) -> int:
        """About how much memory it holds for itself: the moments beside it hold the same points of the curve. Samples,
        which they mostly share, are in `samples_nbytes`."""
        orders = sum(order.size for order in self.resume.batches.orders)
        return 8 * (5 * self.parameters.size + orders)

    @property
    def samples_nbytes(self) -> int:
        """About how much memory the samples of then take: columns, and the dataset that they were made of, which is
        about as large. Moments between which samples were not exchanged have the same ones, `resume.samples`."""
        samples = self.resume.samples
        return 2 * (samples.train.nbytes + samples.test.nbytes)
