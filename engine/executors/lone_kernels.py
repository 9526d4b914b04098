"""Learning of LAYERs by themselves: gradients of weights are made where they move the weights.

So they are neither written nor read again, and the weights are touched once. An update that would become infinite must
be refused before it is done: each gradient is a sum of products of a slope and a source, so how large they are at most
is known without them. This is for batches of one tile, for plain SGD, and for a single sample also for optimizers that
remember m at most.
"""

from __future__ import annotations

from mgrad.engine.executors import calls
from mgrad.engine.executors.access import (
    after,
    chosen_lanes,
    distance,
    first_lanes,
    floats_at,
    load,
    load_float,
    load_lanes,
    store,
    store_lanes,
    sum_lanes,
    wholes_at,
)
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES, NO_LANES
from mgrad.engine.executors.learning_kernels import CALM, bound_sizes, move_powers, size_of
from mgrad.engine.executors.one_sample_kernels import move_by_one, weights_of_one
from mgrad.engine.executors.packing import (
    ASIDE,
    GRADIENTS,
    LONE,
    LONE_COUNT,
    OF_MANY,
    ROW_WIDTH,
    SAMPLE_WIDTH,
    SLOPES,
    SPARED,
    SPARED_SPANS,
    STRIDE,
)  # fmt: skip
from mgrad.engine.executors.sample_kernels import pick, pick_and_move
from mgrad.engine.executors.switches import LONE_OPTIMIZERS, update
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.tape import COUNT, FIRST, OUT, SOURCE, TERMS

_SGD = list(OPTIMIZERS).index("sgd")
_move = OPTIMIZERS["sgd"].update


@inlined
def learns_alone(program, call, samples) -> int:
    """Which layers learn by themselves from so many samples: 0 none, 1 from a single one, 2 from many."""
    which = load(call, calls.WHICH)
    known = which in LONE_OPTIMIZERS if samples == 1 else which == _SGD
    plain = load(call, calls.MODE) == calls.TRAIN and known and load(call, calls.ICE) == 0
    alike = load_float(call, calls.L1) == 0.0 and load_float(call, calls.L2) == 0.0
    alone = 0
    if plain and alike and samples <= load(call, calls.MOST):
        alone = 1 if samples == 1 else 2
    return alone if load(program, LONE_COUNT + (OF_MANY if samples > 1 else 0)) > 0 else 0


@compiled
def learn_alone(program, memory, call, start, samples, loss, rate, keeps, next) -> bool:
    """`learn` where some LAYERs have not got the gradients of their weights.

    These are kept only if somebody `keeps` them, who may be asked for them; or where `learn` itself has to look: then
    the answer is False, and nothing else has changed. For the `next` sample, see `move_by_one`.
    """
    shift, gradients, count = OF_MANY if samples > 1 else 0, load(program, GRADIENTS), load(call, calls.PARAMETERS)
    m, v, held = floats_at(call, calls.M), floats_at(call, calls.V), floats_at(call, calls.HELD)
    which = load(call, calls.WHICH)
    picked = after(wholes_at(call, calls.ORDER), start)
    lone, lone_count = load(program, LONE + shift), load(program, LONE_COUNT + shift)
    spared, spans, moved = load(program, SPARED + shift), load(program, SPARED_SPANS + shift), 0.0
    for n in range(spans):
        begin, end = load(program, spared + 2 * n), load(program, spared + 2 * n + 1)
        moved += size_of(memory, gradients + begin, end - begin)
    for n in range(lone_count):
        moved += _size_of_gradients(program, memory, call, load(program, lone + n), picked, samples)
    bounds, others = 3 * count, loss * 0.0 + abs(rate) + moved
    if not load(held, bounds) + (load(held, bounds + 1) + moved) + others < CALM:
        bound_sizes(memory, call, held, bounds)
    size, first = load(held, bounds), load(held, bounds + 1) + moved
    calm = size + first + others < CALM
    for n in range(lone_count):
        at = load(program, lone + n)
        if samples > 1:
            _move_by_many(program, memory, call, at, picked, samples, rate, keeps, calm)
        elif calm:
            move_by_one(which, program, memory, call, at, rate, keeps, next)
        else:
            weights_of_one(program, memory, at, False)
    if not calm:
        return False
    move_powers(floats_at(call, calls.POWERS))
    for n in range(spans):
        begin, end = load(program, spared + 2 * n), load(program, spared + 2 * n + 1)
        update(which, after(memory, begin), gradients, end - begin, after(m, begin), v, rate, 0.0, 0.0)
    store(held, bounds, size + abs(rate) * (first + moved))
    store(held, bounds + 1, first)
    return True


@compiled
def _size_of_gradients(program, memory, call, at, picked, samples) -> float:
    """No less than the sizes of all gradients of a LAYER's weights and biases."""
    stride, gradients, count = load(program, STRIDE), load(program, GRADIENTS), load(program, at + COUNT)
    slope, width = load(program, SLOPES) + load(program, at + OUT) * stride, load(program, at + ROW_WIDTH)
    slopes, sources, rest = 0.0, 0.0, 0.0
    if samples == 1:
        for j in range(count):
            slopes += abs(load(memory, slope + j * stride))
        sources = size_of(memory, load(program, at + ASIDE), width)
    else:
        total, others = NO_LANES, NO_LANES
        if samples <= LANES:  # gradients of lanes that are not there are 0
            for j in range(count):
                total = total + abs(load_lanes(memory, slope + j * stride))
            slopes = sum_lanes(total)
        else:
            for j in range(count):
                slopes += size_of(memory, slope + j * stride, samples)
        sizes, row, done = floats_at(call, calls.SIZES), gradients + load(program, at + FIRST), _whole(program, at)
        for n in range(samples):
            sources += load(sizes, load(picked, n))
        for j in range(count):
            others = others + abs(first_lanes(load_lanes(memory, row + j * width + done), width - done))
        rest = sum_lanes(others)
    return slopes * sources + rest


@inlined
def _whole(program, at) -> int:
    """The terms of a LAYER that fill registers: the gradients of the other weights are there, and those of biases, in
    each row no more than a register holds."""
    return load(program, at + TERMS) // LANES * LANES


@inlined
def _move_by_many(program, memory, call, at, picked, samples, rate, keeps, calm):
    """Moves the weights and biases of a LAYER; only makes their gradients, if numbers are not calm."""
    stride, gradients, width = load(program, STRIDE), load(program, GRADIENTS), load(program, at + ROW_WIDTH)
    count, row, whole = load(program, at + COUNT), load(program, at + FIRST), _whole(program, at)
    source = distance(memory, floats_at(call, calls.SAMPLES)) + load(program, at + SOURCE)
    slope, step = load(program, SLOPES) + load(program, at + OUT) * stride, load(program, SAMPLE_WIDTH)
    if not calm:
        pick(
            memory, picked, source, step, samples, slope, stride, gradients + row, width, count, whole // LANES, False,
            0.0, 0, False,
        )  # fmt: skip
    else:
        pick_and_move(
            memory, picked, source, step, samples, slope, stride, row, width, count, whole // LANES, False,
            rate, gradients, keeps,
        )  # fmt: skip
        for j in range(count):
            k = row + j * width + whole
            there = load_lanes(memory, k)
            moved, _, _ = _move(there, load_lanes(memory, gradients + k), 0.0, 0.0, rate, 0.0, 0.0)
            store_lanes(memory, k, chosen_lanes(moved, there, 0, width - whole))
