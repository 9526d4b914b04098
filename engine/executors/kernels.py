"""The kernels: a tape run by machine code, without one Python object inside.

They are compiled once, for every network there will ever be: a tape is data to them. They see two arrays: `program`,
whole numbers (a header, then the instructions), and `memory`, one flat arena of floats (slots and their gradients, rows
of lanes and their gradients, room to transpose in). Both are read and written through unchecked offsets.

The tape itself is run by `tape_kernels`, and an update done by `learning_kernels`; what stands here is the way over
batches and tiles, and the one function that is called from outside.
"""

from __future__ import annotations

from llvmlite import ir

from mgrad.engine.executors import calls
from mgrad.engine.executors.access import (
    after,
    distance,
    first_lanes,
    floats_at,
    load,
    load_lanes,
    store,
    store_lanes,
    sum_lanes,
    wholes_at,
)
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES, NO_LANES, WHOLE
from mgrad.engine.executors.layer_kernels import clear_spare
from mgrad.engine.executors.learning_kernels import begin_to_learn, learn
from mgrad.engine.executors.lone_kernels import learn_alone, learns_alone
from mgrad.engine.executors.look_kernels import keep_after, keep_before, step_of_look
from mgrad.engine.executors.packing import (
    CLEARED,
    CLEARED_SPANS,
    CODE,
    COLUMNS,
    GRADIENTS,
    INSTRUCTIONS,
    LAID_FROM,
    LEAN_CODE,
    LEAN_INSTRUCTIONS,
    ROOT,
    SAMPLE_WIDTH,
    SLOPES,
    STRIDE,
    VALUES,
)  # fmt: skip
from mgrad.engine.executors.sample_kernels import first_gathered
from mgrad.engine.executors.shuffle_kernel import shuffle
from mgrad.engine.executors.tape_kernels import lanes_backward, lanes_forward, uniform_backward, uniform_forward
from mgrad.engine.executors.transposing_tiles import gathering_tile

# ---------------------------------------------------------------------- batches
_gather_tile = gathering_tile(near=3, spread_out=False)


@inlined
def _gather(program, memory, call, samples, order, start, first, lanes, used):
    """Brings samples into the input rows, from where the columns of each one lie side by side; or, where samples are
    taken as they come, from where those of a column do."""
    values, stride, width = load(program, VALUES), load(program, STRIDE), load(program, SAMPLE_WIDTH)
    known, done = load(call, calls.KNOWN), 0
    if load(call, calls.IN_ORDER) != 0:
        features, done = (
            floats_at(call, calls.FEATURES),
            lanes // LANES * LANES,
        )  # what fills no register is brought as ever
        for c in range(first, load(program, COLUMNS)):
            row, column = values + c * stride, start + c * known
            for k in range(0, done, LANES):
                store_lanes(memory, row + k, load_lanes(features, column + k))
    for n in range(done, used, LANES):
        _gather_tile(
            samples, order, start + n, lanes - n, known - start - n, LANES, width, first, width - first, first,
            memory, values + first * stride + n, stride,
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
def _batch(program, memory, call, start, count, lean, backward, gathers, alone, ready) -> float:
    """Forward, and backward if asked, over one batch; returns the mean of the root. The last tile stays in memory."""
    values, slopes, stride = load(program, VALUES), load(program, SLOPES), load(program, STRIDE)
    gradients, root = load(program, GRADIENTS), load(program, ROOT)
    code = load(program, LEAN_CODE if lean else CODE)
    instructions = load(program, LEAN_INSTRUCTIONS if lean else INSTRUCTIONS)
    samples, order, known = floats_at(call, calls.SAMPLES), wholes_at(call, calls.ORDER), load(call, calls.KNOWN)
    shift = distance(memory, samples)
    uniform_forward(program, memory)
    share, total, done, tile = 1.0 / count, 0.0, 0, _tile(count, load(call, calls.MOST))
    laid = distance(memory, floats_at(call, calls.ROWS)) if load(call, calls.ROWS) != 0 else 0
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
            first = first_gathered(program, lanes) if lean else 0
            if laid != 0:
                first = load(program, LAID_FROM)
            _gather(program, memory, call, samples, order, start + done, first, lanes, used)
        lanes_forward(
            program, memory, code, instructions, picked, known - start - done, shift, laid, lanes, used, ready
        )  # fmt: skip
        if laid != 0:
            laid += load(program, COLUMNS) * used
        if root < 0:
            row = (-1 - root) * stride
            total += _mean_of(memory, values + row, lanes, share)
            if backward:
                for k in range(0, used, LANES):
                    store_lanes(memory, slopes + row + k, share)
                clear_spare(memory, slopes + row, stride, 1, lanes, used)
                lanes_backward(program, memory, code, instructions, picked, shift, lanes, used, done == 0, alone)
        done += lanes
    if backward:
        uniform_backward(program, memory)
    return total


@inlined
def _copy(program, memory, call, places, start, lanes, found):
    """The numbers of each place, for the lanes of a tile, into their columns of `found`."""
    values, stride = load(program, VALUES), load(program, STRIDE)
    for k in range(load(call, calls.PLACES_COUNT)):
        place = load(places, k)
        for n in range(lanes):
            number = load(memory, place if place >= 0 else values + (-1 - place) * stride + n)
            store(found, k * load(call, calls.SAMPLES_COUNT) + start + n, number)


# ---------------------------------------------------------------------- what is called from outside
@compiled
def execute(call) -> int:
    """Runs what a call asks for, see `calls`; returns how many steps were done before a number was not finite."""
    program, memory = wholes_at(call, calls.PROGRAM), floats_at(call, calls.MEMORY)
    starts, counts = wholes_at(call, calls.STARTS), wholes_at(call, calls.COUNTS)
    rates, found = floats_at(call, calls.RATES), floats_at(call, calls.FOUND)
    mode, fixed, steps = load(call, calls.MODE), load(call, calls.FIXED), load(call, calls.STEPS)
    if mode == calls.SHUFFLE:
        shuffle(starts, wholes_at(call, calls.ORDER), load(call, calls.SAMPLES_COUNT), steps)
        return 0
    backward, lean = mode <= calls.RUN, mode in (calls.TRAIN, calls.EVALUATE_LEAN)
    if mode == calls.TRAIN:
        begin_to_learn(memory, call)
    ready, look, awaited = False, 0, step_of_look(call, 0)
    for step in range(steps):
        start, count, gathers = load(starts, step), load(counts, step), step == 0 or fixed == 0
        alone, looks = learns_alone(program, call, count), step == awaited
        if looks:
            keep_before(memory, call)
        loss = _batch(program, memory, call, start, count, lean, backward, gathers, alone, ready)
        if mode >= calls.EVALUATE:
            _copy(program, memory, call, wholes_at(call, calls.PLACES), start, count, found)
        if mode == calls.TRAIN:
            rate = load(rates, step)
            keeps, next = looks or step == steps - 1, -1
            if not keeps and load(counts, step + 1) == 1:
                next = load(wholes_at(call, calls.ORDER), load(starts, step + 1))
            learned = alone > 0 and learn_alone(program, memory, call, start, count, loss, rate, keeps, next)
            ready = learned and count == 1 and next >= 0
            if not learned and not learn(program, memory, call, loss, rate):
                return step
        if looks:
            keep_after(program, memory, call, look)
            look += 1
            awaited = step_of_look(call, look)
    return steps


def write_kernels() -> ir.Module:
    """The kernels in LLVM's own language: one function, `execute`, that is seen from outside."""
    module = ir.Module("kernels")
    execute.function(module, [WHOLE.as_pointer()], "execute")
    return module
