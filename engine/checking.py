"""Gradient check: what `backward` says against what a small move of each leaf does.

The one idea: the slope of a loss along a leaf is also (loss(x + h) - loss(x - h)) / 2h, which needs no derivative rule
at all. Where the two disagree a rule is wrong, unless a relu, abs, max or min changes its branch between x - h and
x + h: at such a kink there is no single slope, and `backward` may choose any from those on both sides.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from mgrad.engine.errors import GradientError, NotFiniteError, OptionError
from mgrad.engine.graph import Constant, Value

_EPSILON = sys.float_info.epsilon
# Smaller steps see less of the curvature and of kinks nearby, larger ones drown less in the loss's rounding.
_FACTORS = (1.0, 2.0**-3, 2.0**-6, 2.0**-9, 2.0**-12, 2.0**3, 2.0**6)
_MOST_ROUNDING = 1e-3  # no rounding excuses a larger difference
_ONE_SIDED = 1e-4  # how near the slope of one side must come, which is measured less exactly than that of both
_SHOWN = 10


class Kink(NamedTuple):
    """A leaf that stands at a kink: `backward`'s gradient, and the slopes on both sides."""

    label: str
    analytic: float
    left: float
    right: float


@dataclass(frozen=True)
class GradientReport:
    """What a check found: all gradients agree.

    `checked` counts the leaves. `largest_difference` is that between analytic and numeric gradient, as a share of them
    where they are above 1, over all leaves that do not stand at a kink; those are in `kinks`.
    """

    checked: int
    largest_difference: float
    kinks: tuple[Kink, ...]


def gradient_check(
    loss: Value,
    *,
    step: float | None = None,
    tolerance: float = 1e-6,
    leaves: Iterable[Value | str] | None = None,
) -> GradientReport:
    """Compares the gradient of every parameter with central differences.

    `loss` is the root of a graph; its numbers are the same afterwards. `step` is the move of a leaf; None means the
    cube root of the machine epsilon, times the leaf's size where that is above 1, which balances rounding and curvature
    (Press et al., "Numerical Recipes", section 5.7), and smaller or larger ones where that one cannot tell. `tolerance`
    is the difference allowed, as a share of the gradient where that is above 1. `leaves`, nodes or labels, are checked
    instead of the parameters.

    >>> from mgrad.engine.parsing import parse
    >>> report = gradient_check(parse("3 * tanh(x1*w1) + relu(w2)", x1=2.0, w1=0.5, w2=0.0))
    >>> report.checked, [(kink.label, round(kink.left, 6), round(kink.right, 6)) for kink in report.kinks]
    (2, [('w2', 0.0, 1.0)])

    Raises `GradientError` with both numbers for each gradient that is wrong, `NotFiniteError` where the loss or a
    gradient is inf or nan, `OptionError` for a step or tolerance that is none and if there is nothing to check.
    """
    for name, number in (("step", step), ("tolerance", tolerance)):
        if number is not None and not 0.0 < number < math.inf:
            raise OptionError(f"{name} is {number!r}, but must be a number above 0.")
    chosen = loss.parameters() if leaves is None else [_leaf(loss, leaf) for leaf in leaves]
    if not chosen:
        raise OptionError("This graph has no parameters to check: name its other leaves, as in leaves=['x1'].")
    with _left_as_found(loss):
        loss.recalculate()
        loss.backward()
        probe = _Probe(loss, step, tolerance)
        findings = [probe.check(leaf, leaf.grad) for leaf in chosen]
    wrong = [finding for finding in findings if isinstance(finding, _Comparison) and not finding.agrees]
    if wrong:
        raise GradientError(_table(wrong, len(findings)))
    return GradientReport(
        checked=len(findings),
        largest_difference=max((each.share for each in findings if isinstance(each, _Comparison)), default=0.0),
        kinks=tuple(finding for finding in findings if isinstance(finding, Kink)),
    )


class _Side(NamedTuple):
    """The graph with one leaf moved: where the leaf stands, the loss, and which branch each kinked node takes."""

    place: float
    loss: float
    branches: list[float]


@dataclass(frozen=True)
class _Comparison:
    label: str
    analytic: float
    numeric: float
    tolerance: float
    rounding: float  # how far off the numeric gradient can be because the loss is a float

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


class _Probe:
    """Moves one leaf at a time and looks at the loss."""

    def __init__(self, loss: Value, step: float | None, tolerance: float) -> None:
        self.loss = loss
        self.step = step
        self.tolerance = tolerance
        self.kinked = [node for node in loss.nodes() if node.operation is not None and node.operation.kinked]
        if not math.isfinite(loss.data):
            raise _not_finite(loss.label, "value", loss.data, "The gradients of such a number cannot be checked.")

    def check(self, leaf: Value, analytic: float) -> _Comparison | Kink:
        """The first step at which both gradients agree, else the one at which they come nearest."""
        if not math.isfinite(analytic):
            raise _not_finite(leaf.label, "gradient", analytic, "It cannot be checked where it is not finite.")
        here = self.look(leaf, leaf.data)
        smooth: list[_Comparison] = []
        crossing: tuple[_Side, _Side] | None = None  # the closest two sides of a kink
        beside = math.nan
        for size, is_smaller in self.steps(here.place):
            left, right = self.look(leaf, here.place - size), self.look(leaf, here.place + size)
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
            smooth.append(self.compare(leaf, analytic, left, right, rounding))
            if smooth[-1].agrees:
                return smooth[-1]
        if smooth:
            return min(smooth, key=lambda each: each.difference)
        if crossing is None:
            advice = f"So it is close to {leaf.label} = {here.place:g}, where its slope cannot be measured."
            raise _not_finite(self.loss.label, "value", beside, advice)
        return self.judge(leaf, analytic, crossing[0], here, crossing[1])

    def steps(self, place: float) -> Iterator[tuple[float, bool]]:
        """The moves to try, and whether each is smaller than the first."""
        if self.step is not None:
            yield self.step, False
            return
        share = _EPSILON ** (1 / 3)
        base = share * max(1.0, abs(place))
        for factor in _FACTORS:
            yield base * factor, factor < 1.0
        if 0.0 < abs(place) < 1.0:
            yield share * abs(place), True  # close to 0 a logarithm or a root bends within the smallest of the others

    def look(self, leaf: Value, place: float) -> _Side:
        before, leaf.data = leaf.data, place
        loss = self.loss.recalculate()
        branches = [
            partial(node.data, *(operand.data for operand in node.operands))
            for node in self.kinked
            if node.operation is not None
            for partial in node.operation.partials
        ]
        leaf.data = before
        return _Side(place, loss, branches)

    def compare(self, leaf: Value, analytic: float, left: _Side, right: _Side, rounding: float = 0.0) -> _Comparison:
        return _Comparison(leaf.label, analytic, _slope(left, right), self.tolerance, rounding)

    def judge(self, leaf: Value, analytic: float, left: _Side, here: _Side, right: _Side) -> _Comparison | Kink:
        """A kink only if `backward` chose a slope of one side, or one in between; else its rule is wrong."""
        both = self.compare(leaf, analytic, left, right)
        slopes = _slope(left, here), _slope(here, right)
        low, high = min(slopes), max(slopes)
        if high - low <= both.allowed:  # the branch changes nothing here
            return both
        margin = both.allowed + min(_ONE_SIDED * max(1.0, abs(low), abs(high)), 0.1 * (high - low))
        if low - margin <= analytic <= high + margin:
            return Kink(leaf.label, analytic, *slopes)
        return both


def _slope(left: _Side, right: _Side) -> float:
    return (right.loss - left.loss) / (right.place - left.place)


def _leaf(loss: Value, given: Value | str) -> Value:
    label = given if isinstance(given, str) else given.label
    node = loss[label]
    if node.operation is not None or isinstance(node, Constant) or (isinstance(given, Value) and node is not given):
        raise OptionError(f"{label} is not a leaf of this graph that can be moved: a leaf is checked, or a parameter.")
    return node


@contextmanager
def _left_as_found(loss: Value) -> Iterator[None]:
    found = [(node, node.data, node.grad) for node in loss.nodes()]
    try:
        yield
    finally:
        for node, data, grad in found:
            node.data, node.grad = data, grad


def _not_finite(label: str, quantity: str, number: float, advice: str) -> NotFiniteError:
    error = NotFiniteError(label, quantity, number)
    what = f"{label} is" if quantity == "value" else f"The gradient of {label} is"
    error.args = (f"{what} {number:+}. {advice}",)  # there is no training here whose rate could be at fault
    return error


def _table(wrong: list[_Comparison], checked: int) -> str:
    wrong = sorted(wrong, key=lambda each: each.difference, reverse=True)
    rows = [("label", "analytic", "numeric", "difference")]
    rows += [(each.label, *map(_number, (each.analytic, each.numeric, each.difference))) for each in wrong[:_SHOWN]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
    leaves = "1 leaf" if checked == 1 else f"{checked} leaves"
    head = f"backward differs from central differences at {len(wrong)} of {leaves}, so a derivative rule is wrong:"
    return "\n    ".join([head, *lines, *more])


def _number(number: float) -> str:
    return f"{number:+.9g}"
