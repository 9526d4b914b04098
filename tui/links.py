"""Links between neurons as S-curves of braille dots: pure arithmetic on a grid of cells, no screen in here.

A cell has one owner, the strongest link through it: so a strong link cuts through weak ones, and a click knows what it
meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Of a braille cell, by row and column of its 4 × 2 dots."""
HIDDEN = 0.06
"""Links below this share of the strongest are not drawn."""
NOBODY = -1


@dataclass(frozen=True)
class Link:
    """From a cell at the left to one at the right; `strength` is signed, -1 to 1; `chosen` ones lie on top."""

    start: tuple[int, int]
    end: tuple[int, int]
    strength: float
    chosen: bool = False
    dashed: bool = False


def draw(links: Sequence[Link], width: int, height: int) -> tuple[Ints, Ints]:
    """Braille bits and owners (places in `links`, NOBODY where there is none), both (height, width).

    >>> bits, owners = draw([Link((0, 0), (3, 0), 1.0)], 4, 1)
    >>> owners.tolist(), bool(bits.all())
    ([[0, 0, 0, 0]], True)
    """
    bits = np.zeros(height * width, dtype=np.int64)
    owners = np.full(height * width, NOBODY, dtype=np.int64)
    order = sorted(range(len(links)), key=lambda i: (links[i].chosen, abs(links[i].strength)))
    for i in order:
        link = links[i]
        if abs(link.strength) < HIDDEN and not link.chosen:
            continue
        x, y = _dots(link)
        inside = (x >= 0) & (x < 2 * width) & (y >= 0) & (y < 4 * height)
        x, y = x[inside], y[inside]
        cells = (y // 4) * width + x // 2
        bits[cells] = 0
        np.bitwise_or.at(bits, cells, BITS[y % 4, x % 2])
        owners[cells] = i
    return bits.reshape(height, width), owners.reshape(height, width)


def _dots(link: Link) -> tuple[Ints, Ints]:
    """Coordinates of a link's dots, from the middle of one cell to that of the other."""
    (x0, y0), (x1, y1) = link.start, link.end
    across, down = 2 * (x1 - x0) + 1, 4 * (y1 - y0)
    t = np.linspace(0.0, 1.0, max(across, 2 * abs(down)) + 1)
    x = np.rint(2 * x0 + across * t).astype(np.int64)
    y = np.rint(4 * y0 + 1.5 + down * t * t * (3.0 - 2.0 * t)).astype(np.int64)
    if link.dashed:
        shown = x % 6 < 3
        x, y = x[shown], y[shown]
    thick = 1 + int(abs(link.strength) > 0.35) + int(abs(link.strength) > 0.75)
    return np.tile(x, thick), np.concatenate([y + offset for offset in (0, 1, -1)[:thick]])
