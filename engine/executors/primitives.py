"""The primitives of arithmetic for compiled code: scalar source that a compiler can turn into vector code.

exp and tanh are branch-free polynomials at 2 units in the last place: the range is reduced with the trick of adding a
large number whose low bits then hold the rounded quotient, so that no conversion stops the compiler from vectorising.
Cut-offs are written so that nan, for which every comparison is false, passes through.
"""

# pyright: reportCallIssue=false
# (An intrinsic is called without its first parameter.)
from __future__ import annotations

import math
from math import factorial

import numba
import numpy as np

from mgrad.engine.executors.intrinsics import bits, from_bits

# For functions that only other compiled code calls: without wrappers for Python, which cost compile time.
compiled = numba.njit(
    error_model="numpy", nogil=True, boundscheck=False, no_cpython_wrapper=True, no_cfunc_wrapper=True
)

_SHIFTER = 6755399441055744.0  # 1.5 * 2**52
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# exp(r) = 1 + r + r² (1/2! + r/3! + ... ), highest power first
_C13, _C12, _C11, _C10, _C9, _C8, _C7, _C6, _C5, _C4, _C3, _C2 = (1.0 / factorial(k) for k in range(13, 1, -1))


_SHIFTER_BITS = int(np.float64(_SHIFTER).view(np.int64))


@compiled
def _series(r: float) -> float:
    """exp(r) - 1 for |r| <= ln 2 / 2."""
    q = _C13
    q = q * r + _C12
    q = q * r + _C11
    q = q * r + _C10
    q = q * r + _C9
    q = q * r + _C8
    q = q * r + _C7
    q = q * r + _C6
    q = q * r + _C5
    q = q * r + _C4
    q = q * r + _C3
    q = q * r + _C2
    return q * (r * r) + r


@compiled
def exp(a: float) -> float:
    x = 710.0 if a > 710.0 else a
    x = -746.0 if x < -746.0 else x
    shifted = x * _LOG2E + _SHIFTER
    k = shifted - _SHIFTER
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    whole = bits(shifted) - _SHIFTER_BITS
    half = whole >> 1  # 2**k in two factors, since k reaches beyond the exponents of normal numbers
    first = from_bits((half + 1023) << 52)
    second = from_bits((whole - half + 1023) << 52)
    return (1.0 + _series(r)) * first * second


@compiled
def tanh(a: float) -> float:
    size = abs(a)
    x = 2.0 * (20.0 if size > 20.0 else size)
    shifted = x * _LOG2E + _SHIFTER
    k = shifted - _SHIFTER
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    scale = from_bits((bits(shifted) - _SHIFTER_BITS + 1023) << 52)
    e = scale * _series(r) + (scale - 1.0)  # exp(2|a|) - 1, exact near 0
    return math.copysign(e / (e + 2.0), a)


@compiled
def log(a: float) -> float:
    return math.log(a)


@compiled
def log1p(a: float) -> float:
    return math.log1p(a)


@compiled
def sqrt(a: float) -> float:
    return math.sqrt(a)


@compiled
def sin(a: float) -> float:
    return math.sin(a)


@compiled
def cos(a: float) -> float:
    return math.cos(a)


@compiled
def absolute(a: float) -> float:
    return abs(a)


@compiled
def divide(a: float, b: float) -> float:
    return a / b


@compiled
def power(a: float, b: float) -> float:
    return math.pow(a, b)


@compiled
def where(condition: bool, a: float, b: float) -> float:
    return a if condition else b


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
