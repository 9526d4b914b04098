"""The way back through a graph: every node hands its gradient, times the local derivative, to its operands.

A graph that is learned from goes this way again and again, and operands never change: from the second time on, what
each node has to do is looked up in a list of plain tuples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mgrad.engine.operations import Rule

if TYPE_CHECKING:
    from mgrad.engine.graph import Value

# A node, its first operand and the derivative by it, its second operand and the derivative by that. A derivative is
# None where the operand is a constant, which has no gradient; a second operand is None where there is none.
Step = tuple["Value", "Value", Rule | None, "Value | None", Rule | None]


def steps_back(nodes: Iterable[Value]) -> Iterator[Step]:
    """What the computed ones of these nodes have to do, in their order."""
    for node in nodes:
        if node.operation is None:
            continue
        operands = node.operands
        wanted = [
            None if operand.constant else partial
            for operand, partial in zip(operands, node.operation.partials, strict=True)
        ]
        if len(operands) == 1:
            yield node, operands[0], wanted[0], None, None
        else:
            yield node, operands[0], wanted[0], operands[1], wanted[1]


def hand_back(steps: Iterable[Step]) -> None:
    """Adds to the gradients of all operands."""
    for node, a, by_a, b, by_b in steps:
        gradient = node.grad
        if b is None:
            if by_a is not None:
                a.grad += gradient * by_a(node.data, a.data)
        else:
            y, x, z = node.data, a.data, b.data
            if by_a is not None:
                a.grad += gradient * by_a(y, x, z)
            if by_b is not None:
                b.grad += gradient * by_b(y, x, z)
