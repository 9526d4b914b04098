"""The kernels that learn: one update of all parameters, by any of the optimizers, or none where a number is not finite.

Whether all numbers are finite is asked at each step, so it must not cost a look at each of them: where their sizes add
up to little, they are, and so they will be after an update.
"""

from __future__ import annotations

from mgrad.engine.executors import calls
from mgrad.engine.executors.access import (
    distance,
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
from mgrad.engine.executors.lanes import LANES, NO_LANES, where
from mgrad.engine.executors.packing import GRADIENTS
from mgrad.engine.executors.switches import settled, shrunk, update
from mgrad.engine.optimizers import BETA1, BETA2, EPSILON, WEIGHT_DECAY


@inlined
def size_of(memory, at, count) -> float:
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
def copy_numbers(source, at, target, to, count):
    """target[to : to + count] = source[at : at + count]."""
    for k in range(count):
        store(target, to + k, load(source, at + k))


CALM = 1e140  # no optimizer overflows where the sizes of all its numbers, or the roots of its squares, add up to less
_FARTHEST = 1.0 / (
    EPSILON * (1.0 - BETA1)
)  # no rule moves a parameter by more, times the rate and its gradients' sizes


@inlined
def _calm(sizes, squares) -> bool:
    """Not so where one is nan."""
    return sizes < CALM and squares < CALM * CALM


@inlined
def begin_to_learn(memory, call):
    """To be called before the first of several updates."""
    bound_sizes(memory, call, floats_at(call, calls.HELD), 3 * (load(call, calls.ICE) + load(call, calls.PARAMETERS)))


@compiled
def bound_sizes(memory, call, held, bounds):
    """Writes the sizes of all parameters and of what is remembered of them."""
    count = load(call, calls.PARAMETERS)
    store(held, bounds, size_of(memory, 0, count))
    store(held, bounds + 1, size_of(memory, distance(memory, floats_at(call, calls.M)), count))
    store(held, bounds + 2, size_of(memory, distance(memory, floats_at(call, calls.V)), count))


@inlined
def move_powers(powers):
    """From one step to the next."""
    store(powers, 0, settled(load(powers, 0) * BETA1))
    store(powers, 1, settled(load(powers, 1) * BETA2))


@compiled
def _add_decay(memory, gradients, penalised, count, l2):
    """Adds the gradients of an L2 penalty; `penalised` holds 1 for a weight, else 0."""
    k = 0
    while k + LANES <= count:
        decay = load_lanes(penalised, k) * l2 * load_lanes(memory, k)
        store_lanes(memory, gradients + k, load_lanes(memory, gradients + k) + decay)
        k += LANES
    while k < count:
        store(memory, gradients + k, load(memory, gradients + k) + load(penalised, k) * l2 * load(memory, k))
        k += 1


@compiled
def _shrink(memory, penalised, count, amount):
    """What penalties do to weights after a step."""
    k = 0
    while k + LANES <= count:
        store_lanes(memory, k, _shrunk(load_lanes(memory, k), load_lanes(penalised, k), amount))
        k += LANES
    while k < count:
        store(memory, k, _shrunk(load(memory, k), load(penalised, k), amount))
        k += 1


def _shrunk(w, penalised, amount):
    return where(penalised > 0.0, settled(shrunk(w, amount)), w)


@inlined
def learn(program, memory, call, loss, rate) -> bool:
    """One update of all that is not frozen; False, with nothing changed, when a number is not finite or would not be.

    HELD has room for three numbers for each parameter that is frozen, three for each at all, and three more, which the
    sizes of all parameters, and of what is remembered of them, do not exceed: so nobody has to look at them but once in
    a long while. The loss need not be small, only finite: times 0 it is 0.
    """
    gradients, count, which = load(program, GRADIENTS), load(call, calls.PARAMETERS), load(call, calls.WHICH)
    m, v, powers, held = (
        floats_at(call, calls.M),
        floats_at(call, calls.V),
        floats_at(call, calls.POWERS),
        floats_at(call, calls.HELD),
    )
    penalised, frozen, ice = floats_at(call, calls.PENALISED), wholes_at(call, calls.FROZEN), load(call, calls.ICE)
    l1, l2, p, q = load_float(call, calls.L1), load_float(call, calls.L2), load(powers, 0), load(powers, 1)
    if l2 != 0.0:
        _add_decay(memory, gradients, penalised, count, l2)
    bounds, moved = 3 * (ice + count), size_of(memory, gradients, count)
    others = loss * 0.0 + abs(rate) + moved
    if not _calm(load(held, bounds) + load(held, bounds + 1) + others, load(held, bounds + 2)):
        bound_sizes(memory, call, held, bounds)
    size, first, second = load(held, bounds), load(held, bounds + 1) + moved, load(held, bounds + 2)
    wild = not _calm(size + first + others, second)
    store(held, bounds, size + abs(rate) * (WEIGHT_DECAY * size + _FARTHEST * (first + moved)))
    store(held, bounds + 1, first)
    store(held, bounds + 2, second + moved * moved)
    if wild:
        if not (_all_finite(memory, 0, count) and _all_finite(memory, gradients, count) and loss * 0.0 == 0.0):
            return False
        copy_numbers(memory, 0, held, 3 * ice, count)
        copy_numbers(m, 0, held, 3 * ice + count, count)
        copy_numbers(v, 0, held, 3 * ice + 2 * count, count)
    move_powers(powers)
    for i in range(ice):  # frozen ones are moved as all are, and put back: so the rest pays nothing for them
        store(held, i, load(memory, load(frozen, i)))
        store(held, ice + i, load(m, load(frozen, i)))
        store(held, 2 * ice + i, load(v, load(frozen, i)))
    update(which, memory, gradients, count, m, v, rate, load(powers, 0), load(powers, 1))
    if l1 != 0.0 or l2 != 0.0:
        _shrink(memory, penalised, count, rate * l1)
    for i in range(ice):
        store(memory, load(frozen, i), load(held, i))
        store(m, load(frozen, i), load(held, ice + i))
        store(v, load(frozen, i), load(held, 2 * ice + i))
    if wild and not (_all_finite(memory, 0, count) and _all_finite(m, 0, count) and _all_finite(v, 0, count)):
        copy_numbers(held, 3 * ice, memory, 0, count)
        copy_numbers(held, 3 * ice + count, m, 0, count)
        copy_numbers(held, 3 * ice + 2 * count, v, 0, count)
        store(powers, 0, p)
        store(powers, 1, q)
        return False
    return True
