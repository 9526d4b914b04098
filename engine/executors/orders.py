"""Orders of samples: numpy's `permutation`, which compiled code draws faster.

Both draw the same numbers from the same generator, and leave it in the same state. Whether they do is looked at once;
with a numpy that goes another way, numpy itself draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mgrad.engine.executors.base import Ints
from mgrad.engine.executors.calls import MODE, ORDER, SAMPLES_COUNT, SHUFFLE, STARTS, STEPS, Call

Draw = Callable[[np.random.Generator, int, int], Ints]
"""(random, times, samples): so many orders of 0 .. samples - 1, (times, samples)."""

_LOW = (1 << 64) - 1
_FEW = 1000  # samples in all that numpy has in order before its generator is taken apart


def draw_orders(random: np.random.Generator, times: int, samples: int) -> Ints:
    """Drawn by numpy.

    >>> draw_orders(np.random.default_rng(7), 2, 4).tolist()
    [[0, 2, 1, 3], [3, 1, 2, 0]]
    """
    # The same as one by one; but a thread that trains beside a busy one gives way to it at each call.
    return random.permuted(np.tile(np.arange(samples), (times, 1)), axis=1)


def compiled_draw(execute: Callable[[int], int]) -> Draw:
    """Drawn by compiled code, where that comes to the same."""
    if not _is_numpys(execute):
        return draw_orders

    def draw(random: np.random.Generator, times: int, samples: int) -> Ints:
        if times * samples < _FEW or samples > _LOW >> 32:
            return draw_orders(random, times, samples)
        return _draw(execute, random, times, samples)

    return draw


def _draw(execute: Callable[[int], int], random: np.random.Generator, times: int, samples: int) -> Ints:
    generator = random.bit_generator
    told: dict[str, Any] = {**generator.state}
    now, increment = told["state"]["state"], told["state"]["inc"]
    words = [now & _LOW, now >> 64, increment & _LOW, increment >> 64, told["has_uint32"], told["uinteger"]]
    state, orders = np.array(words, dtype=np.uint64), np.empty((times, samples), dtype=np.int64)
    call = Call(execute)
    call.tell({MODE: SHUFFLE, SAMPLES_COUNT: samples, STEPS: times}, {STARTS: state, ORDER: orders})
    call.run()
    low, high, _, _, has_half, half = state.tolist()
    moved = {"state": {"state": high << 64 | low, "inc": increment}, "has_uint32": has_half, "uinteger": half}
    generator.state = told | moved
    return orders


def _is_numpys(execute: Callable[[int], int]) -> bool:
    """Whether compiled code and this numpy come to the same orders, and to the same state."""
    ours, theirs = np.random.default_rng(7), np.random.default_rng(7)
    if ours.bit_generator.state.get("bit_generator") != "PCG64":
        return False
    same = np.array_equal(_draw(execute, ours, 3, 333), draw_orders(theirs, 3, 333))
    return same and ours.bit_generator.state == theirs.bit_generator.state
