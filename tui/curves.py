"""The arithmetic of a plotted curve: thinning, axes, and the row where a line ends. No screen in here.

A curve is drawn from at most two points a column: the least and the greatest of each bucket, so that no spike is lost.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.training import Snapshot

Numbers = NDArray[np.float64]
SMALLEST_LOSS = 1e-12


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, bottom to top, with ticks (where, what is written)."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def row(self, y: float, rows: int) -> int:
        """Which of so many rows, the topmost being 0, shows `y`.

        >>> Axis(0.0, 1.0, ()).row(1.0, 11), Axis(0.0, 1.0, ()).row(0.25, 11)
        (0, 8)
        """
        share = (self.high - y) / (self.high - self.low)
        return min(rows - 1, max(0, round(share * (rows - 1))))


def thin(x: Numbers, y: Numbers, buckets: int) -> tuple[Numbers, Numbers]:
    """At most two points a bucket, in the order of x: the least and the greatest. What is not finite is left out.

    >>> x = np.arange(6.0)
    >>> thin(x, np.array([0.0, 9.0, 1.0, 2.0, -5.0, 3.0]), 2)[1].tolist()
    [0.0, 9.0, -5.0, 3.0]
    """
    keep = np.isfinite(x) & np.isfinite(y)
    x, y = x[keep], y[keep]
    if len(x) <= 2 * buckets:
        return x, y
    chosen: list[int] = []
    for part in np.array_split(np.arange(len(x)), buckets):
        chosen += sorted({int(part[np.argmin(y[part])]), int(part[np.argmax(y[part])])})
    chosen = sorted({*chosen, len(x) - 1})  # a line ends where the run is
    return x[chosen], y[chosen]


def logarithm(losses: Numbers) -> Numbers:
    """Losses on a logarithmic axis; a loss of 0 stands at its foot."""
    return np.log10(np.maximum(losses, SMALLEST_LOSS))


def log_axis(*series: Numbers) -> Axis:
    """An axis for logarithms that holds every finite number, with ticks at .01 .03 .1 .3 1, or powers of ten when wide.

    >>> [text for _, text in log_axis(np.array([-1.9, 0.1])).ticks]
    ['0.01', '0.03', '0.1', '0.3', '1']
    """
    low, high = _range(series, (-1.0, 0.0))
    low, high = math.floor(low * 5 - 0.2) / 5, math.ceil(high * 5 + 0.2) / 5
    decades = range(math.floor(low) - 1, math.ceil(high) + 1)
    if high - low > 5:
        sparse = max(1, round((high - low) / 5))
        marks = [(power, 1) for power in decades if power % sparse == 0]
    elif high - low > 1:
        marks = [(power, mantissa) for power in decades for mantissa in (1, 3)]
    else:
        marks = [(power, mantissa) for power in decades for mantissa in (1, 1.5, 2, 3, 5, 7)]
    at = [(power + math.log10(mantissa), mantissa * 10.0**power) for power, mantissa in marks]
    return Axis(low, high, tuple((y, _short(number)) for y, number in at if low <= y <= high))


def linear_axis(*series: Numbers) -> Axis:
    """An axis from 0 to a little above the greatest number, with round ticks.

    >>> [text for _, text in linear_axis(np.array([0.1, 0.83])).ticks]
    ['0', '0.2', '0.4', '0.6', '0.8']
    """
    _, high = _range(series, (0.0, 1.0))
    high = max(high, SMALLEST_LOSS) * 1.05
    step = _round_step(high)
    return Axis(0.0, high, tuple((i * step, _short(i * step) if i else "0") for i in range(int(high / step) + 1)))


def share_axis(*series: Numbers) -> Axis:
    """An axis for R²: up to 1, down to 0, or to -1 where the numbers go below; what is worse lies on its foot.

    >>> share_axis(np.array([0.2, 0.9])).low, share_axis(np.array([-7.0, 0.9])).low
    (0.0, -1.0)
    """
    least, _ = _range(series, (0.0, 1.0))
    low = 0.0 if least >= 0.0 else -1.0
    return Axis(low, 1.0, tuple((y, f"{'R² ' * (y == 1.0)}{y:g}".replace("-", "−")) for y in (low, (low + 1) / 2, 1.0)))


def up_to_now(snapshot: Snapshot, numbers: Numbers, now: float) -> tuple[Numbers, Numbers]:
    """Epochs and numbers of a curve with the moment at its end, where that is not its last point: it may be amid an
    epoch or after an edit, and a curve's own points grow sparse as a run grows long."""
    epochs, progress = snapshot.curve.epochs, snapshot.progress
    if len(epochs) and epochs[-1] == progress and numbers[-1] == now:
        return epochs, numbers
    return np.append(epochs, progress), np.append(numbers, now)


def percent_axis(*series: Numbers) -> Axis:
    """An axis for shares of 0 to 1, written in percent; it begins at 0, 50 or 90 as the numbers allow.

    Three ticks stand evenly in any height; more would not.

    >>> percent_axis(np.array([0.62, 0.97])).ticks[0]
    (0.5, '50')
    """
    least, _ = _range(series, (0.5, 1.0))
    low = next(low for low in (0.9, 0.5, 0.0) if least >= low or low == 0)
    return Axis(low, 1.0, tuple((share, f"{share * 100:g}") for share in (low, (low + 1) / 2, 1.0)))


def readable_ticks(axis: Axis, rows: int) -> tuple[tuple[float, str], ...]:
    """Every tick, or every second, third, ... of them, so that on so many rows a blank one is between two.

    Of those that will do: the most powers of ten on a logarithmic axis, zero on a linear one.

    >>> [text for _, text in readable_ticks(log_axis(np.array([-1.9, 0.1])), 30)]
    ['0.01', '0.03', '0.1', '0.3', '1']
    >>> [text for _, text in readable_ticks(log_axis(np.array([-1.9, 0.1])), 8)]
    ['0.01', '0.1', '1']
    """
    for stride in range(1, len(axis.ticks) + 1):
        choices = [axis.ticks[offset::stride] for offset in range(stride)]
        apart = [ticks for ticks in choices if _least_gap([axis.row(y, rows) for y, _ in ticks], rows) >= 2]
        if apart:
            return max(apart, key=lambda ticks: (sum(abs(y - round(y)) < 1e-9 for y, _ in ticks), len(ticks)))
    return ()


def _least_gap(rows: list[int], most: int) -> int:
    return min((abs(a - b) for a, b in pairwise(rows)), default=most)


def epoch_ticks(last: float, most: float = 4) -> list[int]:
    """Round numbers of epochs from 0 on, fewer than so many above it; with 2.5 or more there is one at least.

    >>> epoch_ticks(172), epoch_ticks(10)
    ([0, 50, 100, 150], [0, 5, 10])
    >>> epoch_ticks(425, 2.5)
    [0, 200, 400]
    """
    step = next(
        mantissa * 10**power for power in range(12) for mantissa in (1, 2, 5) if last / (mantissa * 10**power) < most
    )
    return list(range(0, int(last) + 1, step))


def apart(wanted: list[int], rows: int) -> list[int]:
    """Rows for names that would stand at these rows: in the same order, no two on one.

    >>> apart([4, 4], 10), apart([9, 9], 10), apart([2, 7], 10)
    ([4, 5], [8, 9], [2, 7])
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    found = [0] * len(wanted)
    above = -1
    for place, i in enumerate(order):
        last = rows - (len(order) - place)  # leaves room for those below
        found[i] = above = min(max(wanted[i], above + 1), last)
    return found


def _range(series: tuple[Numbers, ...], default: tuple[float, float]) -> tuple[float, float]:
    numbers = np.concatenate([part[np.isfinite(part)] for part in series]) if series else np.empty(0)
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else default


def _round_step(high: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that goes three to six times into `high`."""
    power = 10.0 ** math.floor(math.log10(high))
    return next(m * power for m in (0.2, 0.5, 1.0, 2.0, 5.0) if high / (m * power) < 6)


def _short(number: float) -> str:
    if 1e-3 <= number < 1e5:
        return f"{number:g}"
    mantissa, power = f"{number:.0e}".split("e")
    return f"{mantissa}e{int(power)}".replace("-", "−")
