"""The primitives of arithmetic for compiled code, for single numbers and for lanes from one text.

exp and tanh are branch-free polynomials at 2 units in the last place: the range is reduced with the trick of adding a
large number, whose low bits then hold the rounded quotient. log is one at 1 unit, of a number without its power of 2.
Cut-offs are written so that nan, for which every comparison is false, passes through.
"""

from __future__ import annotations

from math import factorial

from mgrad.engine.executors.lanes import SHIFTER, absolute, copysign, cos, parts, power, scale, sin, sqrt, two_to, where

_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# exp(r) = 1 + r + r² (1/2! + r/3! + ... ), highest power first
_C13, _C12, _C11, _C10, _C9, _C8, _C7, _C6, _C5, _C4, _C3, _C2 = (1.0 / factorial(k) for k in range(13, 1, -1))


def _series(r):
    """exp(r) - 1 for |r| <= ln 2 / 2."""
    s = r * r
    # Two halves side by side: a shorter chain of dependent operations.
    even = ((((_C12 * s + _C10) * s + _C8) * s + _C6) * s + _C4) * s + _C2
    odd = ((((_C13 * s + _C11) * s + _C9) * s + _C7) * s + _C5) * s + _C3
    return s * (odd * r + even) + r


def exp(a):
    x = where(a > 710.0, 710.0, a)
    x = where(x < -746.0, -746.0, x)
    shifted = x * _LOG2E + SHIFTER
    k = shifted - SHIFTER
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    return scale(1.0 + _series(r), shifted)


# h · coth(h) = 1 + h² / 3 - h⁴ / 45 + ..., of Bernoulli's numbers, for |h| <= ln 2 / 4
_H2, _H4, _H6, _H8, _H10, _H12 = (
    1.0 / 3.0, -1.0 / 45.0, 2.0 / 945.0, -1.0 / 4725.0, 2.0 / 93555.0, -1382.0 / 638512875.0,
)  # fmt: skip


def tanh(a):
    size = absolute(a)
    x = where(size > 20.0, 20.0, size)
    # exp(2x) is 2**k exp(2h). Three pairs of terms side by side: a shorter chain of dependent operations.
    shifted = x * (2.0 * _LOG2E) + SHIFTER
    k = shifted - SHIFTER
    h = (x - k * (0.5 * _LN2_HIGH)) - k * (0.5 * _LN2_LOW)
    z = h * h
    w = z * z
    c = (((_H12 * z + _H10) * w + (_H8 * z + _H6)) * w + (_H4 * z + _H2)) * z + 1.0
    # exp(2h) - 1 is 2h / d, and exp(2x) - 1 is e / d, exact near 0: (exp(2x) - 1) / (exp(2x) + 1) takes one division.
    d = c - h
    power_of_two = two_to(shifted)
    e = power_of_two * (2.0 * h) + (power_of_two - 1.0) * d
    return copysign(e / (e + 2.0 * d), a)


# log(1 + f) by s = f / (2 + f), with the coefficients of Sun's fdlibm
_LOG = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip
_L1, _L2, _L3, _L4, _L5, _L6, _L7 = _LOG
_LEAST_NORMAL, _INFINITE = 2.0**-1022, float("inf")


def log(a):
    tiny = a < _LEAST_NORMAL
    m, k = parts(where(tiny, a * 2.0**54, a))
    k = where(tiny, k - 54.0, k)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    rest = w * (w * (w * _L6 + _L4) + _L2) + z * (w * (w * (w * _L7 + _L5) + _L3) + _L1)
    half = 0.5 * f * f
    found = k * _LN2_HIGH - ((half - (s * (half + rest) + k * _LN2_LOW)) - f)
    found = where(a == _INFINITE, a, found)
    return where(a > 0.0, found, where(a == 0.0, -_INFINITE, _INFINITE - _INFINITE))


def log1p(a):
    # What rounding took from 1 + a is put right by a factor (Hewlett-Packard's way, see Goldberg 1991, theorem 4).
    u = 1.0 + a
    return where(u == 1.0, a, log(u) * (a / (u - 1.0)))


def divide(a, b):
    return a / b


PRIMITIVES = {
    "exp": exp,
    "tanh": tanh,
    "log": log,
    "log1p": log1p,
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "absolute": absolute,
    "divide": divide,
    "power": power,
    "where": where,
}
