"""Where things lie on a map: the plane within a panel, cells and their coordinates, ticks, points. No screen in here.

The plane is square. A cell is about twice as high as wide and holds two pixels, so a plane of `rows` rows is 2 x `rows`
columns wide and shows as many pixels each way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mgrad.tui.formats import MINUS
from mgrad.tui.maps import Floats, Ints
from mgrad.tui.sight import Look, Plane, Points

LEAST_WIDTH, LEAST_HEIGHT = 16, 7
"""Below this there is room for the plane and for nothing around it."""


@dataclass(frozen=True)
class Frame:
    """The plane's place on a canvas, in cells; `foot` is the row of the ticks below it, None where there is no room."""

    left: int
    top: int
    columns: int
    rows: int
    foot: int | None

    @property
    def pixels(self) -> tuple[int, int]:
        """Columns and rows of pixels."""
        return self.columns, 2 * self.rows

    def holds(self, column: int, row: int) -> bool:
        """Whether the plane has this cell."""
        return 0 <= column < self.columns and 0 <= row < self.rows


def frame(width: int, height: int, margin: int = 3, captions: int = 0) -> Frame:
    """The largest square plane on so many cells.

    Around it: `margin` cells for ticks at its left; below it a row of ticks, one for the key, and `captions` rows.

    >>> frame(44, 22)
    Frame(left=3, top=0, columns=40, rows=20, foot=20)
    >>> frame(8, 3).pixels
    (6, 6)
    """
    bare = width < LEAST_WIDTH or height < LEAST_HEIGHT + captions
    margin, below = (0, 0) if bare else (margin, 2 + captions)
    right = 0 if bare else 1
    rows = max(0, min(height - below, (width - margin - right) // 2))
    left = margin + (width - margin - right - 2 * rows) // 2
    top = (height - below - rows) // 2
    return Frame(left, top, 2 * rows, rows, None if bare else top + rows)


@dataclass(frozen=True)
class Window:
    """The part of the input plane that is shown."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    @classmethod
    def of(cls, plane: Plane) -> Window:
        """The plane's `xs` and `ys` are the middles of pixels: it reaches half a pixel further at each end.

        >>> Window.of(Plane("output", centres(-6, 6, 4), centres(6, -6, 4), ("x1", "x2"), None))
        Window(x_low=-6.0, x_high=6.0, y_low=-6.0, y_high=6.0)
        """
        (x_low, x_high), (y_high, y_low) = _reach(plane.xs), _reach(plane.ys)
        return cls(x_low, x_high, y_low, y_high)

    def cells(self, x: Floats, y: Floats, frame: Frame) -> tuple[Ints, Ints]:
        """The columns and rows of points; -1 as a row where a point is outside."""
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            across = (x - self.x_low) / (self.x_high - self.x_low) * frame.columns
            down = (self.y_high - y) / (self.y_high - self.y_low) * frame.rows
        # a point on the very edge belongs to the last cell
        inside = (across >= 0) & (across <= frame.columns) & (down >= 0) & (down <= frame.rows)
        columns = np.minimum(np.where(inside, across, 0).astype(np.int64), frame.columns - 1)
        rows = np.minimum(np.where(inside, down, 0).astype(np.int64), frame.rows - 1)
        return columns, np.where(inside, rows, -1)

    def place(self, column: int, row: int, frame: Frame) -> tuple[float, float]:
        """What the upper pixel of a cell stands for: the coordinates of its middle."""
        x = self.x_low + (column + 0.5) / frame.columns * (self.x_high - self.x_low)
        y = self.y_high - (2 * row + 0.5) / (2 * frame.rows) * (self.y_high - self.y_low)
        return float(f"{x:.12g}"), float(f"{y:.12g}")


def centres(low: float, high: float, count: int) -> Floats:
    """The middles of so many pixels from `low` to `high`: what `Plane.xs` and, from high to low, `Plane.ys` hold.

    >>> centres(-6, 6, 4).tolist()
    [-4.5, -1.5, 1.5, 4.5]
    """
    return low + (np.arange(count) + 0.5) / count * (high - low)


def _reach(middles: Floats) -> tuple[float, float]:
    if len(middles) < 2 or middles[0] == middles[-1]:
        middle = float(middles[0]) if len(middles) else 0.0
        return middle - 0.5, middle + 0.5
    half = float(middles[-1] - middles[0]) / (len(middles) - 1) / 2
    # what rounding left is far smaller than a pixel
    digits = 6 - math.floor(math.log10(abs(half))) if half and math.isfinite(half) else 0
    return round(float(middles[0]) - half, digits), round(float(middles[-1]) + half, digits)


# ---------------------------------------------------------------- ticks
def ticks(low: float, high: float, most: int = 5) -> list[tuple[float, str]]:
    """Round numbers within a range, at most so many, and how they are written. Those that meet both ends are best.

    >>> [text for _, text in ticks(-6, 6)], [text for _, text in ticks(0, 10)]
    (['−6', '−3', '0', '+3', '+6'], ['0', '+5', '+10'])
    >>> [text for _, text in ticks(-1.2, 2.3)]
    ['−1', '0', '+1', '+2']
    """
    span = high - low
    if not (math.isfinite(span) and span > 0) or most < 1:
        return []
    power = math.floor(math.log10(span)) - 1
    best: list[float] = []
    quality = (-1, -1)
    for exponent in (power, power + 1, power + 2):
        for mantissa in (1, 2, 3, 5):
            step = mantissa * 10.0**exponent
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            marks = [i * step for i in range(first, last + 1)] if last - first < most else []
            ends = (
                sum(abs(mark - end) < 1e-6 * span for mark, end in zip((marks[0], marks[-1]), (low, high), strict=True))
                if marks
                else 0
            )
            if marks and (int(ends == 2), len(marks)) > quality:
                best, quality = marks, (int(ends == 2), len(marks))
    return [(mark, _written(mark, span)) for mark in best]


def _written(number: float, span: float) -> str:
    if abs(number) < 1e-9 * span:
        return "0"
    text = f"{number:+.3g}"
    mantissa, _, exponent = text.partition("e")
    return (f"{mantissa}e{int(exponent)}" if exponent else text).replace("-", MINUS)


# ---------------------------------------------------------------- points
def shown(points: Points, look: Look) -> np.ndarray:
    """Which points are to be seen: the train part, the test part if it is asked for, and the picked sample always."""
    return np.flatnonzero(~points.test | look.show_test | (np.arange(len(points.x)) == picked(points, look)))


def picked(points: Points, look: Look) -> int:
    """The place of the picked sample among the points, -1 where it is not among them."""
    found = np.flatnonzero((points.index == look.sample) & (points.test == (look.part == "test")))
    return int(found[0]) if len(found) else -1


def topmost(points: Points, look: Look, window: Window, frame: Frame) -> dict[tuple[int, int], int]:
    """The point to draw in each cell (row, column): of several, a wrong one before a right one, train before test."""
    which = shown(points, look)
    columns, rows = window.cells(points.x[which], points.y[which], frame)
    wrong = np.zeros(len(which)) if points.right is None else ~points.right[which]
    if look.slope and points.gradient is not None:
        wrong = np.abs(np.nan_to_num(points.gradient[which]))  # the largest is the one to see
    order = np.lexsort((which, ~points.test[which], wrong))  # what is written last stays
    seen = order[rows[order] >= 0]
    return dict(zip(zip(rows[seen].tolist(), columns[seen].tolist(), strict=True), which[seen].tolist(), strict=True))


def nearest(points: Points, look: Look, window: Window, frame: Frame, column: int, row: int) -> int | None:
    """The point nearest to a cell, as the eye sees it: a row is as far as two columns."""
    which = shown(points, look)
    columns, rows = window.cells(points.x[which], points.y[which], frame)
    inside = rows >= 0
    if not inside.any():
        return None
    far = (columns - column) ** 2 + (2 * (rows - row)) ** 2
    return int(which[np.argmin(np.where(inside, far, np.iinfo(np.int64).max))])


# ---------------------------------------------------------------- marks
def class_marks(names: tuple[str, ...]) -> tuple[str, ...]:
    """One character for each class: o and x for two, else its own digit, or a letter of its name that is still free.

    >>> class_marks(("-1", "+1")), class_marks(("0", "1", "2"))
    (('o', 'x'), ('0', '1', '2'))
    >>> class_marks(("setosa", "versicolor", "virginica"))
    ('s', 'v', 'i')
    """
    if len(names) == 2:
        return "o", "x"
    found: list[str] = []
    spare = "abcdefghijklmnopqrstuvwxyz0123456789"
    for name in names:
        own = [letter for letter in name.lower() if letter in spare]
        found.append(next((letter for letter in [*own, *spare] if letter not in found), "?"))
    return tuple(found)


def class_name(name: str) -> str:
    """A class as it is written on screen."""
    return name.replace("-", MINUS) if name[1:].isdigit() else name


def signed(number: float) -> str:
    """A coordinate: two decimals, fewer where it is large.

    >>> signed(0.4051), signed(-1234.5)
    ('+0.41', '−1234')
    """
    if not math.isfinite(number):
        return f"{number:+}"
    return (f"{number:+.2f}" if abs(number) < 100 else f"{number:+.4g}").replace("-", MINUS)
