"""Grids: where the weights of several sums over the same sources lie evenly in the slots, as a LAYER needs them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mgrad.engine.tape import Ints

Grid = tuple[int, int, int, int, int]  # first, across, along, bias, bias step: as in a LAYER


def grids(table: Ints, terms: int) -> Iterator[tuple[int, int, Grid | None]]:
    """Cuts a table of slots, (sums, terms [+ 1 for the bias]), into runs that lie on a grid: (begin, end, grid).

    A sum whose own weights lie unevenly is alone, and has no grid.

    >>> list(grids(np.array([[0, 1], [2, 3], [9, 8]]), 2))
    [(0, 2, (0, 2, 1, -1, 0)), (2, 3, (9, 0, -1, -1, 0))]
    """
    steps = np.diff(table[:, :terms], axis=1)
    along = steps[:, 0] if terms > 1 else np.zeros(len(table), dtype=np.int64)
    even = (steps == along[:, None]).all(axis=1).tolist()
    biases = (table[:, terms] if table.shape[1] > terms else np.full(len(table), -1)).tolist()
    rows = list(zip(even, along.tolist(), table[:, 0].tolist(), biases, strict=True))
    begin = 0
    while begin < len(rows):
        (is_even, step, first, bias), end = rows[begin], begin + 1
        across = bias_step = 0
        while is_even and end < len(rows) and rows[end][:2] == (True, step):
            steps_here = rows[end][2] - rows[end - 1][2], rows[end][3] - rows[end - 1][3]
            if end == begin + 1:
                across, bias_step = steps_here
            elif steps_here != (across, bias_step):
                break
            end += 1
        yield begin, end, (first, across, step, bias, bias_step) if is_even else None
        begin = end
