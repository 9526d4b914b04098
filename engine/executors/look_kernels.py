"""Kernels that keep what is asked of a step, see `base.Looks`: before it is done and after."""

from __future__ import annotations

from mgrad.engine.executors import calls
from mgrad.engine.executors.access import floats_at, load, load_lanes, store, sum_lanes, wholes_at
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES, NO_LANES
from mgrad.engine.executors.learning_kernels import copy_numbers
from mgrad.engine.executors.packing import GRADIENTS


@inlined
def step_of_look(call, look) -> int:
    """The step of a look; below 0 where there is no such look."""
    found = -1
    if look < load(call, calls.LOOKS_COUNT):
        found = load(wholes_at(call, calls.LOOKS), look)
    return found


@inlined
def keep_before(memory, call):
    """To be called before a step that is looked at."""
    copy_numbers(memory, 0, floats_at(call, calls.BEFORE), 0, load(call, calls.PARAMETERS))


@compiled
def keep_after(program, memory, call, look):
    """To be called after it."""
    count, parts = load(call, calls.PARAMETERS), load(call, calls.PARTS_COUNT)
    copy_numbers(memory, 0, floats_at(call, calls.LOOKED), look * count, count)
    gradients, to, begin = load(program, GRADIENTS), 3 * look * parts, 0
    for part in range(parts):
        end = load(wholes_at(call, calls.PARTS), part)
        _sum_squares(
            memory, gradients, floats_at(call, calls.BEFORE), floats_at(call, calls.COUNTED), begin, end,
            floats_at(call, calls.SQUARES), to + part, parts,
        )  # fmt: skip
        begin = end


@compiled
def _sum_squares(memory, gradients, before, counted, begin, end, squares, to, step):
    moves, sizes, slopes, k = NO_LANES, NO_LANES, NO_LANES, begin
    while k + LANES <= end:
        counts, old, new = load_lanes(counted, k), load_lanes(before, k), load_lanes(memory, k)
        moves = moves + (new - old) * (new - old) * counts
        sizes = sizes + old * old * counts
        slopes = slopes + load_lanes(memory, gradients + k) * load_lanes(memory, gradients + k) * counts
        k += LANES
    store(squares, to, sum_lanes(moves))
    store(squares, to + step, sum_lanes(sizes))
    store(squares, to + 2 * step, sum_lanes(slopes))
    while k < end:
        count, was, now, slope = load(counted, k), load(before, k), load(memory, k), load(memory, gradients + k)
        store(squares, to, load(squares, to) + (now - was) * (now - was) * count)
        store(squares, to + step, load(squares, to + step) + was * was * count)
        store(squares, to + 2 * step, load(squares, to + 2 * step) + slope * slope * count)
        k += 1
