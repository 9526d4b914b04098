"""Gradient check: what `backward` says against slopes that are measured without any derivative rule.

The one idea: the slope along a leaf can be seen from outside, by what a step of that leaf does to the loss. A complex
step sees it exactly where every operation is smooth; elsewhere two small real steps do. With very many leaves all of
them move at once, along random directions: a wrong gradient shows there too, and only then is it searched for.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from mgrad.engine.complex_step import complex_slope, is_analytic
from mgrad.engine.differences import Probe
from mgrad.engine.errors import GradientError, NotFiniteError, OptionError
from mgrad.engine.graph import Constant, Value
from mgrad.engine.moves import Comparison, Kink, Move
from mgrad.engine.moves import directions as random_directions

__all__ = ["GradientReport", "Kink", "gradient_check"]

Method = Literal["complex step", "central differences", "random directions"]

_EXACT, _MEASURED = 1e-10, 1e-6  # tolerances: of a complex step, of central differences
_MANY_LEAVES, _DIRECTIONS = 200, 5
_SHAKES, _SAFETY = 3, 8.0
_SHOWN = 10


@dataclass(frozen=True)
class GradientReport:
    """What a check found: all gradients agree.

    `checked` counts the leaves. `largest_difference` is that between analytic and numeric slope, as a share of them
    where they are above 1, over all leaves that do not stand at a kink (with random directions: over those); the leaves
    at kinks are in `kinks`. `method` is how the slopes were measured.
    """

    checked: int
    largest_difference: float
    kinks: tuple[Kink, ...]
    method: Method


def gradient_check(
    loss: Value,
    *,
    step: float | None = None,
    tolerance: float | None = None,
    leaves: Iterable[Value | str] | None = None,
    directions: int | None = None,
) -> GradientReport:
    """Compares the gradient of every parameter with a measured slope.

    `loss` is the root of a graph; its numbers are the same afterwards. Where no operation of it has a kink the slope is
    that of a complex step, else of central differences. These move a leaf by `step`: None means the cube root of the
    machine epsilon, times the leaf's size where that is above 1, which balances rounding and curvature (Press et al.,
    "Numerical Recipes", section 5.7), and smaller or larger ones where that one cannot tell; a number means central
    differences in any case. `tolerance` is the difference allowed, as a share of the gradient where that is above 1:
    None means 1e-10 for a complex step and 1e-6 for central differences. `leaves`, nodes or labels, are checked instead
    of the parameters.

    `directions` is the number of random directions along which all leaves move at once; only if one disagrees, or meets
    a kink, is each leaf checked by itself. None means 5 above 200 leaves, else 0: each leaf by itself.

    >>> from mgrad.engine.parsing import parse
    >>> report = gradient_check(parse("3 * tanh(x1*w1) + relu(w2)", x1=2.0, w1=0.5, w2=0.0))
    >>> report.checked, [(kink.label, round(kink.left, 6), round(kink.right, 6)) for kink in report.kinks]
    (2, [('w2', 0.0, 1.0)])
    >>> report.method, gradient_check(parse("3 * tanh(x1*w1)", x1=2.0, w1=0.5)).method
    ('central differences', 'complex step')

    Raises `GradientError` with both numbers for each gradient that is wrong, `NotFiniteError` where the loss or a
    gradient is inf or nan, `OptionError` for an option outside of what is allowed and if there is nothing to check.
    """
    for name, number in (("step", step), ("tolerance", tolerance)):
        if number is not None and not 0.0 < number < math.inf:
            raise OptionError(f"{name} is {number!r}, but must be a number above 0.")
    if directions is not None and (isinstance(directions, bool) or not isinstance(directions, int) or directions < 0):
        raise OptionError(f"directions is {directions!r}, but must be a whole number from 0 up.")
    chosen = loss.parameters() if leaves is None else _unique(_leaf(loss, leaf) for leaf in leaves)
    if not chosen:
        raise OptionError("This graph has no parameters to check: name its other leaves, as in leaves=['x1'].")
    if directions is None:
        directions = _DIRECTIONS if len(chosen) > _MANY_LEAVES else 0
    with _left_as_found(loss):
        loss.recalculate()
        loss.backward()
        _all_finite(loss, chosen)
        if directions:
            together = _along_directions(loss, random_directions(chosen, directions), step, tolerance)
            if together is not None:
                return GradientReport(len(chosen), max(each.share for each in together), (), "random directions")
        findings, method = _compare(loss, [Move.of(leaf) for leaf in chosen], step, tolerance)
    wrong = [finding for finding in findings if isinstance(finding, Comparison) and not finding.agrees]
    if wrong:
        raise GradientError(_table(wrong, len(findings), method))
    return GradientReport(
        checked=len(findings),
        largest_difference=max((each.share for each in findings if isinstance(each, Comparison)), default=0.0),
        kinks=tuple(finding for finding in findings if isinstance(finding, Kink)),
        method=method,
    )


def _compare(
    loss: Value, moves: Sequence[Move], step: float | None, tolerance: float | None
) -> tuple[Sequence[Comparison | Kink], Method]:
    analytic = [move.gradient() for move in moves]
    if step is None and is_analytic(loss):
        found = _by_complex_step(loss, moves, analytic, tolerance or _EXACT)
        if found is not None:
            return found, "complex step"
    probe = Probe(loss, step, tolerance or _MEASURED)
    return [probe.check(move, slope) for move, slope in zip(moves, analytic, strict=True)], "central differences"


def _by_complex_step(
    loss: Value, moves: Sequence[Move], analytic: Sequence[float], tolerance: float
) -> Sequence[Comparison] | None:
    found: list[Comparison] = []
    for move, slope in zip(moves, analytic, strict=True):
        numeric = complex_slope(loss, move)
        if numeric is None:
            return None
        found.append(Comparison(move.label, slope, numeric, tolerance, 0.0))
    if all(each.agrees for each in found):
        return found
    roundings = _roundings(loss, moves, analytic)
    return [replace(each, rounding=rounding) for each, rounding in zip(found, roundings, strict=True)]


def _roundings(loss: Value, moves: Sequence[Move], analytic: Sequence[float]) -> list[float]:
    """How far rounding can shift each gradient: seen by shaking the last digit of every number in the graph.

    1 - y² with y near 1, times 1e9, is off by far more than its own last digit, though no rule is wrong.
    """
    source = random.Random(7)
    shifts = [0.0] * len(moves)
    for _ in range(_SHAKES):
        for node in loss.nodes():
            if node.operation is not None:
                shaken = 1.0 + source.choice((-1.0, 1.0)) * sys.float_info.epsilon
                node.data = node.operation.forward(*(operand.data for operand in node.operands)) * shaken
        loss.backward()
        for k, move in enumerate(moves):
            shift = abs(move.gradient() - analytic[k])
            shifts[k] = max(shifts[k], shift) if math.isfinite(shift) else math.inf
    loss.recalculate()
    loss.backward()
    return [_SAFETY * shift for shift in shifts]


def _along_directions(
    loss: Value, moves: Sequence[Move], step: float | None, tolerance: float | None
) -> list[Comparison] | None:
    """The comparisons if all agree, else None: then each leaf has to be looked at."""
    try:
        findings, _ = _compare(loss, moves, step, tolerance)
    except NotFiniteError:  # a step of all leaves together leads out of where the loss is defined
        return None
    found = [each for each in findings if isinstance(each, Comparison) and each.agrees]
    return found if len(found) == len(moves) else None


def _all_finite(loss: Value, leaves: Sequence[Value]) -> None:
    if not math.isfinite(loss.data):
        advice = "The gradients of such a number cannot be checked."
        raise NotFiniteError(loss.label, "value", loss.data, advice=advice)
    for leaf in leaves:
        if not math.isfinite(leaf.grad):
            advice = "It cannot be checked where it is not finite."
            raise NotFiniteError(leaf.label, "gradient", leaf.grad, advice=advice)


def _unique(leaves: Iterable[Value]) -> list[Value]:
    return list({id(leaf): leaf for leaf in leaves}.values())


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


def _table(wrong: list[Comparison], checked: int, method: Method) -> str:
    wrong = sorted(wrong, key=lambda each: each.difference, reverse=True)
    rows = [("label", "analytic", "numeric", "difference")]
    rows += [(each.label, *map(_number, (each.analytic, each.numeric, each.difference))) for each in wrong[:_SHOWN]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
    leaves = "1 leaf" if checked == 1 else f"{checked} leaves"
    how = "a complex step" if method == "complex step" else method
    head = f"backward differs from {how} at {len(wrong)} of {leaves}, so a derivative rule is wrong:"
    return "\n    ".join([head, *lines, *more])


def _number(number: float) -> str:
    return f"{number:+.9g}"
