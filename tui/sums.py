"""The lines of a sum, written so that a person can add them up: what is printed adds up exactly to the printed total.

All parts stand at one scale, with one decimal more than their total; what the printed parts leave of the printed total
is a last line of its own, the rounding.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from mgrad.tui import formats

WIDTH = 8
"""Cells of a part."""
MAX_DIGITS = 700
"""More than lie between the largest and the smallest float."""


@dataclass(frozen=True)
class Written:
    """The texts of the parts and of their total, and of what is left between them ("" where nothing is)."""

    parts: tuple[str, ...]
    total: str
    rounding: str


def written(parts: Sequence[float], total: float) -> Written:
    """The lines for parts that add up to a total.

    >>> written([0.12345, -0.2], -0.07655)
    Written(parts=('+0.12345', '−0.20000'), total='−0.0766', rounding='−0.00005')
    >>> written([-0.00393], -0.00393)
    Written(parts=(' −0.0039',), total='−0.0039', rounding='')
    >>> written([1e-5, 2.04e-5], 3.04e-5).parts
    ('+1.00e−5', '+2.04e−5')
    """
    shown = formats.value(total)
    if not parts or not all(map(math.isfinite, (total, *parts))):
        return Written(tuple(formats.value(part).rjust(WIDTH) for part in parts), shown, "")
    texts = _at_one_scale(parts, shown, more=len(parts) > 1)
    with localcontext(prec=MAX_DIGITS):
        rest = number(shown) - sum(map(number, texts))
    return Written(tuple(text.rjust(WIDTH) for text in texts), shown, _exactly(rest).rjust(WIDTH) if rest else "")


def exact(parts: Iterable[float]) -> float:
    """The sum, rounded once; nan where floats do not hold it."""
    try:
        return math.fsum(parts)
    except (OverflowError, ValueError):
        return math.nan


def number(text: str) -> Decimal:
    """The number that a printed text says, exactly."""
    return Decimal(text.strip().replace(formats.MINUS, "-"))


def _at_one_scale(parts: Sequence[float], shown: str, more: bool) -> list[str]:
    mantissa, _, power = shown.strip().partition("e")
    decimals = len(mantissa.partition(".")[2]) + more
    exponent = int(power.replace(formats.MINUS, "-")) if power else 0
    largest = max(map(abs, parts))
    size = math.floor(math.log10(largest)) if largest else 0
    scales = [(exponent, n) for n in range(decimals, 0, -1)] + [(size, n) for n in (2, 1, 0)] + [(size + 1, 0)]
    texts: list[str] = []
    for scale in scales:
        texts = [_text(part, *scale) for part in parts]
        if all(len(text) <= WIDTH for text in texts):
            return texts
    return texts  # numbers near the ends of what floats hold: an exponent of three digits


def _text(part: float, exponent: int, decimals: int) -> str:
    scaled = Decimal(part).scaleb(-exponent)
    text = f"{scaled:+.{decimals}f}" if abs(scaled) < 10**WIDTH else "too wide" * 2
    if not scaled or not Decimal(text if text[0] in "+-" else 1):
        text = text.replace("-", "+")  # a zero has no sign of its own
    return (f"{text}e{exponent}" if exponent else text).replace("-", formats.MINUS)


def _exactly(rest: Decimal) -> str:
    """All digits of it: as a plain number where that is short."""
    plain = f"{rest:+f}"
    if len(plain) > WIDTH + 1:
        digits = rest.normalize()
        plain = f"{digits:+e}" if len(f"{digits:+e}") < len(plain) else plain
        plain = plain.replace("e+", "e")
    return plain.replace("-", formats.MINUS)
