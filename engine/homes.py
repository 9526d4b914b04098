"""Where nodes stand when a graph is read as a tree: who uses a node, and which of its uses is read first.

The first use in the order of reading is a node's home. It is found from below: of a node's uses, the one whose way from
the root goes first to the left where the ways part. So one home costs a few ways up, whatever the size of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mgrad.engine.graph import Value

Use = tuple[Value, int]
"""A consumer, and which of its operands is meant."""


def uses_in(node: Value) -> list[Use]:
    """The uses of a node's operands by the node."""
    return [(node, place) for place in range(len(node.operands))]


def operand_of(use: Use) -> Value:
    """What is used."""
    return use[0].operands[use[1]]


class Consumers:
    """The uses of each node of a graph, in the order of computing; made by one walk over it."""

    def __init__(self, root: Value) -> None:
        once: dict[Value, Value] = {}
        many: dict[Value, list[Use]] = {}
        for node in root.nodes():
            for place, operand in enumerate(node.operands):
                if operand not in once:
                    once[operand] = node
                elif operand in many:
                    many[operand].append((node, place))
                else:
                    first = once[operand]
                    many[operand] = [(first, first.operands.index(operand)), (node, place)]
        self._once, self._many = once, many

    def share(self, node: Value) -> bool:
        """Whether it is used more than once."""
        return node in self._many

    def of(self, node: Value) -> Sequence[Use]:
        """None for the root, and for a node of another graph."""
        if node in self._many:
            return self._many[node]
        consumer = self._once.get(node)
        return () if consumer is None else ((consumer, consumer.operands.index(node)),)


class Homes:
    """`shown` says which uses have rows below a node's row, `holder` into whose row a sum is folded."""

    def __init__(
        self,
        root: Value,
        consumers: Consumers,
        shown: Callable[[Value], tuple[list[Use], list[Value]]],
        holder: Callable[[Value], Value],
    ) -> None:
        self._root, self._consumers, self._shown = root, consumers, shown
        self._find_holder = holder
        self._holders: dict[Value, Value] = {}
        self._first: dict[Value, Use] = {}
        self._depth: dict[Value, int] = {root: 0}

    def standing(self, node: Value) -> Value:
        """The node whose row stands for this one: itself, unless it is folded away."""
        holder = self._holder(node)
        if holder is not node or node is self._root:
            return holder
        uses = self._consumers.of(node)
        return node if any(self._is_shown(use) for use in uses) else self._holder(uses[0][0])

    def first(self, node: Value) -> Use:
        """The first use of a node that has a row; it is not the root."""
        waiting = [node]
        while waiting:
            node = waiting[-1]
            if node in self._depth:
                waiting.pop()
                continue
            uses = [use for use in self._consumers.of(node) if self._is_shown(use)]
            above = [holder for use in uses if (holder := self._holder(use[0])) not in self._depth]
            if above:
                waiting += above
                continue
            first = uses[0]
            for use in uses[1:]:
                first = use if self._reads_before(use, first) else first
            self._first[node] = first
            self._depth[node] = self._depth[self._holder(first[0])] + 1
        return self._first[node]

    def _is_shown(self, use: Use) -> bool:
        return len(use[0].operands) == 1 or operand_of(use) not in self._shown_hidden(use[0])

    def _shown_hidden(self, consumer: Value) -> list[Value]:
        return [] if consumer.operation is None or consumer.operation.name != "pow" else self._shown(consumer)[1]

    def _holder(self, node: Value) -> Value:
        if node.operation is None or node.operation.name != "add":
            return node
        if node not in self._holders:
            self._holders[node] = self._find_holder(node)
        return self._holders[node]

    def _reads_before(self, one: Use, other: Use) -> bool:
        """Goes up both ways until they meet; where they meet, the order of the rows decides."""
        a, b = self._holder(one[0]), self._holder(other[0])
        while a is not b:
            if self._depth[a] >= self._depth[b]:
                one = self._first[a]
                a = self._holder(one[0])
            else:
                other = self._first[b]
                b = self._holder(other[0])
        rows = self._shown(a)[0]
        return rows.index(one) < rows.index(other)
