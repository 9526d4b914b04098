"""Central differences: what a small move of a graph's leaves does to its loss.

The one idea: the slope of a loss along a line is also (loss(x + h) - loss(x - h)) / 2h, which needs no derivative rule
at all. Where a relu, abs, max or min changes its branch between x - h and x + h that is no slope: at such a kink there
is none, and `backward` may choose any from those on both sides.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import NamedTuple

from mgrad.engine.errors import NotFiniteError
from mgrad.engine.graph import Value
from mgrad.engine.moves import Comparison, Kink, Move

_EPSILON = sys.float_info.epsilon
# Smaller steps see less of the curvature and of kinks nearby, larger ones drown less in the loss's rounding.
_FACTORS = (1.0, 2.0**-3, 2.0**-6, 2.0**-9, 2.0**-12, 2.0**3, 2.0**6)
_ONE_SIDED = 1e-4  # how near the slope of one side must come, which is measured less exactly than that of both


class _Side(NamedTuple):
    """The graph after a step: how long it was, the loss, and which branch each kinked node takes."""

    step: float
    loss: float
    branches: list[float]


class Probe:
    """Makes small steps to both sides of where a graph's leaves stand, and looks at the loss."""

    def __init__(self, loss: Value, step: float | None, tolerance: float) -> None:
        self.loss = loss
        self.step = step
        self.tolerance = tolerance
        self.kinked = [node for node in loss.nodes() if node.operation is not None and node.operation.kinked]

    def check(self, move: Move, analytic: float) -> Comparison | Kink:
        """The first step at which both slopes agree, else the one at which they come nearest."""
        here = self.look(move, 0.0)
        smooth: list[Comparison] = []
        crossing: tuple[_Side, _Side] | None = None  # the closest two sides of a kink
        beside = math.nan
        for size, is_smaller in self.steps(move):
            left, right = self.look(move, -size), self.look(move, size)
            if not (math.isfinite(left.loss) and math.isfinite(right.loss)):
                beside = right.loss if math.isfinite(left.loss) else left.loss
                continue
            rounding = 4.0 * _EPSILON * max(abs(left.loss), abs(right.loss)) / size
            if is_smaller and rounding > self.tolerance * max(1.0, abs(analytic)) and (smooth or crossing):
                continue  # so small a step sees rounding only
            if left.branches != right.branches:
                if crossing is None or is_smaller:
                    crossing = left, right
                continue
            smooth.append(self.compare(move, analytic, left, right, rounding))
            if smooth[-1].agrees:
                return smooth[-1]
        if smooth:
            return min(smooth, key=lambda each: each.difference)
        if crossing is None:
            place = f"{move.label} = {move.starts[0]:g}"
            advice = f"So it is close to {place}, where its slope cannot be measured."
            raise NotFiniteError(self.loss.label, "value", beside, advice=advice)
        return self.judge(move, analytic, crossing[0], here, crossing[1])

    def steps(self, move: Move) -> Iterator[tuple[float, bool]]:
        """The steps to try, and whether each is smaller than the first."""
        if self.step is not None:
            yield self.step, False
            return
        share = _EPSILON ** (1 / 3)
        # The shares of a direction take the sizes of its leaves into account already.
        place = abs(move.starts[0]) if len(move.leaves) == 1 else 1.0
        base = share * max(1.0, place)
        for factor in _FACTORS:
            yield base * factor, factor < 1.0
        if 0.0 < place < 1.0:
            yield share * place, True  # close to 0 a logarithm or a root bends within the smallest of the others

    def look(self, move: Move, step: float) -> _Side:
        made = move.to(step)
        loss = self.loss.recalculate()
        branches = [
            partial(node.data, *(operand.data for operand in node.operands))
            for node in self.kinked
            if node.operation is not None
            for partial in node.operation.partials
        ]
        move.back()
        return _Side(made, loss, branches)

    def compare(self, move: Move, analytic: float, left: _Side, right: _Side, rounding: float = 0.0) -> Comparison:
        return Comparison(move.label, analytic, _slope(left, right), self.tolerance, rounding)

    def judge(self, move: Move, analytic: float, left: _Side, here: _Side, right: _Side) -> Comparison | Kink:
        """A kink only if `backward` chose a slope of one side, or one in between; else its rule is wrong."""
        both = self.compare(move, analytic, left, right)
        slopes = _slope(left, here), _slope(here, right)
        low, high = min(slopes), max(slopes)
        if high - low <= both.allowed:  # the branch changes nothing here
            return both
        margin = both.allowed + min(_ONE_SIDED * max(1.0, abs(low), abs(high)), 0.1 * (high - low))
        if low - margin <= analytic <= high + margin:
            return Kink(move.label, analytic, *slopes)
        return both


def _slope(left: _Side, right: _Side) -> float:
    return (right.loss - left.loss) / (right.step - left.step)
