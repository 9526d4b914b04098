"""Training: a network, data and an optimizer, run in steps that can be told apart and repeated.

The trainer owns the numbers while it runs and writes the parameters back into the network before a method returns. Time
is counted in steps and epochs, never in seconds: the same settings, seed and commands give the same bits, however the
steps are asked for.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from mgrad.engine.batches import Batches
from mgrad.engine.command_log import CommandLog
from mgrad.engine.commands import Command, at_least_zero
from mgrad.engine.curve import Curve, CurveRecorder, Metrics
from mgrad.engine.errors import NotFiniteError, OptionError, ShapeError, choose
from mgrad.engine.executors import make_executor, order_draw
from mgrad.engine.executors.base import Floats, Ints, Looks, Memory, Penalty, Steps, mean
from mgrad.engine.graph import Value
from mgrad.engine.handover import Handover
from mgrad.engine.inspection import Inspector
from mgrad.engine.labels import labels_in_order
from mgrad.engine.looking import Looking
from mgrad.engine.losses import LOSSES
from mgrad.engine.lowering import lower
from mgrad.engine.network import MLP
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.refusals import refused_update
from mgrad.engine.samples import Data
from mgrad.engine.schedules import SCHEDULES, rate_at
from mgrad.engine.snapshots import Resume, Snapshot
from mgrad.engine.steering import Steering
from mgrad.engine.stops import Stop
from mgrad.engine.template import build_template

__all__ = ["Curve", "Metrics", "Snapshot", "Stop", "Trainer"]

# So many steps, or samples, are handed to an executor at a time: enough to make the call itself free.
_MOST_STEPS, _MOST_SAMPLES = 1 << 15, 1 << 20
_MOST_WAITING = 1 << 23  # parameters at points of the curve that nobody has asked for yet: 64 MB


class Trainer(Steering, Looking):
    """Trains a network on data.

    `dataset` is a `mgrad.datasets.Dataset` or a pair of arrays, (samples, features) and (samples,) or (samples,
    outputs); `loss` the name of one or a function on Values, `(output, target) -> loss`, with lists where there are
    several outputs. `l1` and `l2` are the rates of the penalty on weights, `seed` is for the order of samples in each
    epoch. `features` names what the network is fed (see `mgrad.engine.features`); None: the inputs as they are.
    Parameters that are not learnable, or are made so between two runs, are frozen. Raises `OptionError` or `ShapeError`
    where something does not fit.

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
        dataset: Data | tuple[ArrayLike, ...],
        loss: str | Callable[..., Value] = "mse",
        optimizer: str = "sgd",
        learning_rate: float = 0.03,
        schedule: str = "constant",
        batch_size: int = 10,
        l1: float = 0.0,
        l2: float = 0.0,
        seed: int = 7,
        *,
        features: Sequence[str] | None = None,
        executor: str | None = None,
    ) -> None:
        self.net = net
        self.optimizer = choose("optimizer", optimizer, OPTIMIZERS)
        self.schedule = choose("schedule", schedule, SCHEDULES)
        row = LOSSES[choose("loss", loss, LOSSES)] if not callable(loss) else None
        self.loss = row.name if row else getattr(loss, "__name__", "loss")
        self._encoding = row.targets if row else "signs"
        self._loss_name = row.name if row else ""
        if features is not None and len(features) != net.inputs:
            raise ShapeError(f"{len(features)} features are named, but the network takes {net.inputs} inputs.")
        self.dataset = dataset
        self.samples = self._prepare(dataset, net.inputs if features is None else None)
        function = row.function if row else loss
        self.template = build_template(net, self.samples.features, function, features)  # pyright: ignore[reportArgumentType]
        self._learning_rate = at_least_zero("learning_rate", learning_rate)
        self._l1, self._l2 = at_least_zero("l1", l1), at_least_zero("l2", l2)
        if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
            raise OptionError(f"seed is {seed!r}, but must be a whole number from 0 up.")
        self._parameters = net.parameters()
        self._places = dict(zip(labels_in_order(self._parameters), range(len(self._parameters)), strict=True))
        self._executor_name = executor
        leaves = (*self.template.inputs, *self.template.targets)
        tape = lower(self.template.loss, leaves, parameters=self._parameters, keep=self.template.outputs)
        self._executor = make_executor(tape, executor)
        self._measured_places = [tape.place_of(node) for node in (self.template.loss, *self.template.outputs)]
        self._memory = Memory.of(len(self._parameters))
        weights = set(net.weights())
        self._penalised = np.array(list(map(weights.__contains__, self._parameters)), dtype=bool)
        self._hold(np.zeros(0, dtype=np.int64))
        self._handover = Handover(self._parameters)
        self._learnable = [True] * len(self._parameters)  # as it was last seen in the network
        self._read_learnable()
        self._batches = Batches(self.samples.train.shape[1], 1, seed, order_draw(executor))
        self._set_batch_size(batch_size)
        self._recorder = CurveRecorder(len(net.layers))
        # Points to be measured: their epochs, steps, and the parameters and sizes that looks saw there.
        self._waiting: list[tuple[Ints, Ints, Floats, Floats]] = []
        self._before: Floats | None = None  # parameters before the last step
        self._after: Floats | None = None  # and after it, where they were changed by hand since
        self._stop: Stop | None = None
        self._passed: frozenset[str] = frozenset()  # conditions of the stop that are met and have ended a run already
        self.stopped = ""
        """The sentence about a stop that ended the last run; empty where none did."""
        self._asked: deque[Command] = deque()
        self._log = CommandLog()
        self._undoable: tuple[tuple[Command, Command], ...] = ()  # what was done, what takes it back
        self._measured: tuple[int, Metrics, Metrics | None] | None = None
        self._pace = 0.0, 1  # steps a second, and the size of their batches; from the first run for seconds on
        self.step_count = 0
        self._recorder.add(0, *self._measure())

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
        """So many steps, epochs or seconds, or until a stop is met; returns the steps done.

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
        self.stopped = ""
        self._read_parameters()
        try:
            if seconds is not None:
                self._run_for(seconds)
            elif epochs is not None:
                self._run_to(self.epoch_count + epochs)
            else:
                self._advance(steps or 0)
        finally:
            self._write_parameters()
        return self.step_count - before

    def _run_for(self, seconds: float) -> None:
        end = perf_counter() + seconds
        # Few portions: each is planned anew, and beside a busy thread that takes as long as thousands of small steps.
        while (left := end - perf_counter()) > seconds / 20 and not self.stopped:
            self._apply_asked()
            size, (known, of_size) = self._batches.size, self._pace
            # With larger batches steps are dearer, at most by as much; they are never taken for far cheaper.
            expected = known * min(1.0, of_size / size)
            start, before = perf_counter(), self.step_count
            self._advance(max(1, int(expected * left)), until_asked=True)
            pace = (self.step_count - before) / max(perf_counter() - start, 1e-9)
            self._pace = min(pace, 4 * expected) if expected else pace, size

    def _run_to(self, epoch: int) -> None:
        # A command may change the size of a batch, and with it how many steps there are.
        while (left := self._batches.steps_to(epoch)) and not self.stopped:
            self._advance(left, until_asked=True)

    def _advance(self, steps: int, *, until_asked: bool = False) -> None:
        batches, end = self._batches, self.step_count + steps
        asked = self._apply_asked()
        while self.step_count < end and not self.stopped and not (until_asked and asked):
            count = min(end - self.step_count, _MOST_STEPS, max(1, _MOST_SAMPLES // batches.size))
            look = self._next_look(self._stop) if self._stop else None
            self._train(count if look is None else min(count, batches.steps_to(look)))
            if batches.epoch == look:
                self._look_for_stop()
            asked = self._apply_asked()

    def _train(self, count: int) -> None:
        """So many steps, or fewer where points of the curve are large."""
        batches = self._batches
        epochs = self._recorder.due(batches.epoch, batches.epoch_after(count))
        if len(epochs) > (most := max(1, _MOST_WAITING // len(self._parameters))):
            epochs = epochs[:most]
            count = batches.steps_to(int(epochs[-1]))
        ends = batches.last_steps(epochs) if len(epochs) else epochs
        plan = batches.plan(count, self._rates(count))
        gradients = self._gradients().copy()
        start = (self._numbers().copy(), self._memory.copy()) if count > 1 else None
        done, looks = self._learn(plan, ends)
        met = self._gradients().copy() if done < count else gradients
        if done < count:  # as if the bad step had not been tried: its gradients go, and the step before it is the last
            self._gradients()[:] = gradients
            if done and start:
                self._numbers()[:], self._memory = start
                _, looks = self._learn(plan.part(0, done), ends[ends < done])
        if done:
            self._keep(looks, epochs[ends < done], ends[ends < done])
        batches.done(done)
        self.step_count += done
        if done < count:
            raise self._refusal(plan.batch(done), float(plan.rates[done]), met)
        if sum(numbers.size for _, _, numbers, _ in self._waiting) > _MOST_WAITING:
            self._measure_points()

    def _refusal(self, batch: Ints, rate: float, gradients: Floats) -> NotFiniteError:
        """Why the step after these was not done, which met these gradients."""
        step = self.step_count + 1
        # Not the inspector that `inspect` has: another thread may be using that one.
        inspector = Inspector(self.template, self._parameters, self._executor_name)
        error = inspector.first_not_finite(self._numbers(), self.samples.train[:, batch], step) or refused_update(
            self._parameters, self._numbers(), gradients, self.optimizer, rate, self._memory, self._penalty(), step
        )
        return error or NotFiniteError(self.template.loss.label, "value", math.inf, step)

    def _penalty(self) -> Penalty:
        return Penalty(self._l1, self._l2, self._penalised, self._frozen)

    def _learn(self, plan: Steps, ends: Ints) -> tuple[int, Looks]:
        """The steps of a plan, looked at where epochs end and at the last one; with the looks, how many were done."""
        last = len(plan.rates) - 1
        looked = ends if len(ends) and ends[-1] == last else np.array([*ends, last])
        looks = Looks.at(looked, self._sizes.parts)
        penalty, memory = self._penalty(), self._memory
        return self._executor.train(self.samples.train, plan, self.optimizer, memory, penalty, looks), looks

    def _keep(self, looks: Looks, epochs: Ints, ends: Ints) -> None:
        """Keeps what these looks saw: points of the curve wait to be measured, and of the last step is told."""
        if len(epochs):
            points = len(epochs)
            self._waiting.append((epochs, self.step_count + ends + 1, looks.numbers[:points], looks.squares[:points]))
        looks.before.flags.writeable = False
        self._before, self._after = looks.before, None

    def _next_look(self, stop: Stop) -> int:
        """The next epoch at which it is asked whether a stop is met: that of a point of the curve, or its own."""
        due, own = self._recorder.next_epoch(self.epoch_count), math.ceil(stop.epochs or 0)
        return own if self.epoch_count < own < due else due

    def _rates(self, steps: int) -> Floats:
        if self.schedule == "constant":
            return np.full(steps, self._learning_rate)
        epochs = self._batches.progress(steps).tolist()
        return np.array([rate_at(self.schedule, self._learning_rate, epoch) for epoch in epochs])

    # ------------------------------------------------------------------ numbers
    def _numbers(self) -> Floats:
        return self._executor.uniforms[: len(self._parameters)]

    def _read_parameters(self) -> None:
        """What was set in the network by hand, a number or that it learns, counts from here on."""
        if not self._handover.touched:
            return
        today = self._handover.read()
        self._read_learnable()
        if not np.array_equal(today, self._numbers(), equal_nan=True):
            self._keep_after()
            self._numbers()[:] = today
            self._measured = None

    def _read_learnable(self) -> None:
        today = [node.learnable for node in self._parameters]
        if today != self._learnable:
            changed = [place for place, learns in enumerate(today) if learns != self._learnable[place]]
            self._set_frozen([place for place in changed if today[place]], False)
            self._set_frozen([place for place in changed if not today[place]], True)
            self._learnable = today

    def _write_parameters(self) -> None:
        self._handover.write(self._numbers())

    def _measure(self) -> tuple[Metrics, Metrics | None]:
        """Metrics of today's parameters; evaluated once for each step at which somebody or the curve asks."""
        self._measure_points()
        if self._measured is None or self._measured[0] != self.step_count:
            self._measured = self.step_count, *self._metrics()
        return self._measured[1:]

    def _measure_points(self) -> None:
        """Measures the points of the curve that wait for it: nobody pays for a curve who never asks for it."""
        if not self._waiting:
            return
        today, found = self._numbers().copy(), []  # no view: an executor that needs more room moves its numbers
        try:
            for point in self._waiting:
                for epoch, step, numbers, squares in zip(*point, strict=True):
                    self._numbers()[:] = numbers
                    metrics = self._metrics()
                    found.append((int(epoch), *metrics, self._sizes.of_squares(squares)))
                    if step == self.step_count and np.array_equal(today, numbers):
                        self._measured = int(step), *metrics
        finally:
            self._numbers()[:] = today
        self._waiting.clear()
        for point in found:
            self._recorder.add(*point)

    def _metrics(self) -> tuple[Metrics, Metrics | None]:
        """Of the executor's parameters, over the train and the test part."""
        samples = self.samples
        return self._metrics_over(samples.train), self._metrics_over(samples.test) if samples.test.shape[1] else None

    def _metrics_over(self, columns: Floats) -> Metrics:
        numbers = self._executor.evaluate(columns, self._measured_places)
        samples, outputs = self.samples, numbers[1:]
        return Metrics(mean(numbers[0]), samples.accuracy(outputs, columns), samples.r2(outputs, columns))

    def _look_for_stop(self) -> None:
        """Whether a stop is met."""
        met = self._stop.reached(self.epoch_count, *self._measure()) if self._stop else {}
        self.stopped = next((sentence for name, sentence in met.items() if name not in self._passed), self.stopped)
        self._passed = frozenset(met)

    def _gradients(self) -> Floats:
        return self._executor.gradients[: len(self._parameters)]

    # ------------------------------------------------------------------ moments
    def snapshot(self) -> Snapshot:
        """Where the run stands, frozen: step, epoch, metrics, curve, parameters, and all that `restore` needs."""
        self._read_parameters()
        train, test = self._measure()
        parameters, gradients = self._numbers().copy(), self._gradients().copy()
        parameters.flags.writeable = gradients.flags.writeable = False
        points = self._recorder.points()
        resume = Resume(
            self._memory.copy(), self._batches.state(), points, self._frozen, self.samples, self.dataset,
            self._learning_rate, self._l1, self._l2, self._stop, self._passed, self._log, self._undoable,
            self._learnable,
        )  # fmt: skip
        return Snapshot(
            self.step_count, self.epoch_count, float(self._rates(1)[0]), train, test, parameters,
            parameters if self._before is None else self._before,
            parameters if self._after is None else self._after, gradients, self.frozen,
            self._recorder.curve(points), resume,
        )  # fmt: skip

    def restore(self, snapshot: Snapshot) -> None:
        """Back to a moment of this run: going on from it gives the same bits as going on then did.

        Settings, samples and the log are those of that moment too; commands that wait are forgotten.
        """
        resume = snapshot.resume
        if len(snapshot.parameters) != len(self._parameters):
            raise ShapeError("The snapshot is of another network.")
        self._asked.clear()
        self._waiting.clear()
        self.samples, self.dataset = resume.samples, resume.dataset
        self._batches.samples = self.samples.train.shape[1]
        self._batches.restore(resume.batches)
        self._numbers()[:] = snapshot.parameters
        self._gradients()[:] = snapshot.gradients
        self._before = None if snapshot.before is snapshot.parameters else snapshot.before
        self._after = None if snapshot.after is snapshot.parameters else snapshot.after
        self._memory = resume.memory.copy()
        self._frozen, self._frozen_labels, self._learnable = resume.frozen, snapshot.frozen, resume.learnable
        self._learning_rate, self._l1, self._l2 = resume.learning_rate, resume.l1, resume.l2
        self._stop, self._passed, self.stopped = resume.stop, resume.passed, ""
        self._recorder.restore(resume.points)
        self._log, self._undoable = resume.log, resume.undoable
        self.step_count, self._measured = snapshot.step, None
        self._write_parameters()
        self._handover.look_again()  # whether a parameter learns may be another thing in the network by now
