"""How numbers are written on screen: each kind has one width, so that nothing moves while it changes.

Signed numbers start with their sign; minus is U+2212. Whatever the number, the text is as wide as its kind says.
"""

import math

MINUS = "−"
VALUE, LOSS, EPOCH, STEP, SPEED = 7, 6, 6, 7, 8
"""Widths of the kinds, in cells."""


def value(x: float | None) -> str:
    """A value, gradient or weight in 7 cells; None (not there yet) is a dot.

    >>> [value(x) for x in (0.0412, -12.345, 1234.5, -4.1e-5, 1e-12, 3e4)]
    ['+0.0412', '−12.345', '+1234.5', '−4.1e−5', ' +1e−12', ' +3.0e4']
    >>> value(None), value(float("nan")), value(float("-inf"))
    ('   ·   ', '   +nan', '   −inf')
    """
    return "·".center(VALUE) if x is None else _fitted(x, VALUE, "+")


def loss(x: float | None) -> str:
    """A loss in 6 cells, without a plus.

    >>> [loss(x) for x in (0.06814, 12.3456, 4.1e-5, 3.2e7, float("inf"), None)]
    ['0.0681', '12.346', '4.1e−5', ' 3.2e7', '   inf', '   ·  ']
    """
    return "   ·  " if x is None else _fitted(x, LOSS, "")


def accuracy(share: float | None) -> str:
    """A share of 0 to 1 as percent in 3 cells, rounded down: 100 only if all are right.

    >>> accuracy(0.999), accuracy(1.0), accuracy(None)
    (' 99', '100', '  ·')
    """
    return "  ·" if share is None or not math.isfinite(share) else f"{percent(share):3d}"


def r2(number: float | None) -> str:
    """R² in 4 cells, rounded down: 1.00 only if all is explained.

    >>> r2(0.999), r2(1.0), r2(-0.44), r2(-1e9), r2(None)
    ('0.99', '1.00', '−0.5', '<−10', '  · ')
    """
    if number is None or not math.isfinite(number):
        return "  · "
    if number < 0:
        return f"{math.floor(number * 10) / 10:.1f}".replace("-", MINUS) if number >= -9.9 else f"<{MINUS}10"
    return f"{percent(number) / 100:.2f}"


def percent(share: float) -> int:
    """Whole percent of a share, rounded down, though 0.29 is stored a hair below 29 hundredths.

    >>> percent(0.29), percent(249 / 250), percent(1.0)
    (29, 99, 100)
    """
    return min(100, max(0, math.floor(share * 100 + 1e-9)))


def count(n: int, width: int = STEP) -> str:
    """A count of steps or epochs, right-aligned; from a million in M, G, T. What stands before it keeps its distance.

    >>> count(4300), count(12_345_678), count(172, 6), count(155_621, 6)
    ('   4300', '  12.3M', '   172', '  155k')
    """
    if width < STEP and 100_000 <= n < 1_000_000:
        return f"{n // 1000}k".rjust(width)
    return (str(n) if n < 1_000_000 else _with_unit(n)).rjust(width)


def speed(steps_a_second: float | None) -> str:
    """Speed in 8 cells; None is as fast as the machine goes.

    >>> [speed(v) for v in (1, 500, 25_300, 1.7e6, None)]
    ['  1 st/s', '500 st/s', ' 25.3k/s', '  1.7M/s', '    full']
    """
    if steps_a_second is None:
        text = "full"
    elif steps_a_second < 999.5:
        text = f"{steps_a_second:.0f} st/s"
    else:
        text = _with_unit(steps_a_second) + "/s"
    return text.rjust(SPEED)


def duration(seconds: float) -> str:
    """A short time in 6 cells.

    >>> [duration(t) for t in (8.24e-6, 0.00031, 0.0412, 2.5)]
    ['8.2 µs', '310 µs', ' 41 ms', ' 2.5 s']
    """
    for unit, scale in (("µs", 1e6), ("ms", 1e3)):
        if seconds * scale < 999.5:
            number = seconds * scale
            return f"{f'{number:.1f}' if number < 9.95 else f'{number:.0f}'} {unit}".rjust(6)
    return f"{seconds:.1f} s".rjust(6)


def exponent(x: float) -> str:
    """A logarithm to base ten in 5 cells; a dot where there is none.

    >>> exponent(-3.14), exponent(float("nan")), exponent(0.2)
    (' −3.1', '  ·  ', ' +0.2')
    """
    return f"{x:+.1f}".replace("-", MINUS).rjust(5) if math.isfinite(x) else "  ·  "


def short(x: float) -> str:
    """A number with three digits at most, for the tick of an axis.

    >>> short(-6.0), short(0.123456), short(1234.5)
    ('−6', '0.123', '1.23e+03')
    """
    return f"{x:.3g}".replace("-", MINUS)


def setting(x: float) -> str:
    """A number that a person chose, as short as it can be.

    >>> setting(0.03), setting(0.00001), setting(10.0), setting(2.5e-7)
    ('0.03', '0.00001', '10', '2.5e−7')
    """
    if x == 0 or 1e-5 <= abs(x) < 1e7:
        digits = f"{x:.10f}".rstrip("0").rstrip(".")
        text = digits if len(digits) <= 8 else f"{x:.3g}"
    else:
        text = f"{x:.3g}"
    mantissa, _, power = text.partition("e")
    return (f"{mantissa}e{int(power)}" if power else mantissa).replace("-", MINUS)


def read(text: str) -> float | None:
    """The number in a text that a person typed, with either minus; None if it is none.

    >>> read("−0.5"), read(" .03 "), read("1e-3"), read("ten"), read("nan")
    (-0.5, 0.03, 0.001, None, None)
    """
    try:
        number = float(text.strip().replace(MINUS, "-"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _fitted(x: float, width: int, sign: str) -> str:
    if math.isnan(x):
        return f"{sign}nan".rjust(width)
    x += 0.0  # turns −0.0 into 0.0
    size = abs(x)
    if math.isinf(size):
        texts = [f"{x:{sign}}"]
    elif size and size < 0.001:
        texts = _powers(x, sign)
    else:
        texts = [*_decimals(x, width, sign), *_powers(x, sign)]
    return next(text for text in texts if len(text) <= width).replace("-", MINUS).rjust(width)


def _decimals(x: float, width: int, sign: str) -> list[str]:
    # fewer decimals as the number grows, but at least one: from there on powers say more
    return [text for text in (f"{x:{sign}.{n}f}" for n in (4, 3, 2, 1)) if len(text) <= width]


def _powers(x: float, sign: str) -> list[str]:
    texts = []
    for decimals in (1, 0):
        mantissa, power = f"{x:{sign}.{decimals}e}".split("e")
        texts.append(f"{mantissa}e{int(power)}")
    mantissa, power = texts[-1].split("e")
    return [*texts, f"{mantissa[0]}inf" if int(power) > 0 else f"{mantissa[0]}0"]


def _with_unit(n: float) -> str:
    size = float(n)
    for unit in ("", "k", "M", "G", "T"):
        if size < 999.95:
            return f"{size:.1f}{unit}"
        size /= 1000
    return _powers(float(n), "")[1]
