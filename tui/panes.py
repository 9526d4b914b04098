"""How wide and how high the panels are on a screen of some size: pure arithmetic, no screen in here.

Spare room goes to the map first, which is square (two columns a row), then to the tree, and never to the set-up.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDE = 120
"""From this width on all panels stand side by side; below it there are tabs."""
AROUND = 6, 4
"""Columns and rows of a map's panel that are not its plane: border, ticks, key."""
SETUP = 28
TREE = 46, 64
"""Columns of the tree: at least, and at most while the map could have them."""
BELOW = 13, 18
"""Rows of what lies below the map: at least, and at most."""
BESIDE_NETWORK = 44
NARROW_MAP, NARROW_LOSS = 42, (38, 12)
"""Columns of the map; columns and rows of the loss beside it."""
NARROW_NODE = 34


@dataclass(frozen=True)
class Panes:
    """Columns and rows of the grid of panels, in cells; none where all is one panel."""

    columns: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()


def panes(tab: str, width: int, height: int) -> Panes:
    """The grid of a tab on a screen of so many cells.

    >>> panes("train", 120, 40)
    Panes(columns=(28, 46, 46), rows=(24, 13))
    >>> panes("train", 200, 60)
    Panes(columns=(28, 108, 64), rows=(40, 17))
    >>> panes("network", 120, 40), panes("train", 80, 24)
    (Panes(columns=(76, 44), rows=(22, 15)), Panes(columns=(42, 38), rows=(12, 9)))
    """
    if width < WIDE:
        return _narrow(tab, width, height - 3)
    high = height - 3  # header, strip and footer
    if tab == "network":
        upper = round(0.6 * high)
        beside = max(BESIDE_NETWORK, min(_map_width(upper), round(0.4 * width)))
        return Panes((width - beside, beside), (upper, high - upper))
    lower = min(max(BELOW[0], round(0.3 * high)), BELOW[1], max(1, high - 1))
    spare = width - SETUP - _map_width(high - lower)
    tree = min(max(TREE[0], spare), TREE[1])
    return Panes((SETUP, width - SETUP - tree, tree), (high - lower, lower))


def _narrow(tab: str, width: int, high: int) -> Panes:
    if tab == "train":
        columns, rows = NARROW_LOSS
        left = max(NARROW_MAP, min(_map_width(high), width - columns))
        upper = min(max(rows, round(0.4 * high)), max(1, high - 1))
        return Panes((left, width - left), (upper, high - upper))
    if tab == "graph":
        right = max(NARROW_NODE, round(0.42 * width))
        return Panes((width - right, right), (high,))
    return Panes()


def _map_width(rows: int) -> int:
    """Columns of a map's panel of so many rows."""
    return 2 * max(0, rows - AROUND[1]) + AROUND[0]
