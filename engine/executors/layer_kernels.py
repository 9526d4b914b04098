"""LAYER instructions, cut into the tiles of `microkernels`.

Forward, a layer is a product of its weights and its source rows. Backward there are two: the gradients of the sources
are the same product with the weights read across, and the gradients of the weights are sums over the lanes. The latter
come two ways: by sums across registers at the end of each tile, or, where many outputs share the sources, by an
ordinary product whose terms are the lanes, for which sources must lie side by side, sample after sample.
"""

from __future__ import annotations

from mgrad.engine.executors.access import first_lanes, load, load_lanes, store, store_lanes, sum_lanes
from mgrad.engine.executors.compiling import compiled, inlined
from mgrad.engine.executors.lanes import LANES, NO_LANES
from mgrad.engine.executors.microkernels import reduction_tile
from mgrad.engine.executors.one_sample_kernels import forward_of_one, hand_to_sources, weights_of_one
from mgrad.engine.executors.packing import (
    ACTIVATION,
    ALONE,
    ASIDE,
    ENDING,
    GRADIENTS,
    OWN_SLOPE,
    OWN_SOURCES,
    ROW_WIDTH,
    SAMPLE_WIDTH,
    SAMPLED,
    SCRATCH,
    SLOPES,
    SOURCE_ENDING,
    STRIDE,
    VALUES,
)  # fmt: skip
from mgrad.engine.executors.product_kernels import product
from mgrad.engine.executors.sample_kernels import pick, pick_rest, product_of_samples, ungathered
from mgrad.engine.executors.switches import block_forward, slope_back
from mgrad.engine.executors.transposing_tiles import transpose_tile
from mgrad.engine.tape import (
    ACROSS,
    ADD,
    ALONG,
    BIAS,
    BIAS_STEP,
    COUNT,
    FIRST,
    NONE,
    OUT,
    SOURCE,
    TERMS,
    TO_SLOTS,
    TO_SOURCE,
)  # fmt: skip


@inlined
def layer_forward(program, memory, at, picked, known, shift, laid, lanes, used, ready):
    """The LAYER instruction at `at`, over the first `used` lanes, whose samples are `picked`, `shift` after memory.

    From `picked` on, so many places in the order of samples are `known`. If the input rows are `laid` elsewhere, row
    behind row, sources that nobody else reads are read there. For `ready`, see `forward_of_one`.
    """
    values, stride = load(program, VALUES), load(program, STRIDE)
    out, count = values + load(program, at + OUT) * stride, load(program, at + COUNT)
    bias, activation, ending = load(program, at + BIAS), load(program, at + ACTIVATION), load(program, at + ENDING)
    done, along = ungathered(program, at, lanes), load(program, at + ALONG)
    if lanes == 1 and load(program, at + ASIDE) != 0:
        forward_of_one(program, memory, at, picked, known, shift, ready)
        activation = max(activation, ending - 1)
    else:
        if done > 0:
            product_of_samples(
                memory, picked, known, shift, load(program, SAMPLE_WIDTH), done, load(program, at + FIRST),
                load(program, at + ACROSS), out, stride, count, lanes, used, load(program, SCRATCH),
            )  # fmt: skip
        source, step = values + load(program, at + SOURCE) * stride, stride
        if laid != 0 and load(program, at + OWN_SOURCES) != 0:
            source, step = laid, used
        product(
            memory, source + done * step, step, load(program, at + TERMS) - done,
            load(program, at + FIRST) + done * along, load(program, at + ACROSS), along,
            bias, load(program, at + BIAS_STEP) if bias >= 0 else 0,
            out, stride, count, used // LANES, done > 0,
            ending, 0,
        )  # fmt: skip
    if activation >= 0:
        if stride - used <= 8:
            block_forward(activation, memory, out, out, out, count * stride)
        else:
            for j in range(count):
                block_forward(activation, memory, out + j * stride, out + j * stride, out + j * stride, used)


_many_sources, _many_sources_once, _many_slopes, _slopes_alone = (
    reduction_tile(sources, outputs) for sources, outputs in ((LANES, 2), (LANES, 1), (1, LANES), (0, LANES))
)


@inlined
def layer_back(program, memory, at, picked, shift, lanes, used, first, alone):
    """Hands the gradients of a LAYER's outputs to its weights, biases and sources.

    Not to weights of one that learns `alone`, see `lone_kernels`.
    """
    slopes, stride = load(program, SLOPES), load(program, STRIDE)
    slope, count = slopes + load(program, at + OUT) * stride, load(program, at + COUNT)
    answers, own = load(program, VALUES) - slopes, load(program, at + OWN_SLOPE)
    one = lanes == 1 and load(program, at + ASIDE) != 0
    to_slots, mode = load(program, at + TO_SLOTS), load(program, at + TO_SOURCE)
    if own >= 0:
        if stride - used <= 8:
            slope_back(own, memory, slope, answers, count * stride)
        else:
            for j in range(count):
                slope_back(own, memory, slope + j * stride, answers, used)
    if to_slots != NONE:
        adds, lone = to_slots == ADD or not first, load(program, at + ALONE) >= alone and alone > 0
        if not one:
            if used > lanes:
                clear_spare(memory, slope, stride, count, lanes, used)
            _to_weights(program, memory, at, picked, shift, slope, lanes, used, adds, lone)
        elif not lone:
            weights_of_one(program, memory, at, adds)
    if mode != NONE and one:
        scratch, registers = load(program, SCRATCH), (load(program, at + TERMS) + LANES - 1) // LANES
        product(
            memory, load(program, at + FIRST), load(program, at + ROW_WIDTH), count, slope, 0, stride, -1, 0,
            scratch, 0, 1, registers, False, 0, 0,
        )  # fmt: skip
        hand_to_sources(program, memory, at)
    elif mode != NONE:
        product(
            memory, slope, stride, count,
            load(program, at + FIRST), load(program, at + ALONG), load(program, at + ACROSS), -1,
            0, slopes + load(program, at + SOURCE) * stride, stride, load(program, at + TERMS),
            used // LANES, mode == ADD, load(program, at + SOURCE_ENDING), answers,
        )  # fmt: skip


@inlined
def clear_spare(memory, slope, step, count, lanes, used):
    """Gradients of lanes that only fill up a register are 0; but 0 times inf is nan, which a sum must not meet."""
    at = slope + used - LANES
    for j in range(count):
        store_lanes(memory, at + j * step, first_lanes(load_lanes(memory, at + j * step), lanes - used + LANES))


_SIDE_BY_SIDE = 2  # outputs a register of lanes from which laying sources side by side pays


@compiled
def _to_weights(program, memory, at, picked, shift, slope, lanes, used, adds, alone):
    stride, registers = load(program, STRIDE), used // LANES
    terms, outputs = load(program, at + TERMS), load(program, at + COUNT)
    across, along = load(program, at + ACROSS), load(program, at + ALONG)
    source = load(program, VALUES) + load(program, at + SOURCE) * stride
    out = load(program, GRADIENTS) + load(program, at + FIRST)
    done, width = 0, terms // LANES * LANES
    if load(program, at + SAMPLED) != 0:
        if not alone:
            pick(
                memory, picked, shift + load(program, at + SOURCE), load(program, SAMPLE_WIDTH), lanes, slope, stride,
                out, across, outputs, width // LANES, adds, 0.0, 0, False,
            )  # fmt: skip
        done = width
        if registers == 1 and load(program, at + ROW_WIDTH) != 0:
            pick_rest(
                memory, picked, shift + load(program, at + SOURCE) + done, load(program, SAMPLE_WIDTH), lanes, slope,
                stride, out + done, across, outputs, terms - done, load(program, at + ROW_WIDTH) - done, adds,
                load(program, SCRATCH),
            )  # fmt: skip
            return
    # A product reads all its rows before it writes one: where outputs share weights, gradients would get lost.
    elif along == 1 and width > 0 and (across >= terms or outputs == 1) and outputs > _SIDE_BY_SIDE * registers:
        scratch = load(program, SCRATCH)
        for lane in range(0, used, LANES):
            for i in range(0, width, LANES):
                transpose_tile(memory, source + i * stride + lane, stride, scratch + lane * width + i, width)
        product(
            memory, scratch, width, lanes, slope, stride, 1, -1, 0, out, across, outputs,
            width // LANES, adds, 0, 0,
        )  # fmt: skip
        done = width
    bias, bias_step = load(program, at + BIAS), load(program, at + BIAS_STEP)
    _reduce(
        memory, source + done * stride, stride, terms - done, slope, stride, outputs, registers, out + done * along,
        across, along, adds,
    )  # fmt: skip
    if bias >= 0:
        _sum_slopes(memory, slope, stride, outputs, registers, load(program, GRADIENTS) + bias, bias_step, adds)


_FEW = 3  # sums that are faster one by one than all across


@compiled
def _reduce(memory, source, source_step, terms, slope, slope_step, outputs, registers, out, across, along, adds):
    """out[j, i] = Σ over lanes of slope[j] · source[i], by sums across registers."""
    while terms > 0:
        if outputs == 1 and terms <= _FEW:
            count = 1
            total = load_lanes(memory, source) * load_lanes(memory, slope)
            for k in range(LANES, registers * LANES, LANES):
                total = total + load_lanes(memory, source + k) * load_lanes(memory, slope + k)
            store(memory, out, sum_lanes(total) + (load(memory, out) if adds else -0.0))
        elif 3 * terms > LANES or outputs == 1:
            count, j = min(terms, LANES), 0
            while outputs - j >= 2:
                _many_sources(
                    memory, source, source_step, slope + j * slope_step, slope_step, registers, out + j * across,
                    across, along, count, adds,
                )  # fmt: skip
                j += 2
            if j < outputs:
                _many_sources_once(
                    memory, source, source_step, slope + j * slope_step, slope_step, registers, out + j * across,
                    across, along, count, adds,
                )  # fmt: skip
        else:
            count = 1
            for j in range(0, outputs, LANES):
                _many_slopes(
                    memory, source, source_step, slope + j * slope_step, slope_step, registers, out + j * across,
                    across, along, min(outputs - j, LANES), adds,
                )  # fmt: skip
        source, out, terms = source + count * source_step, out + count * along, terms - count


@compiled
def _sum_slopes(memory, slope, slope_step, outputs, registers, out, step, adds):
    """out[j] = Σ over lanes of slope[j]."""
    if outputs == 1:
        there = load(memory, out) if adds else -0.0
        store(memory, out, there + row_sum(memory, slope, registers * LANES))
    else:
        for j in range(0, outputs, LANES):
            _slopes_alone(
                memory, slope, slope_step, slope + j * slope_step, slope_step, registers, out + j * step, step, step,
                min(outputs - j, LANES), adds,
            )  # fmt: skip


@inlined
def row_sum(memory, row, used) -> float:
    """The sum of a row's lanes."""
    total = NO_LANES
    for k in range(0, used, LANES):
        total = total + load_lanes(memory, row + k)
    return sum_lanes(total)
