"""Any node's numbers for any columns, from a fused tape.

A fused tape has no place for nodes inside a chain of products. What it does not hold is computed here from what it
does, by the same table of operations: values from operands, gradients from consumers. So nothing that a person can ask
for is lost by fusing, and a network of 150,000 nodes needs no more memory than its few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mgrad.engine.executors.base import Executor, Floats
from mgrad.engine.executors.numpy_executor import ROWS
from mgrad.engine.graph import Constant, Value
from mgrad.engine.tape import INPUT, OP

TILE = 256
"""Samples at a time where gradients are wanted: keeps the arena small."""


class Lanes:
    """Looks numbers up in an executor that nobody else uses."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._tape = executor.tape

    def load(self, parameters: Floats) -> None:
        """Takes other parameters."""
        self._executor.uniforms[: len(parameters)] = parameters

    def needs(self, node: Value, leaves: Sequence[Value]) -> bool:
        """Whether a node depends on one of these leaves."""
        return any(leaf in self._dependants(leaf) and node in self._dependants(leaf) for leaf in leaves)

    def values(self, nodes: Sequence[Value], columns: Floats) -> Floats:
        """(nodes, samples): the value of each node for each column."""
        order = self._below(nodes)
        placed = [node for node in order if self._is_placed(node)]
        places = [self._tape.place[id(node)] for node in placed]
        found: dict[Value, Floats] = {}
        if placed:
            found = dict(zip(placed, self._executor.evaluate(np.ascontiguousarray(columns), places), strict=True))
        with np.errstate(all="ignore"):
            for node in order:
                if node not in found:
                    found[node] = self._compute(node, found, columns)
        return np.array([np.broadcast_to(found[node], columns.shape[1]) for node in nodes]).reshape(len(nodes), -1)

    def gradients(self, node: Value, columns: Floats) -> Floats:
        """(samples,): the derivative of each sample's own loss by the node."""
        parts = [
            self._gradients(node, np.ascontiguousarray(columns[:, start : start + TILE]))
            for start in range(0, columns.shape[1], TILE)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    # ------------------------------------------------------------------ values
    def _is_placed(self, node: Value) -> bool:
        return id(node) in self._tape.place

    def _below(self, nodes: Sequence[Value]) -> list[Value]:
        """The nodes and what is needed to compute them, operands first; ends at nodes with a place."""
        order: dict[Value, None] = {}
        waiting: list[tuple[Value, bool]] = [(node, False) for node in reversed(nodes)]
        while waiting:
            node, ready = waiting.pop()
            if node in order:
                continue
            if ready or self._is_placed(node) or not node.operands:
                order[node] = None
            else:
                waiting.append((node, True))
                waiting.extend((operand, False) for operand in node.operands)
        return list(order)

    def _compute(self, node: Value, found: dict[Value, Floats], columns: Floats) -> Floats:
        if not node.operands:
            return np.full(columns.shape[1], node.data)
        assert node.operation is not None
        return ROWS[node.operation.name].forward(*(found[operand] for operand in node.operands))

    # ------------------------------------------------------------------ gradients
    def _gradients(self, node: Value, columns: Floats) -> Floats:
        count = columns.shape[1]
        self._executor.run(columns)
        above = self._above(node)
        known: dict[Value, Floats] = {}
        # A slope of the mean loss is a share of the sample's own: so many times as large.
        for each in above:
            if self._has_slope(each):
                known[each] = self._executor.slopes(self._tape.place[id(each)])[:count] * count
        operands = {operand for each in above if each not in known or each is node for use in self._uses(each)
                    for operand in (use, *use.operands)}  # fmt: skip
        values = dict(zip(operands, self.values(list(operands), columns), strict=True)) if operands else {}
        with np.errstate(all="ignore"):
            for each in above:
                if each not in known:
                    known[each] = self._from_uses(each, known, values, count)
        return known[node]

    def _from_uses(self, node: Value, known: dict[Value, Floats], values: dict[Value, Floats], count: int) -> Floats:
        """Σ over every use: the consumer's gradient times the local derivative."""
        if node is self._tape.root:
            return np.ones(count)
        total = np.zeros(count)
        for consumer in self._uses(node):
            assert consumer.operation is not None
            numbers = [values[operand] for operand in consumer.operands]
            for operand, partial in zip(consumer.operands, ROWS[consumer.operation.name].partials, strict=True):
                if operand is node:
                    total = total + known[consumer] * partial(values[consumer], *numbers)
        return total

    def _above(self, node: Value) -> list[Value]:
        """The node and the consumers that its gradient comes from, consumers first; ends at rows with a slope."""
        order: dict[Value, None] = {}
        waiting: list[tuple[Value, bool]] = [(node, False)]
        while waiting:
            each, ready = waiting.pop()
            if each in order:
                continue
            if ready or self._has_slope(each):
                order[each] = None
            else:
                waiting.append((each, True))
                waiting.extend((consumer, False) for consumer in self._uses(each))
        return list(order)

    def _has_slope(self, node: Value) -> bool:
        """Whether the tape keeps the node's gradient in a row of its own (a slot holds the sum over the samples)."""
        place = self._tape.place.get(id(node))
        return place is not None and place < 0 and node in self._sloped

    def _uses(self, node: Value) -> list[Value]:
        """Each node that uses it, once."""
        return self._consumers.get(node, [])

    @cached_property
    def _consumers(self) -> dict[Value, list[Value]]:
        consumers: dict[Value, list[Value]] = {}
        for node in self._tape.nodes:
            for operand in dict.fromkeys(node.operands):
                if not isinstance(operand, Constant):
                    consumers.setdefault(operand, []).append(node)
        return consumers

    @cached_property
    def _sloped(self) -> set[Value]:
        """Nodes whose row gets a gradient: all that depend on a parameter, and inputs that are marked."""
        marked = {-1 - int(i) for i in self._tape.code[self._tape.code[:, OP] == INPUT][:, 1]}
        parameters = set(self._tape.parameters)
        found: set[Value] = set()
        for node in self._tape.nodes:
            learns = node in parameters or any(operand in found for operand in node.operands)
            if learns or self._tape.place.get(id(node)) in marked:
                found.add(node)
        return found

    def _dependants(self, leaf: Value) -> set[Value]:
        cache = self.__dict__.setdefault("_known_dependants", {})
        if leaf not in cache:
            found = {leaf}
            for node in self._tape.nodes:
                if any(operand in found for operand in node.operands):
                    found.add(node)
            cache[leaf] = found
        return cache[leaf]
