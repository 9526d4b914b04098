"""Training: a network, data and an optimizer, run in steps that can be told apart and repeated.

The trainer owns the numbers while it runs and writes the parameters back into the network before a method returns. Time
is counted in steps and epochs, never in seconds: the same settings and seed give the same bits, however the steps are
asked for.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from operator import attrgetter
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from mgrad.engine.batches import Batches
from mgrad.engine.curve import Curve, CurveRecorder, Metrics
from mgrad.engine.errors import OptionError, choose
from mgrad.engine.executors import make_executor
from mgrad.engine.executors.base import Floats, Memory, Penalty, mean
from mgrad.engine.graph import Value
from mgrad.engine.inspection import Inspection, Inspector
from mgrad.engine.losses import LOSSES
from mgrad.engine.lowering import lower
from mgrad.engine.network import MLP
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.samples import Data, prepare_samples
from mgrad.engine.schedules import SCHEDULES, rate_at
from mgrad.engine.template import build_template

# Reading and setting `data` by loops that run in C: with many parameters they are what a short run costs.
_data_of, _set_data = attrgetter("data"), Value.__dict__["data"].__set__

# So many steps, or samples, are handed to an executor at a time: enough to make the call itself free.
_MOST_STEPS, _MOST_SAMPLES = 4096, 1 << 20


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A frozen moment of a run. `train` and `test` were measured with exactly these `parameters`."""

    step: int
    epoch: int
    learning_rate: float  # of the next step, after the schedule
    train: Metrics
    test: Metrics | None
    parameters: Floats
    curve: Curve


class Trainer:
    """Trains a network on data.

    `dataset` is a `mgrad.datasets.Dataset` or a pair of arrays, (samples, features) and (samples,) or (samples,
    outputs); `loss` the name of one or a function on Values, `(output, target) -> loss`, with lists where there are
    several outputs. `l1` and `l2` are the rates of the penalty on weights, `seed` is for the order of samples in each
    epoch. Raises `OptionError` or `ShapeError` where something does not fit.

    >>> inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1]
    >>> net = MLP(2, [4, 1], activation="tanh", seed=1)
    >>> trainer = Trainer(net, (inputs, targets), optimizer="adam", learning_rate=0.05, batch_size=4, executor="numpy")
    >>> trainer.run(epochs=200)
    200
    >>> trainer.snapshot().train.accuracy
    1.0
    """

    def __init__(
        self,
        net: MLP,
        dataset: Data | tuple[ArrayLike, ArrayLike],
        loss: str | Callable[..., Value] = "mse",
        optimizer: str = "sgd",
        learning_rate: float = 0.03,
        schedule: str = "constant",
        batch_size: int = 10,
        l1: float = 0.0,
        l2: float = 0.0,
        seed: int = 7,
        *,
        executor: str | None = None,
    ) -> None:
        self.net = net
        self.optimizer = choose("optimizer", optimizer, OPTIMIZERS)
        self.schedule = choose("schedule", schedule, SCHEDULES)
        row = LOSSES[choose("loss", loss, LOSSES)] if not callable(loss) else None
        self.loss = row.name if row else getattr(loss, "__name__", "loss")
        encoding = row.targets if row else "signs"
        self.samples = prepare_samples(dataset, net.inputs, net.sizes[-1], self.loss if row else "", encoding)
        self.template = build_template(net, self.samples.features, row.function if row else loss)  # pyright: ignore[reportArgumentType]
        self.learning_rate, self.batch_size, self.l1, self.l2 = learning_rate, batch_size, l1, l2
        if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
            raise OptionError(f"seed is {seed!r}, but must be a whole number from 0 up.")
        self._parameters = net.parameters()
        self._executor_name = executor
        leaves = (*self.template.inputs, *self.template.targets)
        tape = lower(self.template.loss, leaves, parameters=self._parameters, keep=self.template.outputs)
        self._executor = make_executor(tape, executor)
        self._measured_places = [tape.place[id(node)] for node in (self.template.loss, *self.template.outputs)]
        self._memory = Memory.of(len(self._parameters))
        weights = {id(node) for node in net.weights()}
        self._penalised = np.array([id(node) in weights for node in self._parameters], dtype=bool)
        self._batches = Batches(self.samples.train.shape[1], self._batch_size, seed)
        self._recorder = CurveRecorder()
        self._measured: tuple[int, Metrics, Metrics | None] | None = None
        self._written: list[float] = []  # the parameters' numbers as they were last seen in the network
        self._steps_a_second = 1000.0
        self.step_count = 0
        self._record()

    # ------------------------------------------------------------------ settings that may change in mid-run
    @property
    def learning_rate(self) -> float:
        """The rate that was set, before the schedule."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = _at_least_zero("learning_rate", rate)

    @property
    def batch_size(self) -> int:
        """How many samples a step learns from; at most all."""
        return self._batch_size

    @batch_size.setter
    def batch_size(self, size: int) -> None:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
            raise OptionError(f"batch_size is {size!r}, but must be a whole number from 1 up.")
        self._batch_size = min(int(size), self.samples.train.shape[1])
        if hasattr(self, "_batches"):
            self._batches.size = self._batch_size

    @property
    def l1(self) -> float:
        """Rate of the penalty on the size of weights, Σ|w|."""
        return self._l1

    @l1.setter
    def l1(self, rate: float) -> None:
        self._l1 = _at_least_zero("l1", rate)

    @property
    def l2(self) -> float:
        """Rate of the penalty on half the squares of weights, ½Σw²."""
        return self._l2

    @l2.setter
    def l2(self, rate: float) -> None:
        self._l2 = _at_least_zero("l2", rate)

    # ------------------------------------------------------------------ running
    @property
    def epoch_count(self) -> int:
        """Whole epochs done."""
        return self._batches.epoch

    def step(self) -> int:
        """One step: a batch, its gradients, an update. Returns 1."""
        return self.run(steps=1)

    def epoch(self) -> int:
        """Steps to the end of the present epoch; returns how many."""
        return self.run(epochs=1)

    def run(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> int:
        """So many steps, epochs or seconds; returns the steps done.

        An epoch that was begun counts as the first. Raises `NotFiniteError` before an update with a number that is not
        finite: the steps before it stand, and the next step tries the same batch again.
        """
        if [steps, epochs, seconds].count(None) != 2:
            raise OptionError("run takes exactly one of steps, epochs and seconds.")
        amount = next(each for each in (steps, epochs, seconds) if each is not None)
        kind, rule = (Integral, "a whole number") if seconds is None else (Real, "a number")
        if not (isinstance(amount, kind) and amount >= 0 and math.isfinite(amount)):  # pyright: ignore[reportArgumentType]
            raise OptionError(f"run was asked for {amount!r}, but the amount must be {rule}, 0 or more.")
        before = self.step_count
        self._read_parameters()
        try:
            if seconds is not None:
                self._run_for(seconds)
            else:
                self._advance(steps if steps is not None else self._batches.steps_to(self.epoch_count + (epochs or 0)))
        finally:
            self._write_parameters()
        return self.step_count - before

    def _run_for(self, seconds: float) -> None:
        end = perf_counter() + seconds
        while (left := end - perf_counter()) > 0:
            start, before = perf_counter(), self.step_count
            # Half of what is left, so that a wrong guess of the pace does not run far over the end.
            self._advance(max(1, int(self._steps_a_second * min(left, max(left / 2, 0.002)))))
            self._steps_a_second = (self.step_count - before) / max(perf_counter() - start, 1e-9)

    def _advance(self, steps: int) -> None:
        batches = self._batches
        end = self.step_count + steps
        while self.step_count < end:
            to_point = batches.steps_to(self._recorder.next_epoch(batches.epoch))
            count = min(end - self.step_count, to_point, _MOST_STEPS, max(1, _MOST_SAMPLES // batches.size))
            plan = batches.plan(count, self._rates(count))
            penalty = Penalty(self.l1, self.l2, self._penalised)
            done = self._executor.train(self.samples.train, plan, self.optimizer, self._memory, penalty)
            batches.done(done)
            self.step_count += done
            if count == to_point == done:
                self._record()
            if done < count:
                columns = self.samples.train[:, plan.batch(done)]
                # Not the inspector that `inspect` has: another thread may be using that one.
                inspector = Inspector(self.template, self._parameters, self._executor_name)
                raise inspector.first_not_finite(self._numbers(), columns, self.step_count + 1)

    def _rates(self, steps: int) -> Floats:
        if self.schedule == "constant":
            return np.full(steps, self.learning_rate)
        epochs = self._batches.progress(steps).tolist()
        return np.array([rate_at(self.schedule, self.learning_rate, epoch) for epoch in epochs])

    # ------------------------------------------------------------------ numbers
    def _numbers(self) -> Floats:
        return self._executor.uniforms[: len(self._parameters)]

    def _read_parameters(self) -> None:
        """A number that was set in the network by hand counts from here on."""
        today = list(map(_data_of, self._parameters))
        if today != self._written:  # quick where they are the very objects that were written
            self._written = today
            if not np.array_equal(today, self._numbers(), equal_nan=True):
                self._numbers()[:] = today
                self._measured = None

    def _write_parameters(self) -> None:
        self._written = self._numbers().tolist()
        deque(map(_set_data, self._parameters, self._written), maxlen=0)

    def _measure(self) -> tuple[Metrics, Metrics | None]:
        """Metrics of today's parameters; evaluated once for each step at which somebody or the curve asks."""
        if self._measured is None or self._measured[0] != self.step_count:
            train = self._metrics(self.samples.train)
            test = self._metrics(self.samples.test) if self.samples.test.shape[1] else None
            self._measured = self.step_count, train, test
        return self._measured[1:]

    def _metrics(self, columns: Floats) -> Metrics:
        numbers = self._executor.evaluate(columns, self._measured_places)
        return Metrics(mean(numbers[0]), self.samples.accuracy(numbers[1:], columns))

    def _record(self) -> None:
        self._recorder.add(self.epoch_count, *self._measure())

    # ------------------------------------------------------------------ looking
    def snapshot(self) -> Snapshot:
        """Where the run stands, frozen: step, epoch, metrics, curve and a copy of the parameters."""
        self._read_parameters()
        train, test = self._measure()
        parameters = self._numbers().copy()
        parameters.flags.writeable = False
        return Snapshot(
            self.step_count, self.epoch_count, float(self._rates(1)[0]), train, test, parameters, self._recorder.curve()
        )

    def inspect(self, snapshot: Snapshot, sample: int = 0) -> Inspection:
        """Every value and gradient of the template for one training sample, with the snapshot's parameters.

        Runs in an arena of its own: another thread may go on training meanwhile.
        """
        count = self.samples.train.shape[1]
        if not 0 <= sample < count:
            raise OptionError(f"sample is {sample}, but must be from 0 to {count - 1}.")
        return self._inspector.inspect(snapshot.parameters, self.samples.train[:, sample : sample + 1])

    @cached_property
    def _inspector(self) -> Inspector:
        return Inspector(self.template, self._parameters, self._executor_name)


def _at_least_zero(name: str, number: float) -> float:
    if not (isinstance(number, Real) and number >= 0.0 and math.isfinite(number)):
        raise OptionError(f"{name} is {number!r}, but must be a number from 0 up.")
    return float(number)
