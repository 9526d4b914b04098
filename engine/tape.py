"""The tape: a scalar graph lowered to a flat list of instructions over lanes.

What depends on an input column is *varying* and gets a row of lanes, one lane a sample; everything else is *uniform*
and gets one slot. Slots and rows are numbered: parameters are the first slots, input columns the first rows.
Instructions are rows of whole numbers, so that an executor needs no Python object:

    uniform code   operation, out slot, a slot, b slot
    varying code   operation, out row, a, b, c, gradient to a (DOT, SPREAD: to its slots), gradient to b

A table operation works on rows (`b` is -1 for one operand). SPREAD fills a row from slot `a`. DOT computes
`slot[c] + Σ slot[weights[k]] * row[sources[k]]` for k from a to a + b (`c` -1: no first term); such chains of
uniform × varying are what networks are made of. INPUT computes nothing: it marks a column whose gradient is wanted.

Gradients of rows go back two ways. Through a table operation they are pushed: NONE, STORE (the first to write) or ADD.
Through DOTs they are pulled: the gradient of a row is itself a dot over its consumers, taken when its own instruction
comes up on the way back (`pulls`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.errors import LabelError
from mgrad.engine.graph import Constant, Value
from mgrad.engine.operations import OPERATIONS

NAMES = tuple(OPERATIONS)
CODES = {name: code for code, name in enumerate(NAMES)}
SPREAD, DOT, INPUT = len(NAMES), len(NAMES) + 1, len(NAMES) + 2
NONE, STORE, ADD = 0, 1, 2

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tape:
    """A lowered graph.

    `place` tells where a node is, by its id: slot s as s, row r as -1 - r; a node inside a fused chain is not in it.
    """

    root: Value
    nodes: list[Value]
    inputs: tuple[Value, ...]
    parameters: tuple[Value, ...]
    place: dict[int, int]
    slots: int
    rows: int
    uniform_code: Ints
    code: Ints
    weights: Ints
    sources: Ints
    pull_bounds: Ints  # of row r: pulls[bounds[r]:bounds[r + 1]]
    pull_weights: Ints
    pull_rows: Ints
    pull_mode: Ints  # of row r: NONE, STORE or ADD
    leaf_slots: list[tuple[int, Value]] = field(repr=False)

    def read_leaves(self, uniforms: Floats) -> None:
        """Copies today's numbers of all uniform leaves into their slots."""
        for slot, leaf in self.leaf_slots:
            uniforms[slot] = leaf.data


def lower(
    root: Value,
    inputs: Sequence[Value] = (),
    *,
    parameters: Sequence[Value] | None = None,
    keep: Sequence[Value] = (),
    fuse: bool = True,
    every_gradient: bool = False,
) -> Tape:
    """The tape of a graph; `inputs` are the leaves that become columns, in this order.

    `parameters` fixes the order of the first slots (those of the graph if not given). With `fuse`, chains of products
    become DOTs, and the nodes inside them get no place of their own, unless `keep` lists them. With `every_gradient`
    all nodes but constants get a gradient, otherwise those that a parameter needs.
    """
    return _Lowering(root, inputs, parameters, keep, fuse, every_gradient).tape()


# A sum: its uniform term, if any, its terms weight × row, and the ids of the nodes in between.
Chain = tuple[Value | None, list[tuple[Value, Value]], set[int]]


class _Lowering:
    def __init__(
        self,
        root: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value] | None,
        keep: Sequence[Value],
        fuse: bool,
        every_gradient: bool,
    ) -> None:
        self.root, self.inputs, self.fuse = root, tuple(inputs), fuse
        self.nodes = root.nodes()
        columns = {id(node) for node in self.inputs}
        for node in self.inputs:
            if node.operands or isinstance(node, Constant):
                raise LabelError(f"Only a leaf can become a column, but {node.label!r} is computed.")
        if parameters is None:
            parameters = [node for node in self.nodes if node.learnable and id(node) not in columns]
        self.parameters = tuple(parameters)
        self.varying = set(columns)
        self.wanted = {id(node) for node in self.parameters}
        self.uses: dict[int, int] = {}
        for node in self.nodes:
            for operand in node.operands:
                self.uses[id(operand)] = self.uses.get(id(operand), 0) + 1
                if id(operand) in self.varying:
                    self.varying.add(id(node))
                if id(operand) in self.wanted:
                    self.wanted.add(id(node))
        if every_gradient:
            self.wanted = {id(node) for node in self.nodes if not isinstance(node, Constant)}
        for node in (*keep, root):
            self.uses[id(node)] = 2  # somebody outside looks at it: not to be swallowed by a chain
        self.one = Constant(1.0)
        self.place: dict[int, int] = {}
        self.leaf_slots: list[tuple[int, Value]] = []
        self.slots = self.rows = 0
        self.uniform_code: list[tuple[int, int, int, int]] = []
        self.code: list[list[int]] = []
        self.weights: list[int] = []
        self.sources: list[int] = []
        self.spread: dict[int, int] = {}
        self.row_wanted: set[int] = set()

    def tape(self) -> Tape:
        for node in self.parameters:
            self._leaf_slot(node)
        for node in self.inputs:
            row = self._row(node)
            if id(node) in self.wanted:
                self.code.append([INPUT, row, -1, -1, -1, NONE, NONE])
        chains, swallowed = self._chains() if self.fuse else ({}, set())
        for node in self.nodes:
            key = id(node)
            if key in self.place or key in swallowed:
                continue
            if not node.operands:
                self._leaf_slot(node)
            elif key not in self.varying:
                self._uniform(node)
            elif key in chains:
                self._dot(node, *chains[key])
            else:
                self._elementwise(node)
        pulls, modes = self._backward_plan()
        counts = np.array([len(pulls.get(row, ())) for row in range(self.rows)], dtype=np.int64)
        flat = [pull for row in range(self.rows) for pull in pulls.get(row, ())]
        return Tape(
            root=self.root,
            nodes=self.nodes,
            inputs=self.inputs,
            parameters=self.parameters,
            place=self.place,
            slots=self.slots,
            rows=self.rows,
            uniform_code=np.array(self.uniform_code, dtype=np.int64).reshape(-1, 4),
            code=np.array(self.code, dtype=np.int64).reshape(-1, 7),
            weights=np.array(self.weights, dtype=np.int64),
            sources=np.array(self.sources, dtype=np.int64),
            pull_bounds=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            pull_weights=np.array([weight for weight, _ in flat], dtype=np.int64),
            pull_rows=np.array([row for _, row in flat], dtype=np.int64),
            pull_mode=np.array([modes.get(row, NONE) for row in range(self.rows)], dtype=np.int64),
            leaf_slots=self.leaf_slots,
        )

    # ------------------------------------------------------------------ places
    def _slot(self, node: Value) -> int:
        slot = self.place[id(node)] = self.slots
        self.slots += 1
        return slot

    def _leaf_slot(self, node: Value) -> None:
        self.leaf_slots.append((self._slot(node), node))

    def _row(self, node: Value) -> int:
        row = self.rows
        self.place[id(node)] = -1 - row
        self.rows += 1
        if id(node) in self.wanted:
            self.row_wanted.add(row)
        return row

    def _row_of(self, node: Value) -> int:
        """The row of an operand; a uniform one is spread over the lanes, once."""
        place = self.place[id(node)]
        if place < 0:
            return -1 - place
        if place not in self.spread:
            row = self.spread[place] = self.rows
            self.rows += 1
            if id(node) in self.wanted:
                self.row_wanted.add(row)
            self.code.append([SPREAD, row, place, -1, -1, ADD if id(node) in self.wanted else NONE, NONE])
        return self.spread[place]

    # ------------------------------------------------------------------ instructions
    def _operation(self, node: Value) -> tuple[int, tuple[Value, ...]]:
        """The node's code and operands; a square becomes a product, which is exact and costs less."""
        assert node.operation is not None
        operands = node.operands
        if self.fuse and node.operation.name == "pow" and isinstance(operands[1], Constant) and operands[1].data == 2.0:
            return CODES["mul"], (operands[0], operands[0])
        return CODES[node.operation.name], operands

    def _uniform(self, node: Value) -> None:
        code, operands = self._operation(node)
        slots = [self.place[id(operand)] for operand in operands]
        self.uniform_code.append((code, self._slot(node), slots[0], slots[1] if len(slots) == 2 else -1))

    def _elementwise(self, node: Value) -> None:
        code, operands = self._operation(node)
        rows = [self._row_of(operand) for operand in operands]
        b = rows[1] if len(rows) == 2 else -1
        self.code.append([code, self._row(node), rows[0], b, -1, NONE, NONE])

    def _dot(self, node: Value, first: Value | None, terms: list[tuple[Value, Value]]) -> None:
        start = len(self.weights)
        for weight, source in terms:
            if weight is self.one and id(weight) not in self.place:
                self._leaf_slot(weight)
            self.weights.append(self.place[id(weight)])
            self.sources.append(self._row_of(source))
        bias = -1 if first is None else self.place[id(first)]
        to_slots = ADD if id(node) in self.wanted else NONE
        self.code.append([DOT, self._row(node), start, len(terms), bias, to_slots, NONE])

    # ------------------------------------------------------------------ chains of products
    def _chains(self) -> tuple[dict[int, tuple[Value | None, list[tuple[Value, Value]]]], set[int]]:
        """By the id of its last node, every chain of products of a uniform and a varying node, and what lies inside."""
        chains: dict[int, tuple[Value | None, list[tuple[Value, Value]]]] = {}
        swallowed: set[int] = set()
        for node in reversed(self.nodes):
            if id(node) in swallowed or id(node) not in self.varying:
                continue
            found = self._chain(node)
            if found is not None:
                first, terms, inside = found
                chains[id(node)] = first, terms
                swallowed |= inside
        return chains, swallowed

    def _chain(self, top: Value) -> Chain | None:
        """The terms of a sum, as far as nobody else uses what lies between; a term that is no product counts once."""
        first: Value | None = None
        terms: list[tuple[Value, Value]] = []
        inside: set[int] = set()
        waiting = [top]
        while waiting:
            node = waiting.pop()
            varying = id(node) in self.varying
            own = varying and (node is top or self.uses[id(node)] == 1)
            name = node.operation.name if node.operation else ""
            if own and name == "add":
                waiting += reversed(node.operands)
            elif own and name == "mul" and sum(id(operand) in self.varying for operand in node.operands) == 1:
                a, b = node.operands
                terms.append((b, a) if id(a) in self.varying else (a, b))
            elif node is top:
                return None
            else:
                if not varying and first is None:
                    first = node
                else:
                    terms.append((self.one, node))
                continue
            if node is not top:
                inside.add(id(node))
        # A lone product is left alone: a sum that starts from 0 would lose the sign of its -0.0.
        plain = all(weight is self.one for weight, _ in terms) or (first is None and len(terms) == 1)
        return None if plain and not inside else (first, terms, inside)

    # ------------------------------------------------------------------ the way back
    def _backward_plan(self) -> tuple[dict[int, list[tuple[int, int]]], dict[int, int]]:
        """Who pulls from whom, and who is the first to write a gradient; fills the modes into the code."""
        pulls: dict[int, list[tuple[int, int]]] = {}
        modes: dict[int, int] = {}
        root = self.place[id(self.root)]
        written = {-1 - root}
        for instruction in reversed(self.code):
            code, out, a, b = instruction[:4]
            if out not in self.row_wanted:
                continue
            if out in pulls:
                modes[out] = ADD if out in written else STORE
                written.add(out)
            if code == DOT:
                for k in range(a, a + b):
                    if self.sources[k] in self.row_wanted:
                        pulls.setdefault(self.sources[k], []).append((self.weights[k], out))
            elif code < SPREAD:
                for at, row in ((5, a), (6, b)):
                    if row in self.row_wanted:
                        instruction[at] = ADD if row in written else STORE
                        written.add(row)
        return pulls, modes
