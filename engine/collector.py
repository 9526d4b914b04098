"""Python's garbage collector, told to rest while many nodes are made.

A node is a small object that lives on; the collector, which counts new objects, would go over all of them again and
again and find nothing. That is a third of the time that growing a large graph takes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 10_000
"""New objects which the collector would notice to look through; fewer are not worth counting the frozen ones for."""
FROZEN_BY_PYTHON = 1_000
"""So many frozen objects are nobody's wish: Python 3.12 freezes what is immortal, some hundreds, when it collects."""


@contextmanager
def collector_resting(large: bool = False) -> Iterator[None]:
    """For the time of a `with` block; `large` says that what is made in it is few things, which are large."""
    # A large network makes 100,000 nodes at once and none of them is garbage, but Python's collector would look through
    # them again and again, which takes longer than making them.
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        # What is new now counts as old at once, or the collector would begin by looking through all of it.
        many = hasattr(gc, "freeze") and (large or gc.get_count()[0] > MANY)
        if many and gc.get_freeze_count() <= FROZEN_BY_PYTHON:
            gc.freeze()
            gc.unfreeze()
        gc.enable()
