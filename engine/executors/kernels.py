"""The kernels: a tape run by machine code, without one Python object inside.

Numba compiles them once, with fixed types, for every network there will ever be: a tape is data to them. They see two
arrays: `program`, whole numbers (a header, then the instructions), and `memory`, one flat arena of floats (slots and
their gradients, rows of lanes and their gradients, room to transpose in). Both are read and written through unchecked
offsets: an ordinary index would test for negative ones, which keeps a compiler from making vector code.

The mathematics comes in from the table of operations, and the tiles that do most of the work from `microkernels`; what
stands here is only the way over instructions and lanes.
"""

# pyright: reportCallIssue=false, reportGeneralTypeIssues=false
# (Numba's own types: an intrinsic is called without its first parameter, and types.int64[::1] is an array's type.)
from __future__ import annotations

from numba import njit, types

from mgrad.engine.executors import kernel_cache
from mgrad.engine.executors.access import (
    after,
    distance,
    first_lanes,
    load,
    load_lanes,
    no_lanes,
    pointer,
    store,
    store_lanes,
    sum_lanes,
)
from mgrad.engine.executors.lanes import LANES, absolute
from mgrad.engine.executors.layer_kernels import clear_spare, layer_back, layer_forward, row_sum
from mgrad.engine.executors.microkernels import WIDEST, gather_tile, listed_product_tile, listed_reduction_tile
from mgrad.engine.executors.packing import (
    CLEARED,
    CLEARED_SPANS,
    CODE,
    FIRST_ANSWER,
    GRADIENTS,
    INSTRUCTIONS,
    LEAN_CODE,
    LEAN_FROM,
    LEAN_INSTRUCTIONS,
    MODES,
    PACKED,
    ROOT,
    RUNS,
    SAMPLE_WIDTH,
    SLOPES,
    SLOTS,
    SOURCES,
    STRIDE,
    UNIFORM_CODE,
    UNIFORM_RUNS,
    VALUES,
    WEIGHTS,
    ZEROED,
    ZEROED_ROWS,
)  # fmt: skip
from mgrad.engine.executors.primitives import compiled, inlined
from mgrad.engine.executors.switches import block_back, block_forward, run_back, run_forward, shrunk, update
from mgrad.engine.optimizers import BETA1, BETA2, OPTIMIZERS
from mgrad.engine.tape import (
    A_STEP,
    ADD,
    B_STEP,
    BIAS,
    COUNT,
    LAYER,
    NONE,
    OP,
    OUT,
    SPREAD,
    START,
    SUM,
    TERMS,
    TO_A,
    TO_B,
    TO_SLOTS,
    A,
    B,
)  # fmt: skip


# ---------------------------------------------------------------------- uniform code: single numbers
@inlined
def _uniform_forward(program, memory):
    run, at, out = load(program, UNIFORM_RUNS), load(program, UNIFORM_CODE), load(program, FIRST_ANSWER)
    for k in range(load(program, RUNS)):
        count = load(program, run + 2 * k + 1)
        run_forward(load(program, run + 2 * k), program, at, count, memory, out)
        at, out = at + count, out + count


@inlined
def _uniform_backward(program, memory):
    run, gradients, out = load(program, UNIFORM_RUNS), load(program, GRADIENTS), load(program, SLOTS)
    at = load(program, UNIFORM_CODE) + out - load(program, FIRST_ANSWER)
    for k in range(load(program, RUNS) - 1, -1, -1):
        count = load(program, run + 2 * k + 1)
        at, out = at - count, out - count
        run_back(load(program, run + 2 * k), program, at, count, memory, out, gradients)


# ---------------------------------------------------------------------- varying code: rows of lanes
@inlined
def _lanes_forward(program, memory, at, instructions, picked, shift, lanes, used):
    values, stride = load(program, VALUES), load(program, STRIDE)
    end = at + instructions * PACKED
    while at < end:
        op, count = load(program, at + OP), load(program, at + COUNT)
        out = values + load(program, at + OUT) * stride
        if op == LAYER:
            layer_forward(program, memory, at, picked, shift, lanes, used)
        elif op == SUM:
            _sum_forward(program, memory, at, out, used)
        elif op == SPREAD:
            number = load(memory, load(program, at + A))
            for k in range(0, used, LANES):
                store_lanes(memory, out + k, number)
        elif op < LAYER:
            a, b = values + load(program, at + A) * stride, values + load(program, at + B) * stride
            a_step, b_step = load(program, at + A_STEP) * stride, load(program, at + B_STEP) * stride
            if stride - used <= 8 and a_step > 0 and (b_step > 0 or load(program, at + B) < 0):
                block_forward(op, memory, out, a, b, count * stride)  # rows without gaps: one long row
            else:
                for k in range(count):
                    block_forward(op, memory, out + k * stride, a + k * a_step, b + k * b_step, used)
        at += PACKED


_sum_narrow, _sum_wide = listed_product_tile(1), listed_product_tile(WIDEST)


@inlined
def _sum_forward(program, memory, at, out, used):
    values, stride = load(program, VALUES), load(program, STRIDE)
    start, terms, bias = load(program, at + START), load(program, at + TERMS), load(program, at + BIAS)
    weights, sources = load(program, WEIGHTS) + start, load(program, SOURCES) + start
    first, k = load(memory, bias) if bias >= 0 else 0.0, 0
    while k < used:
        if used - k >= WIDEST * LANES:
            _sum_wide(memory, program, values + k, stride, weights, sources, terms, first, out + k)
            k += WIDEST * LANES
        else:
            _sum_narrow(memory, program, values + k, stride, weights, sources, terms, first, out + k)
            k += LANES


@inlined
def _lanes_backward(program, memory, start, instructions, picked, shift, lanes, used, first):
    """Needs the gradient of the root's row in place."""
    values, slopes, stride = load(program, VALUES), load(program, SLOPES), load(program, STRIDE)
    gradients = load(program, GRADIENTS)
    for n in range(load(program, ZEROED_ROWS)):
        row = slopes + load(program, load(program, ZEROED) + n) * stride
        for k in range(0, used, LANES):
            store_lanes(memory, row + k, 0.0)
    at = start + (instructions - 1) * PACKED
    while at >= start:
        op, row = load(program, at + OP), load(program, at + OUT)
        slope = slopes + row * stride
        if op == LAYER:
            layer_back(program, memory, at, picked, shift, lanes, used, first)
        elif op == SUM:
            _sum_back(program, memory, at, slope, lanes, used)
        elif op == SPREAD:
            if load(program, at + TO_SLOTS) != NONE:
                clear_spare(memory, slope, stride, 1, lanes, used)
                slot = gradients + load(program, at + A)
                store(memory, slot, load(memory, slot) + row_sum(memory, slope, used))
        elif op < LAYER:
            _hand_back(program, memory, at, values + row * stride, slope, used)
        at -= PACKED


@inlined
def _hand_back(program, memory, at, out, slope, used):
    values, slopes, stride = load(program, VALUES), load(program, SLOPES), load(program, STRIDE)
    op, count = load(program, at + OP), load(program, at + COUNT)
    to_a, to_b = load(program, at + TO_A), load(program, at + TO_B)
    a, b = load(program, at + A) * stride, load(program, at + B) * stride
    a_step, b_step = load(program, at + A_STEP) * stride, load(program, at + B_STEP) * stride
    lanes = used
    if stride - used <= 8 and a_step > 0 and (b_step > 0 or b < 0):
        lanes, count = count * stride, 1  # rows without gaps: one long row
    for _ in range(count):
        block_back(op, memory, out, values + a, values + b, slope, slopes + a, slopes + b, to_a, to_b, lanes)
        a, b, out, slope = a + a_step, b + b_step, out + stride, slope + stride


@inlined
def _sum_back(program, memory, at, slope, lanes, used):
    values, slopes, stride = load(program, VALUES), load(program, SLOPES), load(program, STRIDE)
    gradients = load(program, GRADIENTS)
    start, terms, bias = load(program, at + START), load(program, at + TERMS), load(program, at + BIAS)
    weights, sources, modes = (
        load(program, WEIGHTS) + start,
        load(program, SOURCES) + start,
        load(program, MODES) + start,
    )
    if load(program, at + TO_SLOTS) != NONE:
        clear_spare(memory, slope, stride, 1, lanes, used)
        for n in range(0, terms, LANES):
            listed_reduction_tile(
                memory, program, values, stride, sources + n, slope, used // LANES, gradients, weights + n,
                min(terms - n, LANES),
            )  # fmt: skip
        if bias >= 0:
            store(memory, gradients + bias, load(memory, gradients + bias) + row_sum(memory, slope, used))
    for n in range(terms):
        mode = load(program, modes + n)
        if mode != NONE:
            weight, target = load(memory, load(program, weights + n)), slopes + load(program, sources + n) * stride
            for k in range(0, used, LANES):
                part = weight * load_lanes(memory, slope + k)
                store_lanes(memory, target + k, load_lanes(memory, target + k) + part if mode == ADD else part)


# ---------------------------------------------------------------------- batches
@inlined
def _gather(program, memory, samples, order, start, first, lanes, used):
    """Brings samples into the input rows, from where the columns of each one lie side by side."""
    values, stride, width = load(program, VALUES), load(program, STRIDE), load(program, SAMPLE_WIDTH)
    for n in range(0, used, LANES):
        gather_tile(samples, order, start + n, lanes - n, width, first, memory, values + n, stride)


@compiled
def _tile(count, most):
    """Lanes a tile, a whole number of registers: a batch is cut into equal parts of at most `most`."""
    tiles = 1 if count <= most else (count + most - 1) // most
    lanes = count if tiles == 1 else (count + tiles - 1) // tiles
    return (lanes + LANES - 1) // LANES * LANES


@compiled
def _mean_of(memory, row, lanes, share):
    """The sum of shares of a row's numbers."""
    total = no_lanes()
    for k in range(0, lanes, LANES):
        total = total + first_lanes(load_lanes(memory, row + k) * share, lanes - k)
    return sum_lanes(total)


@compiled
def _clear(program, memory, gradients):
    """Gradients of slots begin at 0, but for those that a layer stores without looking."""
    at = load(program, CLEARED)
    for n in range(load(program, CLEARED_SPANS)):
        for k in range(load(program, at + 2 * n), load(program, at + 2 * n + 1)):
            store(memory, gradients + k, 0.0)


@inlined
def _batch(program, memory, samples, order, start, count, most, lean, backward, gathers):
    """Forward, and backward if asked, over one batch; returns the mean of the root. The last tile stays in memory."""
    values, slopes, stride = load(program, VALUES), load(program, SLOPES), load(program, STRIDE)
    gradients, root = load(program, GRADIENTS), load(program, ROOT)
    code = load(program, LEAN_CODE if lean else CODE)
    instructions = load(program, LEAN_INSTRUCTIONS if lean else INSTRUCTIONS)
    first = load(program, LEAN_FROM) if lean else 0
    shift = distance(memory, samples)
    _uniform_forward(program, memory)
    share, total, done, tile = 1.0 / count, 0.0, 0, _tile(count, most)
    if backward:
        _clear(program, memory, gradients)
    if root >= 0:
        total = load(memory, root)
        if backward:
            store(memory, gradients + root, 1.0)
    while done < count:
        lanes = min(tile, count - done)
        used = (lanes + LANES - 1) // LANES * LANES
        picked = after(order, start + done)
        if gathers:
            _gather(program, memory, samples, order, start + done, first, lanes, used)
        _lanes_forward(program, memory, code, instructions, picked, shift, lanes, used)
        if root < 0:
            row = (-1 - root) * stride
            total += _mean_of(memory, values + row, lanes, share)
            if backward:
                for k in range(0, used, LANES):
                    store_lanes(memory, slopes + row + k, share)
                clear_spare(memory, slopes + row, stride, 1, lanes, used)
                _lanes_backward(program, memory, code, instructions, picked, shift, lanes, used, done == 0)
        done += lanes
    if backward:
        _uniform_backward(program, memory)
    return total


@inlined
def _copy(program, memory, places, start, lanes, found):
    """The numbers of each place, for the lanes of a tile, into their columns of `found`."""
    values, stride = load(program, VALUES), load(program, STRIDE)
    for k in range(places.shape[0]):
        place = places[k]
        for n in range(lanes):
            found[k, start + n] = load(memory, place if place >= 0 else values + (-1 - place) * stride + n)


# ---------------------------------------------------------------------- optimizers


@compiled
def _size(memory, a, b, count):
    """The sum of the sizes of so many numbers from `a` and `b` on; nan where one is."""
    total, rest, k = no_lanes(), 0.0, 0
    while k + LANES <= count:
        total = total + absolute(load_lanes(memory, a + k)) + absolute(load_lanes(memory, b + k))
        k += LANES
    while k < count:
        rest += abs(load(memory, a + k)) + abs(load(memory, b + k))
        k += 1
    return sum_lanes(total) + rest


@compiled
def _all_finite(memory, at, count):
    """Whether so many numbers are: a finite number times 0 is 0, any other is nan."""
    total = 0.0
    for k in range(count):
        total += load(memory, at + k) * 0.0
    return total == 0.0


@compiled
def _copy_numbers(source, at, target, to, count):
    for k in range(count):
        store(target, to + k, load(source, at + k))


_CALM = 1e100  # no optimizer overflows where the sizes of all its numbers add up to less
_MEMORIES = tuple([len(row.remembers) for row in OPTIMIZERS.values()])


@inlined
def _learn(program, memory, loss, which, rate, count, m, v, powers, l1, l2, penalised, frozen, held):
    """One update of all that is not frozen; False, with nothing changed, when a number is not finite or would not be.

    `held` has room for three numbers a parameter, and three for each that is frozen.
    """
    gradients, p, q = load(program, GRADIENTS), powers[0], powers[1]
    if l2 != 0.0:
        for k in range(count):
            if penalised[k]:
                store(memory, gradients + k, load(memory, gradients + k) + l2 * load(memory, k))
    size = abs(loss) + abs(rate) + _size(memory, 0, gradients, count)
    if _MEMORIES[which] > 0:
        size += _size(memory, distance(memory, m), distance(memory, v), count)
    wild = not size < _CALM  # nan is, too
    ice = frozen.shape[0]  # frozen ones are moved as all are, and put back: so the rest pays nothing for them
    kept = pointer(held)
    if wild:
        if not (_all_finite(memory, 0, count) and _all_finite(memory, gradients, count) and loss * 0.0 == 0.0):
            return False
        _copy_numbers(memory, 0, kept, 3 * ice, count)
        _copy_numbers(m, 0, kept, 3 * ice + count, count)
        _copy_numbers(v, 0, kept, 3 * ice + 2 * count, count)
    # Down to 0, not to numbers so small that processors are slow on them.
    powers[0] = p * BETA1 if p > 1e-300 else 0.0
    powers[1] = q * BETA2 if q > 1e-300 else 0.0
    for i in range(ice):
        held[i], held[ice + i], held[2 * ice + i] = load(memory, frozen[i]), load(m, frozen[i]), load(v, frozen[i])
    update(which, memory, gradients, count, m, v, rate, powers[0], powers[1])
    if l1 != 0.0:
        for k in range(count):
            if penalised[k]:
                store(memory, k, shrunk(load(memory, k), rate * l1))
    for i in range(ice):
        store(memory, frozen[i], held[i])
        store(m, frozen[i], held[ice + i])
        store(v, frozen[i], held[2 * ice + i])
    if wild and not (_all_finite(memory, 0, count) and _all_finite(m, 0, count) and _all_finite(v, 0, count)):
        _copy_numbers(kept, 3 * ice, memory, 0, count)
        _copy_numbers(kept, 3 * ice + count, m, 0, count)
        _copy_numbers(kept, 3 * ice + 2 * count, v, 0, count)
        powers[0], powers[1] = p, q
        return False
    return True


# ---------------------------------------------------------------------- what is called from outside
TRAIN, RUN, FORWARD, EVALUATE, EVALUATE_LEAN = range(5)
_INTS, _FLOATS = types.int64[::1], types.float64[::1]
_SIGNATURE = types.int64(
    types.int64, _INTS, _FLOATS, _FLOATS, types.int64, _INTS, _INTS, _INTS, _FLOATS, types.int64, _FLOATS, _FLOATS,
    _FLOATS, types.float64, types.float64, types.boolean[::1], _INTS, _FLOATS, types.boolean, _INTS,
    types.float64[:, ::1],
)  # fmt: skip


@njit([_SIGNATURE], cache=kernel_cache.writable(), nogil=True, error_model="numpy")
def execute(
    mode, program, memory, samples, most, order, starts, counts, rates, which, m, v, powers, l1, l2, penalised, frozen,
    held, fixed, places, found,
):  # fmt: skip
    """Runs batch k over the samples order[starts[k] : starts[k] + counts[k]], in tiles of at most `most` lanes.

    TRAIN updates after each batch; returns how many steps were done before a number was not finite. RUN and FORWARD
    only fill the memory. EVALUATE copies the numbers of `places` into `found`, (places, samples), for batches of one
    tile; EVALUATE_LEAN does so by lean code. `fixed`: all batches are the same and fit into one tile, so they are
    gathered once.
    """
    whole, floats, data, picked = pointer(program), pointer(memory), pointer(samples), pointer(order)
    first, second = pointer(m), pointer(v)
    backward, lean = mode <= RUN, mode in (TRAIN, EVALUATE_LEAN)
    for step in range(rates.shape[0]):
        gathers = step == 0 or not fixed
        loss = _batch(whole, floats, data, picked, starts[step], counts[step], most, lean, backward, gathers)
        if mode >= EVALUATE:
            _copy(whole, floats, places, starts[step], counts[step], found)
        if mode == TRAIN and not _learn(
            whole,
            floats,
            loss,
            which,
            rates[step],
            m.shape[0],
            first,
            second,
            powers,
            l1,
            l2,
            penalised,
            frozen,
            held,
        ):
            return step
    return rates.shape[0]
