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
    """`shown` says which uses have rows below a node's row, `goes_into` the sum that a sum may be folded into (None if
    there is none), `belongs` whether one sum, the first, has its place in the row of another."""

    def __init__(
        self,
        root: Value,
        consumers: Consumers,
        shown: Callable[[Value], tuple[list[Use], list[Value]]],
        goes_into: Callable[[Value], Value | None],
        belongs: Callable[[Value, Value], bool],
    ) -> None:
        self._root, self._consumers, self._shown = root, consumers, shown
        self._goes_into, self._belongs = goes_into, belongs
        self._orders: dict[Value, dict[Use, int]] = {}
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
        """The sum into whose row a sum is folded; any other node holds itself."""
        if node.operation is None or node.operation.name != "add":
            return node
        chain: list[Value] = [node]
        while chain[-1] not in self._holders and (above := self._goes_into(chain[-1])) is not None:
            chain.append(above)
        holder = self._holders.setdefault(chain[-1], chain[-1])
        for below in reversed(chain[:-1]):
            holder = self._holders[below] = holder if self._belongs(below, holder) else below
        return holder

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
        order = self._order(a)
        return order[one] < order[other]

    def _order(self, node: Value) -> dict[Use, int]:
        """Which row below a node's is which."""
        if node not in self._orders:
            self._orders[node] = {use: number for number, use in enumerate(self._shown(node)[0])}
        return self._orders[node]
