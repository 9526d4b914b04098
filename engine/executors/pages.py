"""Memory for compiled code: it begins at a cache line, and much of it is taken in huge pages where there are any.

A processor keeps the places of some dozens of pages at hand. Of ordinary ones, of 4 KiB, a wide layer touches more with
every product.
"""

from __future__ import annotations

import mmap

import numpy as np

from mgrad.engine.executors.base import Floats

_HUGE = 1 << 21  # bytes, on most processors
_MUCH = _HUGE // 4
_LINE = 64


def zeros(count: int) -> Floats:
    """So many floats, all 0."""
    size = count * 8
    if size < _MUCH or not hasattr(mmap, "MADV_HUGEPAGE"):
        return _aligned(np.zeros(count + _LINE // 8), _LINE)[:count]
    memory = mmap.mmap(-1, -(-size // _HUGE) * _HUGE + _HUGE)
    try:
        memory.madvise(mmap.MADV_HUGEPAGE)
    except OSError:  # a kernel that has none
        return _aligned(np.frombuffer(memory), _LINE)[:count]
    return _aligned(np.frombuffer(memory), _HUGE)[:count]


def _aligned(numbers: Floats, size: int) -> Floats:
    return numbers[-(numbers.ctypes.data // 8) % (size // 8) :]
