"""The way back through a graph: every node hands its gradient, times the local derivative, to its operands.

`hand_back` says that in a few lines. A graph that is learned from goes back again and again, and operands never change:
from the second time on a `WayBack` does the same arithmetic, in the same order, on plain lists of floats.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from mgrad.engine.collector import collector_resting
from mgrad.engine.operations import Operation, Rule

if TYPE_CHECKING:
    from mgrad.engine.graph import Value
    from mgrad.engine.shape import Shape


def hand_back(nodes: Iterable[Value]) -> None:
    """Adds to the gradients of all operands of these nodes, which come consumers first."""
    for node in nodes:
        operation = node.operation
        if operation is None:
            continue
        gradient = node.grad
        if operation.arity == 1:
            (a,) = node.operands
            if not a.constant:
                a.grad += gradient * operation.partials[0](node.data, a.data)
        else:
            a, b = node.operands
            by_a, by_b = operation.partials
            if not a.constant:
                a.grad += gradient * by_a(node.data, a.data, b.data)
            if not b.constant:
                b.grad += gradient * by_b(node.data, a.data, b.data)


# What a derivative is, as the table has it: a number (that of a sum is 1), or one of the numbers at hand (that of a
# product is the other operand), or something to compute. A rule that only passes something on does so with marks too.
_NUMBERS = (1.0, -1.0)
_MARKS = tuple(object() for _ in range(3))  # for the answer and the operands
_ANSWER, _LEFT, _ONE, _RULE = -3, -2, 0, len(_NUMBERS)  # codes: marks are below 0, and then come the numbers

_data_of = attrgetter("data")


def _codes(operation: Operation) -> list[int]:
    """One for each derivative."""
    found = []
    for rule in operation.partials:
        try:
            told = rule(*_MARKS[: 1 + operation.arity])
        except TypeError:  # nothing can be computed with marks
            told = None
        if told in _MARKS:
            found.append(_MARKS.index(told) - len(_MARKS))
        else:
            found.append(_NUMBERS.index(told) if told in _NUMBERS else _RULE)
    return found


class WayBack:
    """The way back from one root to the nodes `below` it.

    Part k of the way adds gradient `of[k]` times factor `by[k]` to gradient `to[k]`. A node whose only consumer hands
    its own gradient on, as a sum does, has no part: it shares that gradient. The root is not kept, so that no graph is
    a cycle: its operands have their gradients before all others.
    """

    def __init__(self, below: list[Value], shape: Shape, operands: tuple[Value, ...]) -> None:
        self._below = below
        self._begin: list[int] = []  # the operands of the root
        self._of: list[int] = []
        self._by: list[int] = []
        self._to: list[int] = []
        self._read: list[Value] = []  # whose numbers are factors
        self._computed: list[tuple[Rule, list[Value]]] = []  # rules that give factors, and what they are given
        self._shared: list[int] = []  # which gradient is a node's own
        with collector_resting():
            self._prepare(shape, operands)

    def _prepare(self, shape: Shape, of_root: tuple[Value, ...]) -> None:
        """By arrays over all uses at once: use n is made by node consumer[n], of node used[n], as operand place[n]."""
        import numpy as np  # from the second time on: a graph that goes back once does without

        nodes, count, used, starts = self._below, len(self._below), shape.used, shape.starts
        consumer = np.repeat(np.arange(count), shape.arity)
        begin = np.searchsorted(shape.serials, [node._serial for node in of_root])
        codes = np.array([[*_codes(row), _RULE][:2] for row in shape.operations])
        code = codes[shape.kinds[consumer], np.arange(len(used)) - starts[consumer]]

        once = np.bincount(used, minlength=count) + np.bincount(begin, minlength=count) == 1
        constant = shape.constant[used]
        passes = ~constant & (code == _ONE) & once[used]
        shared = np.arange(count)
        shared[used[passes]] = consumer[passes]
        while (shared[shared] != shared).any():
            shared = shared[shared]

        parts = np.flatnonzero(~constant & ~passes)
        parts = parts[np.argsort(-consumer[parts], kind="stable")]
        at, to, by = consumer[parts], used[parts], code[parts]
        marked, ruled = np.flatnonzero(by < 0), np.flatnonzero(by == _RULE)
        user, mark = at[marked], by[marked]
        read = np.where(mark == _ANSWER, user, used[starts[user] + np.maximum(mark - _LEFT, 0)])
        places, by[marked] = np.unique(read, return_inverse=True)
        by[marked] += len(_NUMBERS)
        by[ruled] = np.arange(-1, -1 - len(ruled), -1)  # from the end of the factors
        for k, a in zip(at[ruled].tolist(), (parts - starts[at])[ruled].tolist(), strict=True):
            rule = nodes[k].operation.partials[a]  # pyright: ignore[reportOptionalMemberAccess]
            self._computed.append((rule, [nodes[k], *nodes[k].operands]))
        self._read = [nodes[k] for k in places.tolist()]
        self._begin, self._shared = begin.tolist(), shared.tolist()
        self._of, self._by, self._to = shared[at].tolist(), by.tolist(), to.tolist()

    def go(self) -> None:
        """Fills the gradients of all nodes below the root, from those of the root's operands."""
        computed = [rule(*map(_data_of, given)) for rule, given in self._computed]
        factors = [*_NUMBERS, *map(_data_of, self._read), *reversed(computed)]
        gradients = [0.0] * len(self._below)
        for a in self._begin:
            gradients[a] = self._below[a].grad
        for of, by, to in zip(self._of, self._by, self._to, strict=True):
            gradients[to] += gradients[of] * factors[by]
        for node, own in zip(self._below, self._shared, strict=True):
            node.grad = gradients[own]
