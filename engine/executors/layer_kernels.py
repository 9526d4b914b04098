"""LAYER instructions, cut into the tiles of `microkernels`.

Forward, a layer is a product of its weights and its source rows. Backward there are two: the gradients of the sources
are the same product with the weights read across, and the gradients of the weights are sums over the lanes. The latter
come two ways: by sums across registers at the end of each tile (narrow layers), or, where there are many sources, by
transposing them, so that the lanes become the terms of an ordinary product.
"""

# pyright: reportCallIssue=false
from __future__ import annotations

import numpy as np

from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.microkernels import (
    PRODUCT_TILES,
    load,
    product_tile,
    reduction_tile,
    transpose_tile,
)  # fmt: skip
from mgrad.engine.executors.packing import GRADIENTS, SCRATCH, SLOPES, STRIDE, VALUES
from mgrad.engine.executors.primitives import compiled, inlined
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

_TRANSPOSED_FROM = 32  # sources from which transposing them pays


def _strip(registers: int):
    """A product over a strip of so many registers, in tiles of several outputs and then of one."""
    height = PRODUCT_TILES[registers]
    high, low = product_tile(height, registers), product_tile(1, registers)

    @compiled
    def strip(memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, adds):
        j = 0
        while outputs - j >= height:
            start = bias + j * bias_step if bias >= 0 else bias
            high(
                memory, source, source_step, terms, weight + j * across, across, along, start, bias_step,
                out + j * out_step, out_step, adds,
            )  # fmt: skip
            j += height
        while j < outputs:
            start = bias + j * bias_step if bias >= 0 else bias
            low(
                memory, source, source_step, terms, weight + j * across, across, along, start, bias_step,
                out + j * out_step, out_step, adds,
            )  # fmt: skip
            j += 1

    return strip


_WIDEST = max(PRODUCT_TILES)
_wide, _middle, _narrow = _strip(_WIDEST), _strip(2), _strip(1)
_reduce_wide, _reduce_source, _reduce_slopes, _reduce_one = (
    reduction_tile(sources, outputs) for sources, outputs in ((LANES, 2), (LANES, 1), (1, LANES), (1, 1))
)
_sum_rows, _sum_row = reduction_tile(0, LANES), reduction_tile(0, 1)


@compiled
def _product(
    memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, outputs, registers, adds
):
    """out[j] = bias[j] + Σ weight[j, k] · source[k] over rows of so many registers; see `product_tile`."""
    v = 0
    while registers - v >= _WIDEST:
        _wide(
            memory, source + v * LANES, source_step, terms, weight, across, along, bias, bias_step, out + v * LANES,
            out_step, outputs, adds,
        )  # fmt: skip
        v += _WIDEST
    while registers - v >= 2:
        _middle(
            memory, source + v * LANES, source_step, terms, weight, across, along, bias, bias_step, out + v * LANES,
            out_step, outputs, adds,
        )  # fmt: skip
        v += 2
    if registers > v:
        _narrow(
            memory, source + v * LANES, source_step, terms, weight, across, along, bias, bias_step, out + v * LANES,
            out_step, outputs, adds,
        )  # fmt: skip


@inlined
def layer_forward(program, memory, at, used):
    """The LAYER instruction at `at`, over the first `used` lanes."""
    values, stride = load(program, VALUES), load(program, STRIDE)
    _product(
        memory, values + load(program, at + SOURCE) * stride, stride, load(program, at + TERMS),
        load(program, at + FIRST), load(program, at + ACROSS), load(program, at + ALONG),
        load(program, at + BIAS), load(program, at + BIAS_STEP),
        values + load(program, at + OUT) * stride, stride, load(program, at + COUNT), used // LANES, np.bool_(False),
    )  # fmt: skip


@inlined
def layer_back(program, memory, at, used, first):
    """Hands the gradients of a LAYER's outputs to its weights, its biases and its sources."""
    slopes, stride = load(program, SLOPES), load(program, STRIDE)
    slope = slopes + load(program, at + OUT) * stride
    if load(program, at + TO_SLOTS) != NONE:
        adds = load(program, at + TO_SLOTS) == ADD or not first
        terms, across = load(program, at + TERMS), load(program, at + ACROSS)
        # A product reads all its rows before it writes one: where outputs share weights, gradients would get lost.
        apart = across >= terms or load(program, at + COUNT) == 1
        if terms >= _TRANSPOSED_FROM and load(program, at + ALONG) == 1 and apart:
            _weights_by_product(program, memory, at, slope, used, adds)
        else:
            _weights_by_reduction(program, memory, at, slope, np.int64(0), used, adds)
        if load(program, at + BIAS) >= 0:
            _biases(program, memory, at, slope, used, adds)
    mode = load(program, at + TO_SOURCE)
    if mode != NONE:
        _product(
            memory, slope, stride, load(program, at + COUNT),
            load(program, at + FIRST), load(program, at + ALONG), load(program, at + ACROSS), np.int64(-1),
            np.int64(0), slopes + load(program, at + SOURCE) * stride, stride, load(program, at + TERMS),
            used // LANES, mode == ADD,
        )  # fmt: skip


@inlined
def _weights_by_reduction(program, memory, at, slope, first, used, adds):
    """Weight gradients of the sources from `first` on, by sums across registers."""
    stride, registers = load(program, STRIDE), used // LANES
    source = load(program, VALUES) + load(program, at + SOURCE) * stride
    out = load(program, GRADIENTS) + load(program, at + FIRST)
    across, along = load(program, at + ACROSS), load(program, at + ALONG)
    terms, outputs = load(program, at + TERMS), load(program, at + COUNT)
    i = first
    while terms - i >= LANES:
        j = 0
        while outputs - j >= 2:
            _reduce_wide(
                memory, source + i * stride, stride, slope + j * stride, stride, registers,
                out + j * across + i * along, across, along, adds,
            )  # fmt: skip
            j += 2
        if j < outputs:
            _reduce_source(
                memory, source + i * stride, stride, slope + j * stride, stride, registers,
                out + j * across + i * along, across, along, adds,
            )  # fmt: skip
        i += LANES
    while i < terms:
        j = 0
        while outputs - j >= LANES:
            _reduce_slopes(
                memory, source + i * stride, stride, slope + j * stride, stride, registers,
                out + j * across + i * along, across, along, adds,
            )  # fmt: skip
            j += LANES
        while j < outputs:
            _reduce_one(
                memory, source + i * stride, stride, slope + j * stride, stride, registers,
                out + j * across + i * along, across, along, adds,
            )  # fmt: skip
            j += 1
        i += 1


@inlined
def _weights_by_product(program, memory, at, slope, used, adds):
    """Weight gradients with the lanes as terms: the sources are transposed, what is left over is reduced."""
    stride, scratch = load(program, STRIDE), load(program, SCRATCH)
    source = load(program, VALUES) + load(program, at + SOURCE) * stride
    out = load(program, GRADIENTS) + load(program, at + FIRST)
    registers = load(program, at + TERMS) // LANES
    width = registers * LANES
    for lane in range(0, used, LANES):
        for i in range(0, width, LANES):
            transpose_tile(memory, source + i * stride + lane, stride, scratch + lane * width + i, width)
    _product(
        memory, scratch, width, used, slope, stride, np.int64(1), np.int64(-1), np.int64(0), out,
        load(program, at + ACROSS), load(program, at + COUNT), registers, adds,
    )  # fmt: skip
    _weights_by_reduction(program, memory, at, slope, width, used, adds)


@inlined
def _biases(program, memory, at, slope, used, adds):
    """Bias gradients: the sums of the slopes over the lanes."""
    stride, registers, outputs = load(program, STRIDE), used // LANES, load(program, at + COUNT)
    out, step, j = load(program, GRADIENTS) + load(program, at + BIAS), load(program, at + BIAS_STEP), 0
    while outputs - j >= LANES:
        _sum_rows(memory, slope, stride, slope + j * stride, stride, registers, out + j * step, step, step, adds)
        j += LANES
    while j < outputs:
        _sum_row(memory, slope, stride, slope + j * stride, stride, registers, out + j * step, step, step, adds)
        j += 1
