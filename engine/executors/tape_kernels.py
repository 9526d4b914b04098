"""The kernels that run a tape: its uniform code over single numbers, its varying code over rows of lanes.

What an instruction means stands in `mgrad.engine.tape`, how it lies in memory in `packing`. The mathematics comes in
from the table of operations, and the tiles that do most of the work from `microkernels`; what stands here is only the
way over instructions and lanes.
"""

from __future__ import annotations

from mgrad.engine.executors.access import load, load_lanes, store, store_lanes
from mgrad.engine.executors.compiling import inlined
from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.layer_kernels import clear_spare, layer_back, layer_forward, row_sum
from mgrad.engine.executors.microkernels import WIDEST, listed_product_tile, listed_reduction_tile
from mgrad.engine.executors.packing import (
    FIRST_ANSWER,
    GRADIENTS,
    MODES,
    PACKED,
    RUNS,
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
from mgrad.engine.executors.switches import block_back, block_forward, run_back, run_forward
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
def uniform_forward(program, memory):
    run, at, out = load(program, UNIFORM_RUNS), load(program, UNIFORM_CODE), load(program, FIRST_ANSWER)
    for k in range(load(program, RUNS)):
        count = load(program, run + 2 * k + 1)
        run_forward(load(program, run + 2 * k), program, at, count, memory, out)
        at, out = at + count, out + count


@inlined
def uniform_backward(program, memory):
    run, gradients, out = load(program, UNIFORM_RUNS), load(program, GRADIENTS), load(program, SLOTS)
    at = load(program, UNIFORM_CODE) + out - load(program, FIRST_ANSWER)
    for k in range(load(program, RUNS) - 1, -1, -1):
        count = load(program, run + 2 * k + 1)
        at, out = at - count, out - count
        run_back(load(program, run + 2 * k), program, at, count, memory, out, gradients)


# ---------------------------------------------------------------------- varying code: rows of lanes
@inlined
def lanes_forward(program, memory, at, instructions, picked, known, shift, laid, lanes, used, ready):
    values, stride = load(program, VALUES), load(program, STRIDE)
    end = at + instructions * PACKED
    while at < end:
        op, count = load(program, at + OP), load(program, at + COUNT)
        out = values + load(program, at + OUT) * stride
        if op == LAYER:
            layer_forward(program, memory, at, picked, known, shift, laid, lanes, used, ready)
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
def lanes_backward(program, memory, start, instructions, picked, shift, lanes, used, first, alone):
    """Needs the gradient of the root's row in place; LAYERs that learn `alone` see to their weights by themselves."""
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
            layer_back(program, memory, at, picked, shift, lanes, used, first, alone)
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
