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
BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Of a braille cell, by row and column of its 4 × 2 dots."""
HIDDEN = 0.06
"""Links below this share of the strongest are not drawn."""
THICK = (0.4, 0.75)
"""From these shares of the strongest on a link is two, and three, dots thick."""
MOST_DOTS = 400
"""Along one link: a longer one, which leaves the window anyway, has gaps."""
DASH = 4
NOBODY = -1


@dataclass(frozen=True)
class Link:
    """From a cell (x, y) to one at the right of it. `strength` is signed, -1 to 1; `chosen` ones lie on top, and are
    drawn however weak they are; `dashed` says without colour that a link is negative."""

    start: tuple[int, int]
    end: tuple[int, int]
    strength: float
    chosen: bool = False
    dashed: bool = False


def draw(links: Sequence[Link], width: int, height: int) -> tuple[Ints, Ints]:
    """Braille bits and owners (places in `links`, NOBODY where there is none), both (height, width).

    >>> bits, owners = draw([Link((0, 0), (2, 0), 0.2), Link((1, 0), (1, 0), -1.0)], 4, 1)
    >>> owners.tolist(), "".join(chr(0x2800 + each) for each in bits[0])
    ([[0, 1, 0, -1]], '⠤⣶⠤⠀')
    """
    visible = [i for i, link in enumerate(links) if link.chosen or abs(link.strength) >= HIDDEN]
    order = sorted(visible, key=lambda i: (links[i].chosen, abs(links[i].strength)))
    owners = np.full(height * width, NOBODY, dtype=np.int64)
    dots = np.zeros((4 * height, 2 * width), dtype=bool)
    if order and width > 0 and height > 0:
        x, y, rank = _dots([links[i] for i in order], 2 * width, 4 * height)
        cells = (y >> 2) * width + (x >> 1)
        owners[cells] = rank  # of several, the last one stays: the strongest
        kept = owners[cells] == rank
        dots[y[kept], x[kept]] = True
        owners = np.append(np.array(order), NOBODY)[owners]
    bits = sum(
        (dots[row::4, column::2] * bit for row, pair in enumerate(BITS) for column, bit in enumerate(pair)),
        np.zeros((height, width), dtype=np.int64),
    )
    return bits, owners.reshape(height, width)


def _dots(links: Sequence[Link], wide: int, high: int) -> tuple[Ints, Ints, Ints]:
    """Coordinates of all dots inside, link after link, and whose each is (a place in `links`)."""
    ends = np.array([(*link.start, *link.end) for link in links])
    strength = np.array([abs(link.strength) for link in links])
    x0, y0, x1, y1 = (ends[:, i : i + 1] for i in range(4))
    across, down = 2 * (x1 - x0) + 1, 4 * (y1 - y0)
    most = min(MOST_DOTS, int(max(across.max(), 1.5 * np.abs(down).max())) + 1)
    t = np.linspace(0.0, 1.0, most + 1)[None, :]
    x = np.rint(2 * x0 + across * t).astype(np.int64)
    y = np.rint(4 * y0 + 1.6 + down * (t * t * (3.0 - 2.0 * t))).astype(np.int64)
    shown = np.ones(x.shape, dtype=bool)
    dashed = np.array([link.dashed for link in links])
    if dashed.any():
        length = np.maximum(across, np.abs(down))
        shown &= ~dashed[:, None] | ((t * length).astype(np.int64) // DASH % 2 == 0)
    steep = np.abs(down) * (6.0 * t * (1.0 - t)) > across  # there a link grows thick sideways
    thick = 1 + np.searchsorted(THICK, strength)
    found = []
    for beside, least in ((0, 1), (1, 2), (-1, 3)):
        some = (thick >= least).nonzero()[0]
        found.append((x[some] + beside * steep[some], y[some] + beside * ~steep[some], shown[some], some))
    xs, ys, on = (np.concatenate([each[i].ravel() for each in found]) for i in range(3))
    whose = np.concatenate([np.repeat(some, most + 1) for *_, some in found])
    inside = on & (xs >= 0) & (xs < wide) & (ys >= 0) & (ys < high)
    xs, ys, whose = xs[inside], ys[inside], whose[inside]
    order = np.argsort(whose, kind="stable")
    return xs[order], ys[order], whose[order]
