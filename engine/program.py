"""A compiled graph: the same numbers under the same labels, run from a flat tape.

A program owns its numbers. It takes the leaves' when it is made, `program[label]` reads them, and `program.store()`
writes them back into the graph; until then the graph does not notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

from mgrad.engine.errors import LabelError, NotFiniteError, OptionError, ShapeError, first_not_finite
from mgrad.engine.executors import make_executor
from mgrad.engine.executors.base import Executor, Floats, Memory, Penalty, Steps, any_not_finite, mean
from mgrad.engine.graph import Constant, Value
from mgrad.engine.lowering import lower
from mgrad.engine.refusals import refused_update
from mgrad.engine.scalar import as_float


@dataclass(frozen=True, eq=False)
class _Moment:
    """What a pass over the tape started from: the leaves' numbers in their slots, and the columns."""

    uniforms: Floats
    columns: Floats


_NO_MOMENT = _Moment(np.zeros(0), np.zeros((0, 1)))
_NO_STEPS = Steps(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


@dataclass(eq=False)  # not frozen: `entry.data = 0.5` sets a leaf
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
        return mean(self.program._values(self.node))

    @data.setter
    def data(self, number: float) -> None:
        self.program._set(self.node, number)

    @property
    def grad(self) -> float:
        with np.errstate(all="ignore"):
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
        if len(tape.nodes) > root.count():
            known = set(root.nodes())
            label = next(node.label for node in self._inputs if node not in known)
            raise LabelError(f"{label!r} was given as an input, but it is no node of this graph.")
        (root._kept or root._keep()).check_labels(root)  # two equal ones are refused here, not at the first look
        self._tape = tape
        self._executor = make_executor(tape, executor)
        self._columns = np.array([[node.data] for node in self._inputs], dtype=float).reshape(len(self._inputs), 1)
        count = len(tape.parameters)
        self._memory = Memory.of(count)
        self._penalty = Penalty(0.0, 0.0, np.zeros(count, dtype=bool))
        self._steps = _NO_STEPS  # kept for the next call, which mostly asks for as many
        self._looked_at: _Moment | None = None
        self.backward()

    # ------------------------------------------------------------------ running
    @property
    def data(self) -> float:
        """The root's number: with columns, its mean over the lanes."""
        return mean(self._values(self.root))

    def backward(self) -> None:
        """Fills all gradients of the root's number from today's numbers."""
        self._executor.run(self._columns)
        self._row_values = self._row_slopes = self._forward = self._backward = self._moment()

    def learn(self, rate: float, steps: int = 1) -> None:
        """`steps` times: gradients from today's numbers, then every parameter moves by `-rate * gradient`.

        As with `Value.learn`, other numbers follow at `recalculate`. Raises `NotFiniteError` with the parameters as
        before the bad step.
        """
        if not (type(steps) is int or isinstance(steps, Integral)) or steps < 1:  # the first test is the quick one
            raise OptionError(f"steps is {steps!r}, but must be a whole number from 1 up.")
        if not self._inputs:
            done = self._train(rate, steps)
        else:
            done = self._train(rate, steps - 1) if steps > 1 else 0
            if done == steps - 1:
                moment = self._moment()
                done += self._train(rate, 1)
                self._forward = self._backward = moment
        if done < steps:
            step = None if steps == 1 else done + 1
            self.root.find(self.root.label)  # a repeated label is told as it can be looked up
            nodes, parameters = self.root.nodes(), self._tape.parameters
            met = self._executor.gradients[: len(parameters)].copy()
            self.backward()
            numbers = (
                (node.label, any_not_finite(self._values(node)), any_not_finite(self._slopes(node))) for node in nodes
            )
            today = self._executor.uniforms[: len(parameters)]
            error = first_not_finite(numbers, step) or refused_update(
                parameters, today, met, "sgd", rate, self._memory, self._penalty, step
            )
            raise error or NotFiniteError(self.root.label, "value", self.data, step)

    def _train(self, rate: float, steps: int) -> int:
        if len(self._steps.rates) != steps or len(self._steps.order) != self._columns.shape[1]:
            lanes = self._columns.shape[1]
            starts, counts = np.zeros(steps, dtype=np.int64), np.full(steps, lanes)
            self._steps = Steps(np.arange(lanes), starts, counts, np.zeros(steps), fixed=True)
        self._steps.rates.fill(rate)
        return self._executor.train(self._columns, self._steps, "sgd", self._memory, self._penalty)

    def recalculate(self, columns: Mapping[str, ArrayLike] | None = None) -> float:
        """Computes everything again from today's leaves, and from new columns if they are given; returns `data`.

        `columns` maps the label of each input to its numbers, one a lane; all of the same length.
        """
        lanes = self._columns.shape[1]
        if columns is not None:
            self._columns = self._checked(columns)
        self._executor.run(self._columns, backward=False)
        self._row_values = self._forward = self._moment()
        if self._columns.shape[1] != lanes:
            self._row_slopes = None
        return self.data

    def store(self) -> None:
        """Writes numbers and gradients back into the graph; where there is one a lane, as `Entry` gives them."""
        entries = [Entry(self, node) for node in self.root.nodes() if not isinstance(node, Constant)]
        for entry, data in [(entry, entry.data) for entry in entries]:
            entry.node.data = data
        for entry in entries:
            entry.node.grad = entry.grad

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
        place = self._tape.place.get(id(node))
        if place is not None and (place >= 0 or self._row_values is self._forward):
            return self._executor.values(place)
        return self._at(self._forward).values(self._whole.tape.place[id(node)])

    def _slopes(self, node: Value) -> Floats:
        if isinstance(node, Constant):
            return np.zeros(1)
        place = self._tape.place.get(id(node))
        if place is not None and (place >= 0 or self._row_slopes is self._backward):
            return self._executor.slopes(place)
        return self._at(self._backward).slopes(self._whole.tape.place[id(node)])

    def _moment(self) -> _Moment:
        """What the next pass starts from. Without columns every number stays in its slot: nothing to remember."""
        return _Moment(self._executor.uniforms.copy(), self._columns) if self._inputs else _NO_MOMENT

    def _at(self, moment: _Moment) -> Executor:
        """The unfused tape after a pass from that moment: it has the nodes inside fused chains, and all lanes."""
        if self._looked_at is not moment:
            leaves = len(self._tape.leaves)  # the same ones, in the same slots
            self._whole.uniforms[:leaves] = moment.uniforms[:leaves]
            self._whole.run(moment.columns)
            self._looked_at = moment
        return self._whole

    @cached_property
    def _whole(self) -> Executor:
        return make_executor(lower(self.root, self._inputs, fuse=False, every_gradient=True), self._executor_name)

    def _set(self, node: Value, number: float) -> None:
        place = self._tape.place.get(id(node), -1)
        if node.operands or place < 0 or isinstance(node, Constant):
            raise LabelError(f"Only a leaf that is not a column can be set, but {node.label!r} is not one.")
        self._executor.uniforms[place] = as_float(number)

    def _checked(self, columns: Mapping[str, ArrayLike]) -> Floats:
        wanted = [node.label for node in self._inputs]
        if set(columns) != set(wanted):
            given = ", ".join(map(str, columns)) or "none"
            raise ShapeError(f"The columns are {', '.join(wanted) or 'none'}, but {given} were given.")
        if not wanted:
            return self._columns
        arrays = [np.asarray(columns[label], dtype=float) for label in wanted]
        lengths = {array.shape for array in arrays}
        if len(lengths) != 1 or arrays[0].ndim != 1 or not arrays[0].size:
            shapes = ", ".join(f"{label} {array.shape}" for label, array in zip(wanted, arrays, strict=True))
            raise ShapeError(f"Columns are flat and equally long, with a number or more each, but here: {shapes}.")
        return np.ascontiguousarray(np.stack(arrays))
