"""Moves: the leaves of a graph taken a step along a line, and what is compared there.

The one idea: moving one leaf and moving all of them along a direction are the same thing with other shares, so every
way to measure a slope serves both.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mgrad.engine.graph import Value

_MOST_ROUNDING = 1e-3  # no rounding excuses a larger difference


class Move:
    """Leaves that move together, each by its own share of a step."""

    def __init__(self, label: str, leaves: Sequence[Value], shares: Sequence[float]) -> None:
        self.label = label
        self.leaves = leaves
        self.shares = shares
        self.starts = [leaf.data for leaf in leaves]

    @classmethod
    def of(cls, leaf: Value) -> Move:
        return cls(leaf.label, [leaf], [1.0])

    def to(self, step: float) -> float:
        """Moves the leaves; returns the step that was made, which rounding may make a little different."""
        for leaf, start, share in zip(self.leaves, self.starts, self.shares, strict=True):
            leaf.data = start + step * share
        return self.leaves[0].data - self.starts[0] if len(self.leaves) == 1 else step

    def back(self) -> None:
        for leaf, start in zip(self.leaves, self.starts, strict=True):
            leaf.data = start

    def gradient(self) -> float:
        """What `backward` says the slope along this move is."""
        return sum(leaf.grad * share for leaf, share in zip(self.leaves, self.shares, strict=True))


def directions(leaves: Sequence[Value], count: int) -> list[Move]:
    """Random directions in which every leaf moves, by about its size where that is above 1; always the same ones.

    Shares differ in size too: with signs alone, two gradients that are wrong by as much cancel each second time.
    """
    source = random.Random(7)
    sizes = [max(1.0, abs(leaf.data)) for leaf in leaves]
    return [
        Move(f"direction {k}", leaves, [size * source.choice((-1.0, 1.0)) * source.uniform(0.5, 1.5) for size in sizes])
        for k in range(1, count + 1)
    ]


class Kink(NamedTuple):
    """A leaf that stands at a kink: `backward`'s gradient, and the slopes on both sides."""

    label: str
    analytic: float
    left: float
    right: float


@dataclass(frozen=True)
class Comparison:
    """The two slopes along one move, and how far apart they may be."""

    label: str
    analytic: float
    numeric: float
    tolerance: float
    rounding: float  # how far off the two can be only because their numbers are floats

    @property
    def difference(self) -> float:
        return abs(self.analytic - self.numeric)

    @property
    def size(self) -> float:
        return max(1.0, abs(self.analytic), abs(self.numeric))

    @property
    def share(self) -> float:
        return self.difference / self.size

    @property
    def allowed(self) -> float:
        return self.size * self.tolerance + min(self.rounding, self.size * _MOST_ROUNDING)

    @property
    def agrees(self) -> bool:
        return self.difference <= self.allowed
