"""The kernels: a tape run by machine code, without one Python object inside.

They are compiled once, for every network there will ever be: a tape is data to them. They see two arrays: `program`,
whole numbers (a header, then the instructions), and `memory`, one flat arena of floats (slots and their gradients, rows
of lanes and their gradients, room to transpose in). Both are read and written through unchecked offsets.

The mathematics comes in from the table of operations, and the tiles that do most of the work from `microkernels`; what
stands here is only the way over instructions and lanes.
"""

from __future__ import annotations

from llvmlite import ir

from mgrad.engine.executors.access import (
    after,
    distance,
    first_lanes,
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
from mgrad.engine.executors.calls import (
    COUNTS,
    EVALUATE,
    EVALUATE_LEAN,
    FIXED,
    FOUND,
    FROZEN,
    HELD,
    ICE,
    KNOWN,
    L1,
    L2,
    MEMORY,
    MODE,
    MOST,
    ORDER,
    PARAMETERS,
    PENALISED,
    PLACES,
    PLACES_COUNT,
    POWERS,
    PROGRAM,
    RATES,
    RUN,
    SAMPLES,
    SAMPLES_COUNT,
    SHUFFLE,
    STARTS,
    STEPS,
    TRAIN,
    WHICH,
    M,
    V,
)
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES, NO_LANES, WHOLE
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
from mgrad.engine.executors.shuffle_kernel import shuffle
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
def _lanes_forward(program, memory, at, instructions, picked, known, shift, lanes, used):
    values, stride = load(program, VALUES), load(program, STRIDE)
    end = at + instructions * PACKED
    while at < end:
        op, count = load(program, at + OP), load(program, at + COUNT)
        out = values + load(program, at + OUT) * stride
        if op == LAYER:
            layer_forward(program, memory, at, picked, known, shift, lanes, used)
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
def _gather(program, memory, samples, order, start, first, lanes, used, known):
    """Brings samples into the input rows, from where the columns of each one lie side by side; `known` are in order."""
    values, stride, width = load(program, VALUES), load(program, STRIDE), load(program, SAMPLE_WIDTH)
    for n in range(0, used, LANES):
        gather_tile(
            samples, order, start + n, lanes - n, known - start - n, LANES, width, first, width - first, memory,
            values + first * stride + n, stride,
        )  # fmt: skip


@inlined
def _tile(count, most) -> int:
    """Lanes a tile, a whole number of registers: a batch is cut into equal parts of at most `most`."""
    tiles = 1 if count <= most else (count + most - 1) // most
    lanes = count if tiles == 1 else (count + tiles - 1) // tiles
    return (lanes + LANES - 1) // LANES * LANES


@inlined
def _mean_of(memory, row, lanes, share) -> float:
    """The sum of shares of a row's numbers."""
    total = NO_LANES
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
def _batch(program, memory, samples, order, known, start, count, most, lean, backward, gathers) -> float:
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
            _gather(program, memory, samples, order, start + done, first, lanes, used, known)
        _lanes_forward(program, memory, code, instructions, picked, known - start - done, shift, lanes, used)
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
def _copy(program, memory, call, places, start, lanes, found):
    """The numbers of each place, for the lanes of a tile, into their columns of `found`."""
    values, stride = load(program, VALUES), load(program, STRIDE)
    for k in range(load(call, PLACES_COUNT)):
        place = load(places, k)
        for n in range(lanes):
            number = load(memory, place if place >= 0 else values + (-1 - place) * stride + n)
            store(found, k * load(call, SAMPLES_COUNT) + start + n, number)


# ---------------------------------------------------------------------- optimizers
@inlined
def _size(memory, a, b, count) -> float:
    """The sum of the sizes of so many numbers from `a` and `b` on; nan where one is."""
    one, two, three, four, rest, k = NO_LANES, NO_LANES, NO_LANES, NO_LANES, 0.0, 0
    while k + 2 * LANES <= count:  # four sums: each waits for its last addition
        one, two = one + abs(load_lanes(memory, a + k)), two + abs(load_lanes(memory, b + k))
        three, four = three + abs(load_lanes(memory, a + k + LANES)), four + abs(load_lanes(memory, b + k + LANES))
        k += 2 * LANES
    if k + LANES <= count:
        one, two = one + abs(load_lanes(memory, a + k)), two + abs(load_lanes(memory, b + k))
        k += LANES
    while k < count:
        rest += abs(load(memory, a + k)) + abs(load(memory, b + k))
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
def _learn(program, memory, call, loss, rate) -> bool:
    """One update of all that is not frozen; False, with nothing changed, when a number is not finite or would not be.

    HELD has room for three numbers for each parameter that is frozen, and three for each at all.
    """
    gradients, count, which = load(program, GRADIENTS), load(call, PARAMETERS), load(call, WHICH)
    m, v, powers, held = floats_at(call, M), floats_at(call, V), floats_at(call, POWERS), floats_at(call, HELD)
    penalised, frozen, ice = truths_at(call, PENALISED), wholes_at(call, FROZEN), load(call, ICE)
    l1, l2, p, q = load_float(call, L1), load_float(call, L2), load(powers, 0), load(powers, 1)
    if l2 != 0.0:
        for k in range(count):
            if holds(penalised, k):
                store(memory, gradients + k, load(memory, gradients + k) + l2 * load(memory, k))
    size = abs(loss) + abs(rate) + _size(memory, 0, gradients, count)
    if which not in _FORGETFUL:
        size += _size(memory, distance(memory, m), distance(memory, v), count)
    wild = not size < _CALM  # nan is, too
    if wild:
        if not (_all_finite(memory, 0, count) and _all_finite(memory, gradients, count) and loss * 0.0 == 0.0):
            return False
        _copy_numbers(memory, 0, held, 3 * ice, count)
        _copy_numbers(m, 0, held, 3 * ice + count, count)
        _copy_numbers(v, 0, held, 3 * ice + 2 * count, count)
    # Down to 0, not to numbers so small that processors are slow on them.
    store(powers, 0, p * BETA1 if p > 1e-300 else 0.0)
    store(powers, 1, q * BETA2 if q > 1e-300 else 0.0)
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


# ---------------------------------------------------------------------- what is called from outside
@compiled
def execute(call) -> int:
    """Runs what a call asks for, see `calls`; returns how many steps were done before a number was not finite."""
    program, memory, samples, order = (
        wholes_at(call, PROGRAM), floats_at(call, MEMORY), floats_at(call, SAMPLES), wholes_at(call, ORDER),
    )  # fmt: skip
    starts, counts, rates, found = (
        wholes_at(call, STARTS), wholes_at(call, COUNTS), floats_at(call, RATES), floats_at(call, FOUND),
    )  # fmt: skip
    mode, most, fixed, steps = load(call, MODE), load(call, MOST), load(call, FIXED), load(call, STEPS)
    if mode == SHUFFLE:
        shuffle(starts, order, load(call, SAMPLES_COUNT), steps)
        return 0
    backward, lean = mode <= RUN, mode in (TRAIN, EVALUATE_LEAN)
    for step in range(steps):
        start, count, gathers = load(starts, step), load(counts, step), step == 0 or fixed == 0
        loss = _batch(program, memory, samples, order, load(call, KNOWN), start, count, most, lean, backward, gathers)
        if mode >= EVALUATE:
            _copy(program, memory, call, wholes_at(call, PLACES), start, count, found)
        if mode == TRAIN and not _learn(program, memory, call, loss, load(rates, step)):
            return step
    return steps


def write_kernels() -> ir.Module:
    """The kernels in LLVM's own language: one function, `execute`, that is seen from outside."""
    module = ir.Module("kernels")
    execute.function(module, [WHOLE.as_pointer()], "execute")
    return module
