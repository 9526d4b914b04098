"""The kernels that learn: one update of all parameters, by any of the optimizers, or none where a number is not finite.

Whether all numbers are finite is asked at each step, so it must not cost a look at each of them: where their sizes add
up to little, they are, and so they will be after an update.
"""

from __future__ import annotations

from mgrad.engine.executors import calls
from mgrad.engine.executors.access import (
    after,
    distance,
    floats_at,
    holds,
    load,
    load_float,
    load_lanes,
    store,
    store_lanes,
    sum_lanes,
    truths_at,
    wholes_at,
)
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES, NO_LANES
from mgrad.engine.executors.packing import GRADIENTS, SAMPLE_WIDTH, SLOPES, STRIDE
from mgrad.engine.executors.switches import shrunk, update
from mgrad.engine.optimizers import BETA1, BETA2, OPTIMIZERS
from mgrad.engine.tape import ACROSS, COUNT, FIRST, OUT, SOURCE, TERMS


@inlined
def _size(memory, at, count) -> float:
    """The sum of the sizes of so many numbers; nan where one is."""
    one, two, three, four, rest, k = NO_LANES, NO_LANES, NO_LANES, NO_LANES, 0.0, 0
    while k + 4 * LANES <= count:  # four sums: each waits for its last addition
        one = one + abs(load_lanes(memory, at + k))
        two = two + abs(load_lanes(memory, at + k + LANES))
        three = three + abs(load_lanes(memory, at + k + 2 * LANES))
        four = four + abs(load_lanes(memory, at + k + 3 * LANES))
        k += 4 * LANES
    while k + LANES <= count:
        one = one + abs(load_lanes(memory, at + k))
        k += LANES
    while k < count:
        rest += abs(load(memory, at + k))
        k += 1
    return sum_lanes((one + two) + (three + four)) + rest


@compiled
def _all_finite(numbers, at, count) -> bool:
    """Whether so many numbers are: a finite number times 0 is 0, any other is nan."""
    total = 0.0
    for k in range(count):
        total += load(numbers, at + k) * 0.0
    return total == 0.0


@compiled
def _copy_numbers(source, at, target, to, count):
    for k in range(count):
        store(target, to + k, load(source, at + k))


_CALM = 1e100  # no optimizer overflows where the sizes of all its numbers add up to less
_FORGETFUL = tuple([code for code, row in enumerate(OPTIMIZERS.values()) if not row.remembers])


@inlined
def begin_to_learn(memory, call):
    """To be called before the first of several updates."""
    count = load(call, calls.PARAMETERS)
    store(floats_at(call, calls.HELD), 3 * (load(call, calls.ICE) + count), _size(memory, 0, count))


@inlined
def _move_powers(powers):
    """Down to 0, not to numbers so small that processors are slow on them."""
    p, q = load(powers, 0), load(powers, 1)
    store(powers, 0, p * BETA1 if p > 1e-300 else 0.0)
    store(powers, 1, q * BETA2 if q > 1e-300 else 0.0)


@inlined
def learn(program, memory, call, loss, rate) -> bool:
    """One update of all that is not frozen; False, with nothing changed, when a number is not finite or would not be.

    HELD has room for three numbers for each parameter that is frozen, and three for each at all; and for one more: the
    size of all parameters is no more than that. So most of the time nobody has to look at them.
    """
    gradients, count, which = load(program, GRADIENTS), load(call, calls.PARAMETERS), load(call, calls.WHICH)
    m, v, powers, held = (
        floats_at(call, calls.M),
        floats_at(call, calls.V),
        floats_at(call, calls.POWERS),
        floats_at(call, calls.HELD),
    )
    penalised, frozen, ice = truths_at(call, calls.PENALISED), wholes_at(call, calls.FROZEN), load(call, calls.ICE)
    l1, l2, p, q = load_float(call, calls.L1), load_float(call, calls.L2), load(powers, 0), load(powers, 1)
    if l2 != 0.0:
        for k in range(count):
            if holds(penalised, k):
                store(memory, gradients + k, load(memory, gradients + k) + l2 * load(memory, k))
    bound = 3 * (ice + count)
    moved = _size(memory, gradients, count)
    size, others = load(held, bound), abs(loss) + abs(rate) + moved
    if which not in _FORGETFUL:
        size = _size(memory, 0, count)
        others += _size(memory, distance(memory, m), count) + _size(memory, distance(memory, v), count)
    elif not size + others < _CALM:
        size = _size(memory, 0, count)
    wild = not size + others < _CALM  # nan is, too
    store(held, bound, size + abs(rate) * moved)
    if wild:
        if not (_all_finite(memory, 0, count) and _all_finite(memory, gradients, count) and loss * 0.0 == 0.0):
            return False
        _copy_numbers(memory, 0, held, 3 * ice, count)
        _copy_numbers(m, 0, held, 3 * ice + count, count)
        _copy_numbers(v, 0, held, 3 * ice + 2 * count, count)
    _move_powers(powers)
    for i in range(ice):  # frozen ones are moved as all are, and put back: so the rest pays nothing for them
        store(held, i, load(memory, load(frozen, i)))
        store(held, ice + i, load(m, load(frozen, i)))
        store(held, 2 * ice + i, load(v, load(frozen, i)))
    update(which, memory, gradients, count, m, v, rate, load(powers, 0), load(powers, 1))
    if l1 != 0.0:
        for k in range(count):
            if holds(penalised, k):
                store(memory, k, shrunk(load(memory, k), rate * l1))
    for i in range(ice):
        store(memory, load(frozen, i), load(held, i))
        store(m, load(frozen, i), load(held, ice + i))
        store(v, load(frozen, i), load(held, 2 * ice + i))
    if wild and not (_all_finite(memory, 0, count) and _all_finite(m, 0, count) and _all_finite(v, 0, count)):
        _copy_numbers(held, 3 * ice, memory, 0, count)
        _copy_numbers(held, 3 * ice + count, m, 0, count)
        _copy_numbers(held, 3 * ice + 2 * count, v, 0, count)
        store(powers, 0, p)
        store(powers, 1, q)
        return False
    return True


# ---------------------------------------------------------------------- from a single sample
_SGD = list(OPTIMIZERS).index("sgd")
_move = OPTIMIZERS["sgd"].update


@inlined
def learns_from_one(call) -> bool:
    """Whether a layer may learn by itself: a weight moves by nothing but its gradient, and all do."""
    plain = load(call, calls.MODE) == calls.TRAIN and load(call, calls.WHICH) == _SGD and load(call, calls.ICE) == 0
    return plain and load_float(call, calls.L1) == 0.0 and load_float(call, calls.L2) == 0.0


@inlined
def _move_row(memory, row, source, width, slope, rate):
    """Moves a row of weights, whose gradients are slope · source; whole cache lines at a time."""
    k = min(-row & LANES - 1, width)
    _move_singly(memory, row, source, 0, k, slope, rate)
    while k + LANES <= width:
        gradient = slope * load_lanes(memory, source + k)
        w, _, _ = _move(load_lanes(memory, row + k), gradient, 0.0, 0.0, rate, 0.0, 0.0)
        store_lanes(memory, row + k, w)
        k += LANES
    _move_singly(memory, row, source, k, width, slope, rate)


@inlined
def _move_singly(memory, row, source, start, end, slope, rate):
    for k in range(start, end):
        w, _, _ = _move(load(memory, row + k), slope * load(memory, source + k), 0.0, 0.0, rate, 0.0, 0.0)
        store(memory, row + k, w)


@compiled
def learn_from_one(program, memory, call, at, start, loss, rate, keeps) -> bool:
    """`learn` from one sample, for a tape with a wide LAYER at `at` that has not got the gradients of its weights.

    Each of them is a product of two numbers: so how large they are is known without them, and they are made where they
    are used. They are kept only if somebody `keeps` them, who may be asked for them; or where `learn` itself has to
    look: then the answer is False, and nothing else has changed.
    """
    gradients, count, stride = load(program, GRADIENTS), load(call, calls.PARAMETERS), load(program, STRIDE)
    m, v, powers, held = (
        floats_at(call, calls.M), floats_at(call, calls.V), floats_at(call, calls.POWERS), floats_at(call, calls.HELD),
    )  # fmt: skip
    first, terms, outputs = load(program, at + FIRST), load(program, at + TERMS), load(program, at + COUNT)
    width, across = terms // LANES * LANES, max(load(program, at + ACROSS), terms)  # a single output steps nowhere
    slope = load(program, SLOPES) + load(program, at + OUT) * stride
    sample = load(wholes_at(call, calls.ORDER), start) * load(program, SAMPLE_WIDTH) + load(program, at + SOURCE)
    source, end = distance(memory, floats_at(call, calls.SAMPLES)) + sample, min(first + outputs * across, count)
    slopes, rest = 0.0, 0.0
    for j in range(outputs):
        slopes += abs(load(memory, slope + j * stride))
        for k in range(first + j * across + width, min(first + (j + 1) * across, count)):
            rest += abs(load(memory, gradients + k))
    moved = slopes * _size(memory, source, width) + rest
    moved += _size(memory, gradients, first) + _size(memory, gradients + end, count - end)
    size, others = load(held, 3 * count), abs(loss) + abs(rate) + moved
    if not size + others < _CALM:
        size = _size(memory, 0, count)
    calm = size + others < _CALM
    for j in range(outputs):
        row, there = first + j * across, load(memory, slope + j * stride)
        if keeps or not calm:
            for k in range(0, width, LANES):
                store_lanes(memory, gradients + row + k, there * load_lanes(memory, source + k))
        if calm:
            _move_row(memory, row, source, width, there, rate)
    if not calm:
        return False
    _move_powers(powers)
    for j in range(outputs):
        for k in range(first + j * across + width, min(first + (j + 1) * across, count)):
            bias, _, _ = _move(load(memory, k), load(memory, gradients + k), 0.0, 0.0, rate, 0.0, 0.0)
            store(memory, k, bias)
    update(_SGD, memory, gradients, first, m, v, rate, 0.0, 0.0)
    update(_SGD, after(memory, end), gradients, count - end, m, v, rate, 0.0, 0.0)
    store(held, 3 * count, size + abs(rate) * moved)
    return True
