"""The numpy executor: a tape over plain rows, one array operation an instruction.

Always there, small, and the oracle that the compiled executor is tested against.
"""

from __future__ import annotations

import numpy as np

from mgrad.engine import scalar
from mgrad.engine.executors.base import Floats, Ints, Memory, Penalty, Steps
from mgrad.engine.operations import OPERATIONS, Rules, bind
from mgrad.engine.optimizers import BETA1, BETA2, OPTIMIZERS, Rule, shrink
from mgrad.engine.tape import ADD, CODES, DOT, INPUT, NAMES, NONE, SPREAD, STORE, Tape

_PRIMITIVES = {name: getattr(np, {"power": "float_power"}.get(name, name)) for name in scalar.PRIMITIVES}
_ROWS: dict[str, Rules] = bind(_PRIMITIVES)
_BY_CODE = [_ROWS[name] for name in NAMES]
_SCALAR = [OPERATIONS[name] for name in NAMES]
_TILE = 1024  # lanes at a time where only values are asked for: keeps the arena small


class NumpyExecutor:
    """See `mgrad.engine.executors.base.Executor`."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.uniforms = np.zeros(tape.slots)
        self.gradients = np.zeros(tape.slots)
        self._values = np.zeros((tape.rows, 0))
        self._slopes = np.zeros((tape.rows, 0))
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

    def train(self, columns: Floats, steps: Steps, optimizer: str, memory: Memory, penalty: Penalty) -> int:
        update = OPTIMIZERS[optimizer].update
        root = self.tape.place[id(self.tape.root)]
        with np.errstate(all="ignore"):
            for k, rate in enumerate(steps.rates.tolist()):
                batch = steps.order[steps.bounds[k] : steps.bounds[k + 1]]
                self._forward(columns[:, batch])
                self._backward()
                if not self._update(float(self.values(root).mean()), update, rate, memory, penalty):
                    return k
        return len(steps.rates)

    def _update(self, loss: float, update: Rule, rate: float, memory: Memory, penalty: Penalty) -> bool:
        count = len(self.tape.parameters)
        w, g = self.uniforms[:count], self.gradients[:count]
        g = g + np.where(penalty.penalised, penalty.l2 * w, 0.0)
        if not (np.isfinite(loss) and np.isfinite(w).all() and np.isfinite(g).all()):
            return False
        memory.powers *= (BETA1, BETA2)
        w, memory.first, memory.second = update(w, g, memory.first, memory.second, rate, *memory.powers.tolist())
        if penalty.l1:
            w = np.where(penalty.penalised, shrink(w, rate * penalty.l1), w)
        self.uniforms[:count] = w
        return True

    # ------------------------------------------------------------------ forward
    def _forward(self, columns: Floats) -> None:
        tape, slots = self.tape, self.uniforms
        if self._values.shape[1] != columns.shape[1]:
            self._values = np.zeros((tape.rows, columns.shape[1]))
            self._slopes = np.zeros((tape.rows, columns.shape[1]))
        rows = self._values
        rows[: len(tape.inputs)] = columns
        for code, out, a, b in tape.uniform_code.tolist():
            operands = (float(slots[a]),) if b < 0 else (float(slots[a]), float(slots[b]))
            slots[out] = _SCALAR[code].forward(*operands)
        for code, out, a, b, c, _, _ in tape.code.tolist():
            if code == DOT:
                np.matmul(slots[tape.weights[a : a + b]], rows[tape.sources[a : a + b]], out=rows[out])
                if c >= 0:
                    rows[out] += slots[c]
            elif code == SPREAD:
                rows[out] = slots[a]
            elif code != INPUT:
                rows[out] = _BY_CODE[code].forward(*((rows[a],) if b < 0 else (rows[a], rows[b])))

    # ------------------------------------------------------------------ backward
    def _backward(self) -> None:
        tape, slopes = self.tape, self._slopes
        self.gradients[:] = 0.0
        root = tape.place[id(tape.root)]
        if root >= 0:
            self.gradients[root] = 1.0
        else:
            slopes[-1 - root] = 1.0 / max(slopes.shape[1], 1)
        for instruction in reversed(tape.code.tolist()):
            code, out, a, b, _, to_a, to_b = instruction
            self._pull(out)
            if code == DOT:
                if to_a:
                    self._dot_back(instruction)
            elif code == SPREAD:
                if to_a:
                    self.gradients[a] += slopes[out].sum()
            elif code != INPUT:
                self._push(code, out, a, b, to_a, to_b)
        for code, out, a, b in reversed(tape.uniform_code.tolist()):
            self._uniform_back(code, out, a, b)

    def _pull(self, row: int) -> None:
        mode = self.tape.pull_mode[row]
        if mode == NONE:
            return
        part = slice(*self.tape.pull_bounds[row : row + 2])
        pulled = self.uniforms[self.tape.pull_weights[part]] @ self._slopes[self.tape.pull_rows[part]]
        self._slopes[row] = pulled if mode == STORE else self._slopes[row] + pulled

    def _dot_back(self, instruction: list[int]) -> None:
        _, out, a, b, c, _, _ = instruction
        slope = self._slopes[out]
        weights: Ints = self.tape.weights[a : a + b]
        # add.at and not +=, since one weight may stand in a chain twice
        np.add.at(self.gradients, weights, self._values[self.tape.sources[a : a + b]] @ slope)
        if c >= 0:
            self.gradients[c] += slope.sum()

    def _push(self, code: int, out: int, a: int, b: int, to_a: int, to_b: int) -> None:
        rows, slopes = self._values, self._slopes
        operands = (rows[a],) if b < 0 else (rows[a], rows[b])
        for mode, row, partial in zip((to_a, to_b), (a, b), _BY_CODE[code].partials, strict=False):
            if mode != NONE:
                part = slopes[out] * partial(rows[out], *operands)
                slopes[row] = slopes[row] + part if mode == ADD else part

    def _uniform_back(self, code: int, out: int, a: int, b: int) -> None:
        slots, gradients = self.uniforms, self.gradients
        operands = (float(slots[a]),) if b < 0 else (float(slots[a]), float(slots[b]))
        for slot, partial in zip((a, b), _SCALAR[code].partials, strict=False):
            gradients[slot] += float(gradients[out]) * partial(float(slots[out]), *operands)


assert set(CODES) == set(_ROWS)
