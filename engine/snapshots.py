"""Snapshots: a frozen moment of a run, to be looked at or gone on from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mgrad.engine.batches import BatchesState
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
    stop_armed: bool
    logged: int
    undoable: int


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A frozen moment of a run. `train` and `test` were measured with exactly these `parameters`.

    `before` are the parameters before the last step (the same where there was none yet), `gradients` the gradient of
    the objective that it followed, over its batch; `frozen` holds the labels of parameters that do not learn.
    """

    step: int
    epoch: int
    learning_rate: float  # of the next step, after the schedule
    train: Metrics
    test: Metrics | None
    parameters: Floats
    before: Floats
    gradients: Floats
    frozen: frozenset[str]
    curve: Curve
    resume: Resume = field(repr=False)

    @property
    def nbytes(self) -> int:
        """About how much memory it holds."""
        return 8 * (5 * self.parameters.size + self.resume.points.size)
