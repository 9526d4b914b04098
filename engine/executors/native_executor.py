"""The native executor: a tape run by the compiled kernels, in tiles of lanes that stay in the processor's cache."""

from __future__ import annotations

from collections import deque
from types import ModuleType

import numpy as np

from mgrad.engine.executors.base import Floats, Ints, Memory, Penalty, Steps
from mgrad.engine.executors.packing import (
    GRADIENTS,
    SLOPES,
    VALUES,
    lean_rows,
    make_arena,
    pack_program,
    row_stride,
    sample_width,
)
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.tape import Tape

TILE = 128  # lanes at a time: shorter rows lose to the cost of an instruction, longer ones to the cache
_OPTIMIZER_CODES = {name: code for code, name in enumerate(OPTIMIZERS)}
_NOTHING, _NOWHERE, _NOBODY = np.zeros(0), np.zeros((0, 0)), np.zeros(0, dtype=bool)
_NO_PLACES = np.zeros(0, dtype=np.int64)


class NativeExecutor:
    """See `mgrad.engine.executors.base.Executor`."""

    def __init__(self, tape: Tape, kernels: ModuleType) -> None:
        self.tape = tape
        self._kernels = kernels
        self._program = pack_program(tape)
        self._lean_rows = lean_rows(tape, self._program)
        self._stride = self._lanes = 0
        self._samples: deque[tuple[Floats, Floats]] = deque(maxlen=2)  # of the train and the test part, say
        self._memory = np.zeros(tape.slots)
        tape.read_leaves(self._memory)
        self._room(1)

    def run(self, columns: Floats, *, backward: bool = True) -> None:
        self._lanes = lanes = columns.shape[1]
        self._room(lanes)
        mode = self._kernels.RUN if backward else self._kernels.FORWARD
        self._execute(mode, columns, np.zeros(1, dtype=np.int64), np.array([lanes]), _NO_PLACES, _NOWHERE)

    def values(self, place: int) -> Floats:
        return self.uniforms[place : place + 1] if place >= 0 else self.rows()[0][-1 - place]

    def slopes(self, place: int) -> Floats:
        return self.gradients[place : place + 1] if place >= 0 else self.rows()[1][-1 - place]

    def rows(self) -> tuple[Floats, Floats]:
        values, slopes = (
            self._memory[start : start + self.tape.rows * self._stride].reshape(self.tape.rows, self._stride)
            for start in (self._program[VALUES], self._program[SLOPES])
        )
        return values[:, : self._lanes], slopes[:, : self._lanes]

    def evaluate(self, columns: Floats, places: list[int]) -> Floats:
        found = np.empty((len(places), columns.shape[1]))
        self._room(min(columns.shape[1], TILE))
        starts = np.arange(0, columns.shape[1], TILE)
        counts = np.minimum(columns.shape[1] - starts, TILE)
        lean = all(place >= 0 or -1 - place in self._lean_rows for place in places)
        mode = self._kernels.EVALUATE_LEAN if lean else self._kernels.EVALUATE
        self._execute(mode, columns, starts, counts, np.array(places, dtype=np.int64), found)
        return found

    def train(self, columns: Floats, steps: Steps, optimizer: str, memory: Memory, penalty: Penalty) -> int:
        largest = len(steps.order) if steps.fixed else int(steps.counts.max(initial=1))
        if self._stride < TILE:
            self._room(min(largest, TILE))
        return self._kernels.execute(
            self._kernels.TRAIN, self._program, self._memory, self._sample_major(columns), TILE,
            steps.order, steps.starts, steps.counts, steps.rates,
            _OPTIMIZER_CODES[optimizer], memory.first, memory.second, memory.powers,
            penalty.l1, penalty.l2, penalty.penalised, penalty.frozen,
            np.empty(3 * (len(penalty.frozen) + len(memory.first))),
            steps.fixed and largest <= TILE, _NO_PLACES, _NOWHERE,
        )  # fmt: skip

    def _execute(self, mode: int, columns: Floats, starts: Ints, counts: Ints, places: Ints, found: Floats) -> None:
        self._kernels.execute(
            mode, self._program, self._memory, self._sample_major(columns), max(int(counts.max(initial=0)), 1),
            np.arange(columns.shape[1]), starts, counts, np.zeros(len(starts)),
            0, _NOTHING, _NOTHING, _NOTHING, 0.0, 0.0, _NOBODY, _NO_PLACES, _NOTHING, False, places, found,
        )  # fmt: skip

    def _sample_major(self, columns: Floats) -> Floats:
        """Each sample's columns side by side, padded, as a batch is gathered from them; kept for the next calls."""
        for known, samples in self._samples:
            if known is columns:
                return samples
        samples = np.zeros((columns.shape[1], sample_width(self.tape)))
        samples[:, : len(columns)] = columns.T
        self._samples.append((columns, samples.ravel()))
        return self._samples[-1][1]

    def _room(self, lanes: int) -> None:
        """Sees to rows of so many lanes at least; slots and their gradients keep their numbers."""
        stride = row_stride(self.tape, lanes)
        if stride > self._stride:
            slots, gradients = self._memory[: self.tape.slots], None
            if self._stride:
                gradients = self.gradients
            self._memory = make_arena(self.tape, self._program, stride)
            self._stride = stride
            self._memory[: self.tape.slots] = slots
            self.uniforms = self._memory[: self.tape.slots]
            start = self._program[GRADIENTS]
            self.gradients = self._memory[start : start + self.tape.slots]
            if gradients is not None:
                self.gradients[:] = gradients
