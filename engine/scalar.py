"""The primitives of arithmetic on Python floats, as IEEE 754 has them.

Python's own `math` raises where IEEE has an answer (`1/0`, `exp(1000)`, `log(-1)`, `(-2)**0.5`). Here overflow is inf,
an impossible number is nan, and nothing raises or turns complex. The table of operations is written in these names;
every executor brings its own versions of them.
"""

from __future__ import annotations

import math
from math import inf, nan
from numbers import Real

from mgrad.engine.errors import OperandError


def as_float(number: object, rule: str = "A value is a number") -> float:
    """The nearest float; inf for a whole number beyond the largest; an `OperandError` for what is no number."""
    if not isinstance(number, Real):
        raise OperandError(f"{rule}, but {number!r} was given.")
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf  # pyright: ignore[reportOperatorIssue]


def exp(a: float) -> float:
    """e to the power of a; inf above about 709.78."""
    try:
        return math.exp(a)
    except OverflowError:
        return inf


def log(a: float) -> float:
    """Natural logarithm; -inf at 0, nan below."""
    if a > 0.0:
        return math.log(a)
    return -inf if a == 0.0 else nan


def log1p(a: float) -> float:
    """log(1 + a), exact for small a; -inf at -1, nan below."""
    if a > -1.0:
        return math.log1p(a)
    return -inf if a == -1.0 else nan


def sqrt(a: float) -> float:
    """Square root; nan below 0."""
    return math.sqrt(a) if a >= 0.0 else nan


def sin(a: float) -> float:
    """Sine of a in radians; nan at ±inf."""
    return math.sin(a) if math.isfinite(a) else nan


def cos(a: float) -> float:
    """Cosine of a in radians; nan at ±inf."""
    return math.cos(a) if math.isfinite(a) else nan


tanh = math.tanh
absolute = math.fabs


def divide(a: float, b: float) -> float:
    """a / b; ±inf for a number over zero (by the signs of both), nan for 0/0."""
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or math.isnan(a):
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """a to the power of b, as C's pow: nan for a negative base with a broken exponent."""
    try:
        return math.pow(a, b)
    except ValueError:  # 0 to a negative power, or a negative base to a broken one
        if a != 0.0:
            return nan
        return math.copysign(inf, a) if _is_odd(b) else inf
    except OverflowError:
        return -inf if a < 0.0 and _is_odd(b) else inf


def _is_odd(b: float) -> bool:
    return abs(math.fmod(b, 2.0)) == 1.0  # exact, where % rounds: -0.9999999999999999 % 2.0 is 1.0


def where(condition: bool, a: float, b: float) -> float:
    """a where the condition holds, else b."""
    return a if condition else b


PRIMITIVES = {function.__name__: function for function in (exp, log, log1p, sqrt, sin, cos, divide, power, where)} | {
    "tanh": tanh,
    "absolute": absolute,
}
