"""Nodes by number: where in a list of nodes, which is in the order in which they were made, others stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def numbers_of(known: Ints, serials: Ints) -> Ints:
    """The places of serials among the known ones, which ascend and of which all these are some.

    >>> numbers_of(np.array([3, 5, 9]), np.array([9, 3, 9])).tolist()
    [2, 0, 2]
    """
    if not known.size:
        return np.zeros(0, dtype=np.int64)
    first, last = int(known[0]), int(known[-1])
    if last - first > 8 * len(known):
        return np.searchsorted(known, serials)
    # Nodes of one graph were mostly made one after the other: then a table is quick.
    table = np.empty(last - first + 1, dtype=np.int64)
    table[known - first] = np.arange(len(known))
    return table[serials - first]
