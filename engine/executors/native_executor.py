"""The native executor: a tape run by the compiled kernels, in tiles of lanes that stay in the processor's cache."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from mgrad.engine.executors.base import Floats, Memory, Penalty, Steps
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.tape import Tape

TILE = 128  # lanes at a time: shorter rows lose to the cost of an instruction, longer ones to the cache
_OPTIMIZER_CODES = {name: code for code, name in enumerate(OPTIMIZERS)}


class NativeExecutor:
    """See `mgrad.engine.executors.base.Executor`."""

    def __init__(self, tape: Tape, kernels: ModuleType) -> None:
        self.tape = tape
        self._kernels = kernels
        self._lanes = 0
        self.uniforms = np.zeros(tape.slots)
        self.gradients = np.zeros(tape.slots)
        self._stride = 0
        self._values = self._slopes = np.zeros(0)
        tape.read_leaves(self.uniforms)
        parts = (
            tape.uniform_code, tape.code, tape.weights, tape.sources,
            tape.pull_bounds, tape.pull_weights, tape.pull_rows, tape.pull_mode,
        )  # fmt: skip
        self._program = (*map(_frozen, parts), tape.place[id(tape.root)])

    def run(self, columns: Floats, *, backward: bool = True) -> None:
        lanes = columns.shape[1]
        self._room(lanes)
        order = _frozen(np.arange(lanes))
        self._kernels.learn_from(self._program, self._arena(), columns, order, 0, lanes, lanes, backward)
        self._lanes = lanes

    def values(self, place: int) -> Floats:
        return self.uniforms[place : place + 1] if place >= 0 else self._lane_view(self._values, -1 - place)

    def slopes(self, place: int) -> Floats:
        return self.gradients[place : place + 1] if place >= 0 else self._lane_view(self._slopes, -1 - place)

    def rows(self) -> tuple[Floats, Floats]:
        values, slopes = (
            numbers.reshape(self.tape.rows, self._stride)[:, : self._lanes] for numbers in (self._values, self._slopes)
        )
        return values, slopes

    def evaluate(self, columns: Floats, places: list[int]) -> Floats:
        found = np.empty((len(places), columns.shape[1]))
        self._room(min(columns.shape[1], TILE))
        self._kernels.evaluate(
            self._program, self._arena(), columns, _frozen(np.array(places, dtype=np.int64)), found, TILE
        )
        return found

    def train(self, columns: Floats, steps: Steps, optimizer: str, memory: Memory, penalty: Penalty) -> int:
        self._room(min(int(np.diff(steps.bounds).max(initial=1)), TILE))
        return self._kernels.train(
            self._program, self._arena(), columns, _frozen(steps.order), _frozen(steps.bounds), _frozen(steps.rates),
            TILE, _OPTIMIZER_CODES[optimizer], memory.first, memory.second, memory.powers,
            penalty.l1, penalty.l2, penalty.penalised,
        )  # fmt: skip

    def _room(self, lanes: int) -> None:
        stride = max(-(-lanes // 8) * 8, 8)
        if stride > self._stride:
            self._stride = stride
            self._values = np.zeros(self.tape.rows * stride)
            self._slopes = np.zeros(self.tape.rows * stride)

    def _arena(self) -> tuple[Floats, Floats, Floats, Floats, int]:
        return self.uniforms, self.gradients, self._values, self._slopes, self._stride

    def _lane_view(self, numbers: Floats, row: int) -> Floats:
        return numbers[row * self._stride : row * self._stride + self._lanes]


def _frozen(array: np.ndarray) -> np.ndarray:
    """A view that may not be written, as the kernels' types ask for."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
