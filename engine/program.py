"""A compiled graph: the same numbers under the same labels, run from a flat tape.

A program owns its numbers. It takes the leaves' when it is made, `program[label]` reads them, and `program.store()`
writes them back into the graph; until then the graph does not notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mgrad.engine.errors import LabelError, OptionError, ShapeError, first_not_finite
from mgrad.engine.executors import make_executor
from mgrad.engine.executors.base import Executor, Floats, Memory, Penalty, Steps
from mgrad.engine.graph import Constant, Value
from mgrad.engine.lowering import lower


@dataclass(frozen=True)
class Entry:
    """One node of a program: reads its number and gradient, and sets a leaf's number.

    What depends on a column has one number a lane: `data` is then their mean, `grad` the gradient of the program's
    mean summed over the lanes; `program.values(label)` has the single numbers.
    """

    program: Program
    node: Value

    @property
    def label(self) -> str:
        return self.node.label

    @property
    def data(self) -> float:
        return float(self.program._values(self.node).mean())

    @data.setter
    def data(self, number: float) -> None:
        self.program._set(self.node, number)

    @property
    def grad(self) -> float:
        return float(self.program._slopes(self.node).sum())

    def __repr__(self) -> str:
        return f"Entry({self.label!r}, data={self.data:.6g}, grad={self.grad:.6g})"


class Program:
    """A graph that was compiled with `Value.compile`; see there."""

    def __init__(self, root: Value, inputs: Iterable[str | Value] = (), executor: str | None = None) -> None:
        if isinstance(inputs, str):
            raise OptionError(f"inputs is a list of labels, but the text {inputs!r} was given: write [{inputs!r}].")
        self.root = root
        self._inputs = tuple(root[each] if isinstance(each, str) else each for each in inputs)
        self._executor_name = executor
        tape = lower(root, self._inputs, every_gradient=True)
        self._tape = tape
        self._executor = make_executor(tape, executor)
        self._columns = np.array([[node.data] for node in self._inputs], dtype=float).reshape(len(self._inputs), 1)
        count = len(tape.parameters)
        self._memory = Memory.of(count)
        self._penalty = Penalty(0.0, 0.0, np.zeros(count, dtype=bool))
        self._whole_is_stale = True
        self._executor.run(self._columns)

    # ------------------------------------------------------------------ running
    @property
    def data(self) -> float:
        """The root's number: with columns, its mean over the lanes."""
        return float(self._executor.values(self._tape.place[id(self.root)]).mean())

    def backward(self) -> None:
        """Fills all gradients of the root's number from today's numbers."""
        self._executor.run(self._columns)
        self._whole_is_stale = True

    def learn(self, rate: float, steps: int = 1) -> None:
        """`steps` times: gradients from today's numbers, then every parameter moves by `-rate * gradient`.

        As with `Value.learn`, other numbers follow at `recalculate`. Raises `NotFiniteError` with the parameters as
        before the bad step.
        """
        if steps < 1:
            raise OptionError(f"steps is {steps}, but must be at least 1.")
        lanes = self._columns.shape[1]
        starts, counts = np.zeros(steps, dtype=np.int64), np.full(steps, lanes)
        plan = Steps(np.arange(lanes), starts, counts, np.full(steps, float(rate)), fixed=True)
        done = self._executor.train(self._columns, plan, "sgd", self._memory, self._penalty)
        self._whole_is_stale = True
        if done < steps:
            nodes = self.root.nodes()
            self.backward()
            numbers = ((node.label, _worst(self._values(node)), _worst(self._slopes(node))) for node in nodes)
            error = first_not_finite(numbers, None if steps == 1 else done + 1)
            if error is not None:
                raise error

    def recalculate(self, columns: Mapping[str, ArrayLike] | None = None) -> float:
        """Computes everything again from today's leaves, and from new columns if they are given; returns `data`.

        `columns` maps the label of each input to its numbers, one a lane; all of the same length.
        """
        if columns is not None:
            self._columns = self._checked(columns)
        self._executor.run(self._columns, backward=False)
        self._whole_is_stale = True
        return self.data

    def store(self) -> None:
        """Writes numbers and gradients back into the graph; where there is one a lane, as `Entry` gives them."""
        for node in self.root.nodes():
            if not isinstance(node, Constant):
                entry = Entry(self, node)
                node.data, node.grad = entry.data, entry.grad

    # ------------------------------------------------------------------ looking
    def find(self, label: str) -> Entry | None:
        """The entry of that label, or None."""
        node = self.root.find(label)
        return None if node is None else Entry(self, node)

    def __getitem__(self, label: str) -> Entry:
        return Entry(self, self.root[label])

    def values(self, label: str) -> Floats:
        """The numbers of a node, one a lane; a single one where it depends on no column."""
        return self._values(self.root[label]).copy()

    def count(self) -> int:
        """How many nodes the graph has."""
        return self.root.count()

    def parameters(self) -> list[Entry]:
        """The learnable leaves, without the inputs."""
        return [Entry(self, node) for node in self._tape.parameters]

    def __repr__(self) -> str:
        columns = f", columns {', '.join(node.label for node in self._inputs)}" if self._inputs else ""
        return f"Program({self.root.label!r}, {self.count()} nodes{columns}, data={self.data:.6g})"

    # ------------------------------------------------------------------ numbers
    def _values(self, node: Value) -> Floats:
        return self._where(node).values(self._where(node).tape.place[id(node)])

    def _slopes(self, node: Value) -> Floats:
        if isinstance(node, Constant):
            return np.zeros(1)
        return self._where(node).slopes(self._where(node).tape.place[id(node)])

    def _where(self, node: Value) -> Executor:
        """The executor that has the node: nodes inside a fused chain are computed from the unfused tape."""
        if id(node) in self._tape.place:
            return self._executor
        if self._whole_is_stale:
            self._whole.uniforms[: len(self._tape.parameters)] = self._executor.uniforms[: len(self._tape.parameters)]
            for slot, leaf in self._whole.tape.leaf_slots:
                self._whole.uniforms[slot] = self._executor.uniforms[self._tape.place[id(leaf)]]
            self._whole.run(self._columns)
            self._whole_is_stale = False
        return self._whole

    @cached_property
    def _whole(self) -> Executor:
        return make_executor(lower(self.root, self._inputs, fuse=False, every_gradient=True), self._executor_name)

    def _set(self, node: Value, number: float) -> None:
        place = self._tape.place.get(id(node), -1)
        if node.operands or place < 0:
            raise LabelError(f"Only a leaf that is not a column can be set, but {node.label!r} is not one.")
        self._executor.uniforms[place] = number
        self._whole_is_stale = True

    def _checked(self, columns: Mapping[str, ArrayLike]) -> Floats:
        wanted = [node.label for node in self._inputs]
        if set(columns) != set(wanted):
            given = ", ".join(map(str, columns)) or "none"
            raise ShapeError(f"The columns are {', '.join(wanted) or 'none'}, but {given} were given.")
        arrays = [np.asarray(columns[label], dtype=float) for label in wanted]
        lengths = {array.shape for array in arrays}
        if len(lengths) != 1 or arrays[0].ndim != 1 or not arrays[0].size:
            shapes = ", ".join(f"{label} {array.shape}" for label, array in zip(wanted, arrays, strict=True))
            raise ShapeError(f"Columns are flat and equally long, with a number or more each, but here: {shapes}.")
        return np.ascontiguousarray(np.stack(arrays))


def _worst(numbers: Floats) -> float:
    """A number that is not finite, if there is one among them."""
    bad = numbers[~np.isfinite(numbers)]
    return float(bad[0]) if bad.size else 0.0
