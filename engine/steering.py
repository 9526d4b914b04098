"""Steering a run: settings that change while it goes on, the queue of commands, the log, and undo.

Everything that a person does to a run goes through one door: a command (`mgrad.engine.commands`), applied between two
steps and logged.
"""

from __future__ import annotations

from collections import deque
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

from mgrad.engine.batches import Batches
from mgrad.engine.command_log import CommandLog
from mgrad.engine.commands import Command, Logged, Replace, SetBatchSize, SetPenalty, SetRate, SetStop
from mgrad.engine.curve import Metrics
from mgrad.engine.errors import OptionError, ShapeError
from mgrad.engine.executors.base import Floats, Ints
from mgrad.engine.graph import Value
from mgrad.engine.network import MLP
from mgrad.engine.samples import Data, Samples, prepare_samples
from mgrad.engine.stops import Stop
from mgrad.engine.template import Template

MOST_UNDONE = 100
"""Of the last so many edits, freezes and changes of samples it is known how to take them back."""


class Steering:
    """The part of a Trainer that is steered; the fields are the trainer's own."""

    net: MLP
    template: Template
    samples: Samples
    dataset: Data | tuple[ArrayLike, ...]
    step_count: int
    _parameters: list[Value]
    _batches: Batches
    _learning_rate: float
    _l1: float
    _l2: float
    _stop: Stop | None
    _passed: frozenset[str]
    _frozen: Ints
    _frozen_labels: frozenset[str]
    _after: Floats | None
    _asked: deque[Command]
    _log: CommandLog
    _undoable: tuple[tuple[Command, Command], ...]
    _measured: tuple[int, Metrics, Metrics | None] | None
    _loss_name: str
    _encoding: str

    def _numbers(self) -> Floats:
        raise NotImplementedError

    def _read_parameters(self) -> None:
        raise NotImplementedError

    def _write_parameters(self) -> None:
        raise NotImplementedError

    def _measure_points(self) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------------ settings
    @property
    def learning_rate(self) -> float:
        """The rate that was set, before the schedule."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._do(SetRate(rate))

    @property
    def batch_size(self) -> int:
        """How many samples a step learns from; at most all."""
        return self._batches.size

    @batch_size.setter
    def batch_size(self, size: int) -> None:
        self._do(SetBatchSize(size))

    @property
    def wanted_batch_size(self) -> int:
        """The size of batches that was asked for: there may be fewer samples now, and more later."""
        return self._batches.wanted

    @property
    def l1(self) -> float:
        """Rate of the penalty on the size of weights, Σ|w|."""
        return self._l1

    @l1.setter
    def l1(self, rate: float) -> None:
        self._do(SetPenalty(rate, self._l2))

    @property
    def l2(self) -> float:
        """Rate of the penalty on half the squares of weights, ½Σw²."""
        return self._l2

    @l2.setter
    def l2(self, rate: float) -> None:
        self._do(SetPenalty(self._l1, rate))

    @property
    def stop(self) -> Stop | None:
        """Where a run ends by itself; a later run goes on past a stop that was met."""
        return self._stop

    @stop.setter
    def stop(self, stop: Stop | None) -> None:
        self._do(SetStop(stop))

    @property
    def frozen(self) -> frozenset[str]:
        """Labels of the parameters that do not learn."""
        return self._frozen_labels

    # ------------------------------------------------------------------ commands
    def ask(self, command: Command) -> None:
        """Queues a command, from any thread: it is applied between steps, or by `apply`."""
        self._asked.append(command)

    def apply(self) -> None:
        """Applies what was asked for. Raises what the first bad command raises; the bad one alone is dropped."""
        self._read_parameters()
        self._apply_asked()
        self._write_parameters()

    @property
    def log(self) -> tuple[Logged, ...]:
        """All commands so far, each with the step before which it was applied.

        Of commands that follow one another and set the same before any step is done (a rate, a parameter's number, the
        samples) it holds the last: the others had no effect, and a replay gives the same bits without them. Of a
        dataset with a `recipe` it holds no more than that; data of another kind is held as it is.
        """
        return tuple(self._log)

    @property
    def can_undo(self) -> bool:
        """Whether there is something that `undo` takes back."""
        return bool(self._undoable)

    def undo(self) -> Command | None:
        """Takes back the last edit, freeze or change of samples, by a command of its own; returns what was undone."""
        self.apply()
        if not self._undoable:
            return None
        (done, back), self._undoable = self._undoable[-1], self._undoable[:-1]
        self._read_parameters()
        back.apply(self)  # pyright: ignore[reportArgumentType]
        self._log = self._log.with_command(self.step_count, back)
        self._write_parameters()
        return done

    def _do(self, command: Command) -> None:
        self.ask(command)
        self.apply()

    def _apply_asked(self) -> bool:
        """Whether something was asked for."""
        asked = bool(self._asked)
        while self._asked:
            command = self._asked.popleft()
            back = command.apply(self)  # pyright: ignore[reportArgumentType]
            kept = command.to_keep() if isinstance(command, Replace) else command
            self._log = self._log.with_command(self.step_count, kept)
            if back is not None:
                self._undoable = (*self._undoable, (kept, back))[-MOST_UNDONE:]
        return asked

    def _set_batch_size(self, size: int) -> None:
        if isinstance(size, bool) or not isinstance(size, Integral) or size < 1:
            raise OptionError(f"batch_size is {size!r}, but must be a whole number from 1 up.")
        self._batches.size = int(size)

    def _set_stop(self, stop: Stop | None) -> None:
        self._stop, self._passed = stop, frozenset()

    def _set_parameter(self, place: int, number: float) -> float:
        before = float(self._numbers()[place])
        self._keep_after()
        self._numbers()[place] = number
        self._measured = None
        return before

    def _keep_after(self) -> None:
        """Numbers are about to be changed by hand: what the last step left is kept, so that its update can be told."""
        if self._after is None:
            self._after = self._numbers().copy()
            self._after.flags.writeable = False

    def _set_frozen(self, places: list[int], frozen: bool) -> None:
        change = np.union1d if frozen else np.setdiff1d
        self._hold(change(self._frozen, np.array(places, dtype=np.int64)).astype(np.int64))

    def _hold(self, places: Ints) -> None:
        self._frozen = places
        self._frozen_labels = frozenset(self._parameters[place].label for place in places.tolist())

    def _replace(self, dataset: Data | tuple[ArrayLike, ...]) -> Data | tuple[ArrayLike, ...]:
        samples = self._prepare(dataset, len(self.template.inputs))
        if samples.answers != self.samples.answers:
            raise ShapeError("The other samples are of another kind of problem: build another trainer for them.")
        self._measure_points()
        before, self.dataset = self.dataset, dataset
        self.samples, self._measured = samples, None
        self._batches.renew(samples.train.shape[1])
        return before

    def _prepare(self, dataset: Data | tuple[ArrayLike, ...], inputs: int | None) -> Samples:
        if not (isinstance(dataset, (tuple, list)) or (hasattr(dataset, "train") and hasattr(dataset, "test"))):
            raise OptionError(f"The data is {dataset!r:.60}, but must be a dataset or a pair of arrays.")
        return prepare_samples(dataset, inputs, self.net.sizes[-1], self._loss_name, self._encoding)
