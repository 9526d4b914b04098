"""The native executor: a tape run by the compiled kernels, in tiles of lanes that stay in the processor's cache."""

from __future__ import annotations

from collections import deque
from operator import is_not

import numpy as np

from mgrad.engine.executors import calls
from mgrad.engine.executors.base import Floats, Ints, Looks, Memory, Penalty, Steps
from mgrad.engine.executors.calls import Call, bits
from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.machine_code import Execute
from mgrad.engine.executors.packing import (
    GRADIENTS,
    LAID_FROM,
    LEAN_FROM,
    SLOPES,
    STRIDE,
    VALUES,
    lean_rows,
    make_arena,
    pack_program,
    padded,
    reads_samples,
    row_stride,
    sample_width,
)
from mgrad.engine.executors.pages import zeros
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.tape import Tape

TILE = 128  # lanes at a time: shorter rows lose to the cost of an instruction, longer ones to the cache
_OPTIMIZER_CODES = {name: code for code, name in enumerate(OPTIMIZERS)}


class NativeExecutor:
    """See `mgrad.engine.executors.base.Executor`."""

    def __init__(self, tape: Tape, execute: Execute) -> None:
        self.tape = tape
        self._running, self._evaluating, self._training = Call(execute), Call(execute), Call(execute)
        # What the last two are about, which is mostly told again.
        self._evaluated: tuple[object, ...] = ()
        self._places: list[int] = []
        self._trained: tuple[object, ...] = ()
        self._program = pack_program(tape)
        self._lean_rows, self._reads_samples = lean_rows(tape, self._program), reads_samples(self._program)
        self._stride = self._most = 0  # from row to row: now, and at the most that there is room for
        self._lanes = 0  # of the last `run`
        # All lanes of `run`, kept for the next call, which is mostly about as many.
        self._once = _in_parts(np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64))
        self._samples: deque[tuple[Floats, Floats, Floats]] = deque(maxlen=2)  # of the train and the test part, say
        self._rows: tuple[object, Floats] = None, np.zeros(0)
        self._memory = np.zeros(tape.slots)
        tape.read_leaves(self._memory)
        self._room(1)

    def run(self, columns: Floats, *, backward: bool = True) -> None:
        self._lanes = lanes = columns.shape[1]
        self._room(lanes)
        if len(self._once.order) != lanes:
            self._once = _in_parts(np.zeros(1, dtype=np.int64), np.array([lanes]))
        self._tell(self._running, calls.RUN if backward else calls.FORWARD, columns, self._once)
        self._running.run()

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
        asked = (columns, self._memory, places)
        if not self._evaluated or any(map(is_not, self._evaluated, asked)) or self._places != places:
            self._tell_places(columns, places)
            self._evaluated, self._places = asked, [*places]
        self._evaluating.tell({}, {calls.FOUND: found})
        self._evaluating.run()
        return found

    def _tell_places(self, columns: Floats, places: list[int]) -> None:
        starts = np.arange(0, columns.shape[1], TILE)
        tiles = _in_parts(starts, np.minimum(columns.shape[1] - starts, TILE))
        lean = all(place >= 0 or -1 - place in self._lean_rows for place in places)
        self._tell(self._evaluating, calls.EVALUATE_LEAN if lean else calls.EVALUATE, columns, tiles)
        self._evaluating.tell(
            {calls.PLACES_COUNT: len(places), calls.SAMPLES_COUNT: columns.shape[1]},
            {calls.PLACES: np.array(places, dtype=np.int64)},
        )

    def train(
        self,
        columns: Floats,
        steps: Steps,
        optimizer: str,
        memory: Memory,
        penalty: Penalty,
        looks: Looks | None = None,
    ) -> int:
        largest = _largest(steps)
        tiles = -(-largest // TILE) if steps.fixed else 1  # equal ones, as the kernels cut a batch; others may be full
        self._room(min(-(-largest // tiles), TILE))
        asked = (columns, steps, optimizer, memory.first, memory.second, memory.powers, penalty, looks, self._memory)
        if not self._trained or any(map(is_not, self._trained, asked)):
            self._tell_steps(columns, steps, optimizer, memory, penalty, looks)
            self._trained = asked
        return self._training.run()

    def _tell_steps(
        self, columns: Floats, steps: Steps, optimizer: str, memory: Memory, penalty: Penalty, looks: Looks | None
    ) -> None:
        in_order = steps.fixed and _all_in_order(steps, columns)
        self._tell_batches(self._training, columns, steps)
        self._training.tell(
            {
                calls.MODE: calls.TRAIN,
                calls.MOST: TILE,
                calls.WHICH: _OPTIMIZER_CODES[optimizer],
                calls.PARAMETERS: len(memory.first),
                calls.L1: bits(penalty.l1),
                calls.L2: bits(penalty.l2),
                calls.ICE: len(penalty.frozen),
                calls.LOOKS_COUNT: 0,
                calls.FIXED: steps.fixed and _largest(steps) <= TILE,
                # Where samples are read as they are for the gradients of weights, they are near.
                calls.IN_ORDER: not self._reads_samples and in_order,
            },
            {
                calls.M: memory.first,
                calls.V: memory.second,
                calls.POWERS: memory.powers,
                calls.PENALISED: penalty.penalised.astype(np.float64),
                calls.FROZEN: penalty.frozen,
                calls.HELD: np.empty(3 * (len(penalty.frozen) + len(memory.first) + 1)),
            },
        )
        rows = self._as_rows(columns) if in_order else None
        if rows is None:
            self._training.forget(calls.ROWS)
        else:
            self._training.tell({}, {calls.ROWS: rows})
        if looks:
            self._tell_looks(looks)

    def _tell_looks(self, looks: Looks) -> None:
        self._training.tell(
            {calls.LOOKS_COUNT: len(looks.steps), calls.PARTS_COUNT: len(looks.parts.ends)},
            {
                calls.LOOKS: looks.steps,
                calls.LOOKED: looks.numbers,
                calls.BEFORE: looks.before,
                calls.SQUARES: looks.squares,
                calls.PARTS: looks.parts.ends,
                calls.COUNTED: looks.parts.counted,
            },
        )

    def _tell(self, call: Call, mode: int, columns: Floats, steps: Steps) -> None:
        self._tell_batches(call, columns, steps)
        most = max(len(self._once.order), TILE)
        call.tell({calls.MODE: mode, calls.MOST: most, calls.FIXED: False, calls.IN_ORDER: True}, {})

    def _tell_batches(self, call: Call, columns: Floats, steps: Steps) -> None:
        """What every call is about: the program, its memory, the samples, and which of them each batch takes."""
        samples, sizes = self._sample_major(columns)
        call.tell(
            {calls.STEPS: len(steps.rates), calls.KNOWN: len(steps.order)},
            {
                calls.PROGRAM: self._program,
                calls.MEMORY: self._memory,
                calls.SAMPLES: samples,
                calls.SIZES: sizes,
                calls.FEATURES: columns,
                calls.ORDER: steps.order,
                calls.STARTS: steps.starts,
                calls.COUNTS: steps.counts,
                calls.RATES: steps.rates,
            },
        )

    def _as_rows(self, columns: Floats) -> Floats | None:
        """All columns, tile after tile, as they would be gathered at every step; kept for the next calls.

        None where that would be no use: where they are gathered once, or a layer reads samples as they lie.
        """
        inputs, count = columns.shape
        tiles = -(-count // TILE)
        tile = padded(-(-count // max(tiles, 1)))
        rest = count - (tiles - 1) * tile
        if tiles == 1 or rest <= LANES // 2 or not self._program[LAID_FROM] or self._program[LEAN_FROM]:
            return None
        if self._rows[0] is not columns:
            order = np.arange(-(-count // LANES) * LANES)
            order[count:] = order[-LANES]  # spare lanes repeat a sample that is there
            rows = zeros(inputs * len(order))
            for start in range(0, len(order), tile):
                part = columns[:, order[start : start + tile]]
                rows[inputs * start :][: part.size] = part.ravel()
            self._rows = columns, rows
        return self._rows[1]

    def _sample_major(self, columns: Floats) -> tuple[Floats, Floats]:
        """Each sample's columns side by side, padded, as a batch is gathered from them, and the sums of their sizes;
        kept for the next calls."""
        for known, samples, sizes in self._samples:
            if known is columns:
                return samples, sizes
        shape = columns.shape[1], sample_width(self.tape)
        samples = zeros(shape[0] * shape[1])
        samples.reshape(shape)[:, : len(columns)] = columns.T
        with np.errstate(over="ignore"):
            sizes = np.abs(columns).sum(axis=0)
        self._samples.append((columns, samples, sizes))
        return samples, sizes

    def _room(self, lanes: int) -> None:
        """Lays rows for so many lanes, close together; slots and their gradients keep their numbers."""
        stride = row_stride(self.tape, lanes)
        if stride > self._most:
            slots, gradients = self._memory[: self.tape.slots], None
            if self._most:
                gradients = self.gradients
            self._memory = make_arena(self.tape, self._program, stride)
            self._most = stride
            self._memory[: self.tape.slots] = slots
            self.uniforms = self._memory[: self.tape.slots]
            start = self._program[GRADIENTS]
            self.gradients = self._memory[start : start + self.tape.slots]
            if gradients is not None:
                self.gradients[:] = gradients
        if stride != self._stride:
            self._stride = self._program[STRIDE] = stride


def _largest(steps: Steps) -> int:
    """The samples of the largest batch."""
    return len(steps.order) if steps.fixed else int(steps.counts.max(initial=1))


def _all_in_order(steps: Steps, columns: Floats) -> bool:
    """Whether each batch is all samples, from the first to the last."""
    return np.array_equal(steps.order, np.arange(columns.shape[1]))


def _in_parts(starts: Ints, counts: Ints) -> Steps:
    """All samples in their order, once."""
    return Steps(np.arange(counts.sum()), starts, counts, np.zeros(len(starts)))
