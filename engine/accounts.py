"""The account of a gradient, and of what a node is made of: lines with numbers that add up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from mgrad.engine.graph import Value


class Numbers(Protocol):
    """Values and gradients of nodes: those in the graph, or in a snapshot."""

    def value(self, node: Value, /) -> float: ...

    def gradient(self, node: Value, /) -> float: ...


class _InGraph:
    def value(self, node: Value, /) -> float:
        return node.data

    def gradient(self, node: Value, /) -> float:
        return node.grad


IN_GRAPH = _InGraph()


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One use of a node: `upstream` (dL/dc) × `local` (dc/dn) is the `part` of its gradient that comes from there.

    `consumer` is the node c whose row is shown. A product or power in a sum counts as one with the sum, whose gradient
    is its own: then `through` is that term, which `captions` shows, and `local` its derivative.
    """

    consumer: Value
    through: Value
    captions: tuple[str, ...]
    upstream: float
    local: float

    @property
    def label(self) -> str:
        return self.consumer.label

    @property
    def part(self) -> float:
        return self.upstream * self.local


@dataclass(frozen=True, slots=True)
class Account:
    """Where a gradient comes from: the parts of `lines`, and `rounding`, add up to `gradient`."""

    node: Value
    lines: tuple[AccountLine, ...]
    gradient: float

    @property
    def total(self) -> float:
        """The exact sum of the parts, rounded once."""
        return _exact_sum([line.part for line in self.lines])

    @property
    def rounding(self) -> float:
        """What is left of the gradient beside the parts: floats were added in another order. 0 where not finite."""
        rest = _exact_sum([self.gradient, *(-line.part for line in self.lines)]) if self.lines else 0.0
        return rest if math.isfinite(rest) else 0.0


@dataclass(frozen=True, slots=True)
class Local:
    """An operand, its value, and the derivative of the node by it."""

    operand: Value
    value: float
    derivative: float


def _exact_sum(numbers: list[float]) -> float:
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # it leaves the floats on its way, or has both infinities
        return sum(numbers)
