"""The way back through a graph: every node hands its gradient, times the local derivative, to its operands.

`hand_back` says that in a few lines. A graph that is learned from goes back again and again, and operands never change:
from the second time on a `WayBack` does the same arithmetic, in the same order, on plain lists of floats.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from mgrad.engine.collector import collector_resting
from mgrad.engine.operations import Operation, Rule

if TYPE_CHECKING:
    from mgrad.engine.graph import Value


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
_ONE = 0
_ANSWER = -3
_MARKS = tuple(object() for _ in range(3))  # for the answer and the operands
_Derivative = int | Rule  # a place in _NUMBERS; below 0 for a mark, its place less 3; or the rule

_data_of, _serial_of, _operands_of = attrgetter("data"), attrgetter("_serial"), attrgetter("operands")


def _derivatives(operation: Operation) -> list[_Derivative]:
    found: list[_Derivative] = []
    for rule in operation.partials:
        try:
            told = rule(*_MARKS[: 1 + operation.arity])
        except TypeError:  # nothing can be computed with marks
            told = None
        if told in _MARKS:
            found.append(_MARKS.index(told) - len(_MARKS))
        else:
            found.append(_NUMBERS.index(told) if told in _NUMBERS else rule)
    return found


class WayBack:
    """The way back from one root to the nodes `below` it.

    Part k of the way adds gradient `of[k]` times factor `by[k]` to gradient `to[k]`. A node whose only consumer hands
    its own gradient on, as a sum does, has no part: it shares that gradient. The root is not kept, so that no graph is
    a cycle: its operands have their gradients before all others.
    """

    def __init__(self, below: list[Value], operands: tuple[Value, ...]) -> None:
        self._below = below
        self._begin: list[int] = []  # the operands of the root
        self._of: list[int] = []
        self._by: list[int] = []
        self._to: list[int] = []
        self._read: list[Value] = []  # whose numbers are factors
        self._computed: list[tuple[Rule, list[Value]]] = []  # rules that give factors, and what they are given
        self._shared: list[int] = []  # which gradient is a node's own
        with collector_resting():
            self._prepare(operands)

    def _prepare(self, of_root: tuple[Value, ...]) -> None:
        nodes, count = self._below, len(self._below)
        numbers = dict(zip(map(_serial_of, nodes), range(count), strict=True))
        used = [numbers[serial] for serial in map(_serial_of, chain.from_iterable(map(_operands_of, nodes)))]
        self._begin = [numbers[node._serial] for node in of_root]
        uses = [0] * count
        for a in chain(used, self._begin):
            uses[a] += 1
        shared = list(range(count))
        places = [0] * count  # of a node's number among the factors; 0, where a 1 stands, if it is none of them
        known: dict[int, list[_Derivative]] = {}
        part, of, by, to = len(used), self._of, self._by, self._to
        for k in range(count - 1, -1, -1):
            node = nodes[k]
            operation = node.operation
            if operation is None:
                continue
            derivatives = known.get(id(operation))
            if derivatives is None:
                derivatives = known[id(operation)] = _derivatives(operation)
            part -= len(derivatives)
            own, at = shared[k], part
            for derivative in derivatives:
                a = used[at]
                at += 1
                if nodes[a].constant:
                    continue
                if derivative.__class__ is not int:
                    self._computed.append((derivative, [node, *node.operands]))
                    factor = -len(self._computed)  # from the end of the factors
                elif derivative >= 0:
                    if derivative == _ONE and uses[a] == 1:
                        shared[a] = own
                        continue
                    factor = derivative
                else:
                    read = k if derivative == _ANSWER else used[part + derivative + 2]
                    factor = places[read]
                    if not factor:
                        factor = places[read] = len(_NUMBERS) + len(self._read)
                        self._read.append(nodes[read])
                of.append(own)
                by.append(factor)
                to.append(a)
        self._shared = shared

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
