"""The numpy executor: a tape over plain rows, one array operation an instruction.

Always there, small, and the oracle that the compiled executor is tested against.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mgrad.engine import scalar
from mgrad.engine.executors.base import Floats, Ints, Looks, Memory, Penalty, Steps, mean
from mgrad.engine.operations import Rules, bind
from mgrad.engine.optimizers import BETA1, BETA2, OPTIMIZERS, settled, shrink
from mgrad.engine.tape import (
    A_STEP,
    ACROSS,
    ADD,
    ALONG,
    B_STEP,
    BIAS,
    BIAS_STEP,
    COUNT,
    FIRST,
    LAYER,
    NAMES,
    NONE,
    OP,
    OUT,
    SOURCE,
    SPREAD,
    START,
    STORE,
    SUM,
    TERMS,
    TO_A,
    TO_B,
    TO_SLOTS,
    TO_SOURCE,
    A,
    B,
    Tape,
)  # fmt: skip

_PRIMITIVES = {name: getattr(np, {"power": "float_power"}.get(name, name)) for name in scalar.PRIMITIVES}
ROWS: dict[str, Rules] = bind(_PRIMITIVES)
_BY_CODE = [ROWS[name] for name in NAMES]
_TILE = 1024  # lanes at a time where only values are asked for: keeps the arena small


class NumpyExecutor:
    """See `mgrad.engine.executors.base.Executor`."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.uniforms = np.zeros(tape.slots)
        self.gradients = np.zeros(tape.slots)
        self._values = np.zeros((tape.rows, 0))
        self._slopes = np.zeros((tape.rows, 0))
        self._code: list[list[int]] = tape.code.tolist()
        tape.read_leaves(self.uniforms)

    def run(self, columns: Floats, *, backward: bool = True) -> None:
        with np.errstate(all="ignore"):
            self._forward(columns)
            if backward:
                self._backward()

    def values(self, place: int) -> Floats:
        return self.uniforms[place : place + 1] if place >= 0 else self._values[-1 - place]

    def slopes(self, place: int) -> Floats:
        return self.gradients[place : place + 1] if place >= 0 else self._slopes[-1 - place]

    def rows(self) -> tuple[Floats, Floats]:
        return self._values, self._slopes

    def evaluate(self, columns: Floats, places: list[int]) -> Floats:
        samples = columns.shape[1]
        found = np.empty((len(places), samples))
        with np.errstate(all="ignore"):
            for start in range(0, samples, _TILE):
                tile = slice(start, min(start + _TILE, samples))
                self._forward(columns[:, tile])
                for k, place in enumerate(places):
                    found[k, tile] = self.values(place)
        return found

    def train(
        self,
        columns: Floats,
        steps: Steps,
        optimizer: str,
        memory: Memory,
        penalty: Penalty,
        looks: Looks | None = None,
    ) -> int:
        root, count = self.tape.place[id(self.tape.root)], len(self.tape.parameters)
        looked = {step: look for look, step in enumerate(looks.steps.tolist())} if looks else {}
        with np.errstate(all="ignore"):
            for k, rate in enumerate(steps.rates.tolist()):
                if looks and k in looked:
                    looks.before[:] = self.uniforms[:count]
                self._forward(columns[:, steps.batch(k)])
                self._backward()
                if not self._update(mean(self.values(root)), optimizer, rate, memory, penalty):
                    return k
                if looks and k in looked:
                    after, gradients = self.uniforms[:count], self.gradients[:count]
                    looks.numbers[looked[k]] = after
                    looks.squares[looked[k]] = looks.parts.squares(after, looks.before, gradients)
        return len(steps.rates)

    def _update(self, loss: float, optimizer: str, rate: float, memory: Memory, penalty: Penalty) -> bool:
        count = len(self.tape.parameters)
        w, g = self.uniforms[:count], self.gradients[:count]
        if penalty.l2:
            g += np.where(penalty.penalised, penalty.l2 * w, 0.0)
        if not (np.isfinite(loss) and np.isfinite(w).all() and np.isfinite(g).all()):
            return False
        moved, after = move(w, g, optimizer, rate, memory, penalty)
        if not all(np.isfinite(numbers).all() for numbers in (moved, after.first, after.second)):
            return False
        self.uniforms[:count] = moved
        memory.first[:], memory.second[:], memory.powers[:] = after.first, after.second, after.powers
        return True

    # ------------------------------------------------------------------ forward
    def _forward(self, columns: Floats) -> None:
        tape, slots = self.tape, self.uniforms
        if self._values.shape[1] != columns.shape[1]:
            self._values = np.zeros((tape.rows, columns.shape[1]))
            self._slopes = np.zeros((tape.rows, columns.shape[1]))
        rows = self._values
        rows[: len(tape.inputs)] = columns
        for code, out, operands in self._uniform_runs():
            slots[out] = _BY_CODE[code].forward(*(slots[each] for each in operands))
        for i in self._code:
            out = rows[i[OUT] : i[OUT] + i[COUNT]]
            if i[OP] == LAYER:
                np.matmul(_grid(slots, i), rows[i[SOURCE] : i[SOURCE] + i[TERMS]], out=out)
                if i[BIAS] >= 0:
                    out += _spaced(slots, i[BIAS], i[COUNT], i[BIAS_STEP])[:, None]
            elif i[OP] == SUM:
                terms = slice(i[START], i[START] + i[TERMS])
                out[0] = slots[tape.weights[terms]] @ rows[tape.sources[terms]]
                if i[BIAS] >= 0:
                    out += slots[i[BIAS]]
            elif i[OP] == SPREAD:
                out[:] = slots[i[A]]
            elif i[OP] < LAYER:
                out[:] = _BY_CODE[i[OP]].forward(*self._operands(i))

    def _uniform_runs(self) -> list[tuple[int, slice, list[Ints]]]:
        """Each run's operation, the slots of its answers, and the slots of its operands."""
        runs, start, tape = [], 0, self.tape
        for code, count in tape.uniform_runs.tolist():
            pairs = tape.uniform_code[start : start + count]
            answers = slice(tape.first_answer + start, tape.first_answer + start + count)
            runs.append((code, answers, [pairs[:, operand] for operand in range(len(_BY_CODE[code].partials))]))
            start += count
        return runs

    def _operands(self, i: list[int]) -> list[Floats]:
        """The operands of a BLOCK, each (count, lanes), or (1, lanes) where one row serves all."""
        spans = [(i[A], i[A_STEP])] + ([(i[B], i[B_STEP])] if i[B] >= 0 else [])
        return [self._values[first : first + (i[COUNT] if step else 1)] for first, step in spans]

    # ------------------------------------------------------------------ backward
    def _backward(self) -> None:
        tape, slopes, gradients = self.tape, self._slopes, self.gradients
        gradients[:] = 0.0
        slopes[tape.zeroed] = 0.0
        root = tape.place[id(tape.root)]
        if root >= 0:
            gradients[root] = 1.0
        else:
            slopes[-1 - root] = 1.0 / max(slopes.shape[1], 1)
        for i in reversed(self._code):
            slope = slopes[i[OUT] : i[OUT] + i[COUNT]]
            if i[OP] == LAYER:
                self._layer_back(i, slope)
            elif i[OP] == SUM:
                self._sum_back(i, slope[0])
            elif i[OP] == SPREAD:
                if i[TO_SLOTS] != NONE:
                    gradients[i[A]] += slope.sum()
            elif i[OP] < LAYER:
                self._block_back(i, slope)
        for code, out, operands in reversed(self._uniform_runs()):
            numbers = [self.uniforms[each] for each in operands]
            for slots, partial in zip(operands, _BY_CODE[code].partials, strict=True):
                # add.at and not +=, since a slot may be used more than once
                np.add.at(gradients, slots, gradients[out] * partial(self.uniforms[out], *numbers))

    def _hand(self, mode: int, rows: slice | int, part: Floats) -> None:
        if mode == STORE:
            self._slopes[rows] = part
        elif mode == ADD:
            self._slopes[rows] += part

    def _layer_back(self, i: list[int], slope: Floats) -> None:
        sources = slice(i[SOURCE], i[SOURCE] + i[TERMS])
        if i[TO_SLOTS] != NONE:
            grid = _grid(np.arange(len(self.uniforms)), i)
            # add.at and not +=, since one slot may stand in a grid more than once
            np.add.at(self.gradients, grid, slope @ self._values[sources].T)
            if i[BIAS] >= 0:
                bias = _spaced(np.arange(len(self.uniforms)), i[BIAS], i[COUNT], i[BIAS_STEP])
                np.add.at(self.gradients, bias, slope.sum(axis=1))
        if i[TO_SOURCE] != NONE:
            self._hand(i[TO_SOURCE], sources, _grid(self.uniforms, i).T @ slope)

    def _sum_back(self, i: list[int], slope: Floats) -> None:
        tape = self.tape
        terms = slice(i[START], i[START] + i[TERMS])
        if i[TO_SLOTS] != NONE:
            np.add.at(self.gradients, tape.weights[terms], self._values[tape.sources[terms]] @ slope)
            if i[BIAS] >= 0:
                self.gradients[i[BIAS]] += slope.sum()
        for weight, source, mode in zip(
            tape.weights[terms].tolist(), tape.sources[terms].tolist(), tape.source_modes[terms].tolist(), strict=True
        ):
            self._hand(mode, source, self.uniforms[weight] * slope)

    def _block_back(self, i: list[int], slope: Floats) -> None:
        operands = self._operands(i)
        answer = self._values[i[OUT] : i[OUT] + i[COUNT]]
        spans = ((i[TO_A], i[A], i[A_STEP]), (i[TO_B], i[B], i[B_STEP]))
        for (mode, first, step), partial in zip(spans, _BY_CODE[i[OP]].partials, strict=False):
            if mode != NONE:
                part = slope * partial(answer, *operands)
                if step or i[COUNT] == 1:
                    self._hand(mode, slice(first, first + i[COUNT]), part)
                else:
                    self._hand(mode, first, part.sum(axis=0))


def move(w: Floats, g: Floats, optimizer: str, rate: float, memory: Memory, penalty: Penalty) -> tuple[Floats, Memory]:
    """Where a step of an optimizer leads from here: the parameters, and what it remembers; nothing is changed."""
    powers = settled(memory.powers * (BETA1, BETA2))
    with np.errstate(all="ignore"):
        moved, first, second = OPTIMIZERS[optimizer].update(w, g, memory.first, memory.second, rate, *powers.tolist())
        if penalty.l1 or penalty.l2:
            moved = np.where(penalty.penalised, settled(shrink(moved, rate * penalty.l1)), moved)
    after = Memory(first.copy(), second.copy(), powers)
    for numbers, before in ((moved, w), (after.first, memory.first), (after.second, memory.second)):
        numbers[penalty.frozen] = before[penalty.frozen]
    return moved, after


def _grid(slots: np.ndarray, i: list[int]) -> np.ndarray:
    """The slots of a LAYER's weights, (outputs, terms); a view."""
    size = slots.itemsize
    return as_strided(slots[i[FIRST] :], (i[COUNT], i[TERMS]), (i[ACROSS] * size, i[ALONG] * size), writeable=False)


def _spaced(slots: np.ndarray, first: int, count: int, step: int) -> np.ndarray:
    return as_strided(slots[first:], (count,), (step * slots.itemsize,), writeable=False)
