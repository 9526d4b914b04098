"""The complex step: a slope that is measured, yet exact to rounding.

The one idea: along an imaginary step f(x + ih) = f(x) + ih·f'(x) - ..., so the imaginary part divided by h is the
slope, with nothing subtracted and therefore nothing lost, however small h is (Squire and Trapp 1998, "Using complex
variables to estimate derivatives of real functions"). It needs forward rules that hold for complex numbers. Those of
the table of operations do over complex primitives, but for rules that compare or take sizes: these refuse complex
numbers, and sigmoid and softplus, which are smooth all the same, are written here once more.
"""

from __future__ import annotations

import cmath
import math
from cmath import nan

from mgrad.engine import scalar
from mgrad.engine.graph import Value
from mgrad.engine.moves import Move
from mgrad.engine.operations import OPERATIONS, Rule, bind

_STEP = 1e-100  # its square is nothing beside any number, and it is far from the smallest
_NEAR = 1e-6  # how near the real part must come to the loss


def is_analytic(loss: Value) -> bool:
    """Whether every operation of the graph has a rule for complex numbers."""
    operations = {node.operation for node in loss.nodes() if node.operation is not None}
    return all(
        not row.kinked and row.name in OPERATIONS and row.forward is OPERATIONS[row.name].forward for row in operations
    )


def complex_slope(loss: Value, move: Move) -> float | None:
    """The slope of the loss along a move; None where complex arithmetic does not get there."""
    along = {id(leaf): share for leaf, share in zip(move.leaves, move.shares, strict=True)}
    numbers: dict[int, complex] = {}
    try:
        for node in loss.nodes():
            if node.operation is None:
                numbers[id(node)] = complex(node.data, _STEP * along.get(id(node), 0.0))
            else:
                operands = (numbers[id(operand)] for operand in node.operands)
                numbers[id(node)] = _FORWARD[node.operation.name](*operands)
    except (ArithmeticError, TypeError, ValueError):  # a pole, an overflow, or a rule that refuses complex numbers
        return None
    answer = numbers[id(loss)]
    close = abs(answer.real - loss.data) <= _NEAR * max(1.0, abs(loss.data))
    return answer.imag / _STEP if close and math.isfinite(answer.imag) else None


def _log(a: complex) -> complex:
    return cmath.log(a) if a.real >= 0.0 else complex(nan, nan)


def _log1p(a: complex) -> complex:
    return complex(scalar.log1p(a.real), math.atan2(a.imag, 1.0 + a.real))


def _sqrt(a: complex) -> complex:
    return cmath.sqrt(a) if a.real >= 0.0 else complex(nan, nan)


def _power(a: complex, b: complex) -> complex:
    if b.imag == 0.0 and abs(a.imag) < 1e-9 * abs(a.real):
        # The angle is taken from the nearer half of the real axis: that of a negative base, π, would be rounded.
        size, angle = scalar.power(a.real, b.real), b.real * math.atan(a.imag / a.real)
        return complex(size * math.cos(angle), size * math.sin(angle))
    return a**b if a.real >= 0.0 else complex(nan, nan)


def _sigmoid(a: complex) -> complex:
    if a.real >= 0.0:
        return 1.0 / (1.0 + cmath.exp(-a))
    e = cmath.exp(a)
    return e / (1.0 + e)


def _softplus(a: complex) -> complex:
    return a + _log1p(cmath.exp(-a)) if a.real >= 0.0 else _log1p(cmath.exp(a))


_PRIMITIVES: dict[str, Rule] = {
    "exp": cmath.exp,
    "log": _log,
    "log1p": _log1p,
    "sqrt": _sqrt,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tanh": cmath.tanh,
    "divide": lambda a, b: a / b,
    "power": _power,
}
_FORWARD: dict[str, Rule] = {name: rules.forward for name, rules in bind(scalar.PRIMITIVES | _PRIMITIVES).items()} | {
    "sigmoid": _sigmoid,
    "softplus": _softplus,
}
