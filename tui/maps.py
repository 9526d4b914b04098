"""The arithmetic of a map: colours, shades and cells of half blocks. Pure functions of numbers, and no widget in here.

A cell of the terminal shows two pixels, one above the other (`▀`). A pixel is a shade, a small whole number: its place
in a tuple of colours. `NOT_FINITE` is the shade of nan and inf in every such tuple.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rgb = tuple[int, int, int]

SHADES = 31
"""From minus to plus; the middle one, 15, is zero."""
NOT_FINITE = 255
ENDS = ("#f59322", "#e8eaeb", "#0877bd")
PLAIN_ENDS = ("#3a3d42", "#979898", "#f4f4f4")
"""Without colour: from dark to light."""
HUES = (
    *("#3f9b6c", "#8a67c7", "#cf5b7d", "#b9a02c", "#2b9c9f", "#946c4c", "#b757a8", "#7fa63a", "#66788f", "#a8423f"),
)
"""Of classes: none of them is the orange of minus or the blue of plus."""
MARGINS = 8
"""Shades of one hue, from hardly to clearly."""
BRIGHT = 0.36
"""From this luminance on, dark ink reads better than light ink."""


# ---------------------------------------------------------------- colours
def rgb(colour: str) -> Rgb:
    """
    >>> rgb("#f59322")
    (245, 147, 34)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@lru_cache(maxsize=16384)
def blend(colour: str, other: str, share: float) -> str:
    """The first colour, with so much of the other in it.

    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    parts = (a + (b - a) * share for a, b in zip(rgb(colour), rgb(other), strict=True))
    return "#" + "".join(f"{math.floor(part + 0.5):02x}" for part in parts)


@lru_cache(maxsize=1024)
def luminance(colour: str) -> float:
    """How light a colour looks, 0 to 1.

    >>> luminance("#000000"), luminance("#ffffff")
    (0.0, 1.0)
    """
    red, green, blue = ((part / 255) ** 2.2 for part in rgb(colour))
    return round(0.2126 * red + 0.7152 * green + 0.0722 * blue, 6)


@lru_cache(maxsize=64)
def ramp(plain: bool = False, fade: float = 0.0, back: str = "#0f1217") -> tuple[str, ...]:
    """The colours of the 31 shades; `fade` is how much of the background `back` is in them.

    >>> ramp()[0], ramp()[15], ramp()[30]
    ('#f59322', '#e8eaeb', '#0877bd')
    """
    low, middle, high = PLAIN_ENDS if plain else ENDS
    half = SHADES // 2
    lower = [blend(middle, low, (half - i) / half) for i in range(half)]
    upper = [blend(middle, high, i / half) for i in range(half + 1)]
    return tuple(blend(colour, back, fade) for colour in lower + upper)


@lru_cache(maxsize=4)
def class_colours(plain: bool = False) -> tuple[str, ...]:
    """MARGINS shades of each hue, from hardly to clearly; without colour ten greys, alike in all margins.

    >>> len(class_colours()), class_colours()[7] == HUES[0]
    (80, True)
    """
    if plain:
        tones = [blend(PLAIN_ENDS[0], PLAIN_ENDS[2], (i * 7 % len(HUES)) / (len(HUES) - 1)) for i in range(len(HUES))]
        return tuple(tone for tone in tones for _ in range(MARGINS))
    shares = [0.25 + 0.75 * level / (MARGINS - 1) for level in range(MARGINS)]
    return tuple(blend(ENDS[1], hue, share) for hue in HUES for share in shares)


@lru_cache(maxsize=2)
def greys() -> tuple[str, ...]:
    """31 greys for pictures, from dark to light."""
    return tuple(blend("#17191d", "#eceeef", i / (SHADES - 1)) for i in range(SHADES))


# ---------------------------------------------------------------- shades
def shades(values: Floats, scale: float = 1.0, discretise: bool = False) -> Ints:
    """The shade of each value: 0 at -scale and below, 15 at zero, 30 at scale and above.

    With `discretise` there are only two, by sign, and zero counts as plus.

    >>> shades(np.array([-2.0, -1.0, 0.0, 0.5, np.nan])).tolist()
    [0, 0, 15, 23, 255]
    >>> shades(np.array([-0.1, 0.0, 4.0]), discretise=True).tolist()
    [0, 30, 30]
    """
    values = np.asarray(values, dtype=float)
    good = np.isfinite(values)
    safe = np.where(good, values, 0.0)
    half = SHADES // 2
    if discretise:
        levels = np.where(safe >= 0, SHADES - 1, 0)
    else:
        levels = np.floor(np.clip(safe, -scale, scale) / scale * half + half + 0.5).astype(np.int64)
    return np.where(good, levels, NOT_FINITE)


def class_shades(winners: Ints, margins: Floats, discretise: bool = False) -> Ints:
    """The shade in `class_colours` of each winning class with its margin, 0 to 1; beyond ten classes hues repeat.

    >>> class_shades(np.array([0, 1, 2]), np.array([1.0, 0.0, np.nan])).tolist()
    [7, 8, 255]
    """
    margins = np.asarray(margins, dtype=float)
    good = np.isfinite(margins)
    share = np.ones_like(margins) if discretise else np.clip(np.where(good, margins, 0.0), 0.0, 1.0)
    levels = np.floor(share * (MARGINS - 1) + 0.5).astype(np.int64)
    return np.where(good, np.asarray(winners) % len(HUES) * MARGINS + levels, NOT_FINITE)


def steady_scale(values: Floats, before: float | None = None) -> float:
    """A round number that most sizes of these values stay below: what the end of the ramp means.

    Given the scale `before`, that one stays for as long as it will do, so that a map does not flicker while it learns.

    >>> steady_scale(np.array([0.0, 5.3])), steady_scale(np.array([3.3]), 6.0), steady_scale(np.array([1.3]), 6.0)
    (6.0, 6.0, 1.5)
    """
    sizes = np.abs(values[np.isfinite(values)])
    size = float(np.percentile(sizes, 97) or sizes.max()) if len(sizes) else 0.0
    if before is not None and (size == 0.0 or 0.4 * before <= size <= before):
        return before
    if size == 0.0 or not 1e-300 < size < 1e300:
        return 1.0
    power = 10.0 ** math.floor(math.log10(size))
    step = next(step for step in (1, 1.5, 2, 3, 4, 6, 8, 10, 100) if step * power >= size * (1 - 1e-9))
    return float(f"{step * power:.2g}")


def resized(pixels: Ints, rows: int, columns: int) -> Ints:
    """The same picture in another size: each pixel is the nearest one.

    >>> resized(np.array([[1, 2]]), 2, 4).tolist()
    [[1, 1, 2, 2], [1, 1, 2, 2]]
    """
    if pixels.shape == (rows, columns):
        return pixels
    high, wide = pixels.shape
    return pixels[(np.arange(rows) * high // rows)[:, None], np.arange(columns) * wide // columns]


# ---------------------------------------------------------------- cells
class Paint:
    """Cells of two pixels in some colours. Every cell there can be is made once and kept."""

    def __init__(self, colours: Sequence[str], back: str = "#0f1217", error: str = "#ec6a6f") -> None:
        self.colours = tuple(colours)
        self._bad = Segment("╱", Style(color=error, bgcolor=back))
        self._back = back
        self._cells: dict[int, Segment] = {}
        self._grounds: dict[int, str] = {}

    def cell(self, top: int, bottom: int) -> Segment:
        """One cell."""
        return self._cell(top << 8 | bottom)

    def ground(self, top: int, bottom: int) -> str:
        """The one colour to write on, where two pixels are: their middle, or the upper one's where they differ much."""
        pair = top << 8 | bottom
        if pair not in self._grounds:
            good = [self.colours[shade] for shade in (top, bottom) if shade != NOT_FINITE]
            share = 0.5 if abs(top - bottom) < MARGINS else 0.0
            self._grounds[pair] = blend(good[0], good[-1], share) if good else self._back
        return self._grounds[pair]

    def line(self, top: Ints, bottom: Ints, marks: Mapping[int, Segment] | None = None) -> list[Segment]:
        """A line of cells from two lines of pixels; `marks` are cells of one's own, by column."""
        pairs = top << 8 | bottom
        if marks:
            pairs = pairs.copy()
            for column in marks:
                pairs[column] = -1 - column
        starts = [0, *(np.flatnonzero(np.diff(pairs)) + 1).tolist()]
        found: list[Segment] = []
        for start, end, pair in zip(starts, [*starts[1:], len(pairs)], pairs[starts].tolist(), strict=True):
            if pair < 0 and marks:
                found.append(marks[-1 - pair])
                continue
            cell = self._cell(pair)
            found.append(cell if end - start == 1 else Segment(cell.text * (end - start), cell.style))
        return found

    def _cell(self, pair: int) -> Segment:
        cell = self._cells.get(pair)
        if cell is None:
            top, bottom = pair >> 8, pair & 255
            if NOT_FINITE in (top, bottom):
                cell = self._bad
            elif self.colours[top] == self.colours[bottom]:
                cell = Segment(" ", Style(bgcolor=self.colours[top]))
            else:
                cell = Segment("▀", Style(color=self.colours[top], bgcolor=self.colours[bottom]))
            self._cells[pair] = cell
        return cell


@lru_cache(maxsize=32)
def paint(plain: bool = False, fade: float = 0.0, back: str = "#0f1217", error: str = "#ec6a6f") -> Paint:
    """The paint of the ramp, kept."""
    return Paint(ramp(plain, fade, back), back, error)


def half_blocks(pixels: Ints, paint: Paint) -> list[list[Segment]]:
    """Lines of cells of a whole picture of shades, (rows, columns); an odd last row is doubled.

    >>> picture = half_blocks(shades(np.array([[-1.0, 1.0], [-1.0, 0.0]])), paint())
    >>> ["".join(segment.text for segment in line) for line in picture]
    [' ▀']
    """
    bottoms = [*pixels[1::2], pixels[-1]]
    return [paint.line(top, bottom) for top, bottom in zip(pixels[::2], bottoms, strict=False)]
