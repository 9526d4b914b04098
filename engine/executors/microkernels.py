"""The micro-kernels: small products of matrices held in registers, for machines with registers of any width.

Each function here builds one compiled tile. Within a tile every partial sum stays in a register while a loop walks
over the terms: that is what brings a processor near its peak. What the numbers mean is not known here.

Memory is a pointer, as in `access`, and everything in it an offset in floats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from llvmlite import ir

from mgrad.engine.executors.access import asks_for, loop, read, whole, write
from mgrad.engine.executors.compiling import instruction
from mgrad.engine.executors.lanes import (
    BITS,
    FLOAT,
    FUSED,
    LANES,
    NO_LANES,
    TRUTH,
    VECTOR,
    Number,
    declared,
    room,
    spread,
)

# The most registers a row of a product tile: with HEIGHT rows of sums, a row of sources and a weight they fill the
# registers there are, which are 32 where they are 512 bits wide and else at least 16.
WIDEST = 4 if BITS == 512 else 3
HEIGHT = 4
TALL = 6 if BITS == 512 else HEIGHT

INDICES = ir.VectorType(ir.IntType(32), LANES)


def multiply_add(builder, a, b, c):
    if not FUSED:
        return builder.fadd(builder.fmul(a, b), c)
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    return builder.call(declared(builder.module, kind, f"llvm.fma.v{LANES}f64"), [a, b, c])


Finish = Mapping[int, Callable[..., Any]]


def product_tile(outputs: int, registers: int, finish: Finish, finish_back: Finish):
    """A tile of out[j, v] = Σ weight[j, k] · source[k, v], from a bias, or added to what is there.

    (memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, count, adds, ending,
    answers): offsets and steps in floats; weight[j, k] stands at weight + j·across + k·along, bias[j] at bias +
    j·bias_step (none if bias is below 0). Only the first `count` outputs are there; the last of them is computed again
    in place of those that are not, to the same number. Each sum goes through a rule before it is stored:
    `finish[ending]` is given the sum, and `finish_back[-ending]`, by which the sum is multiplied, what stands
    `answers` after the place of the sum.
    """

    @instruction
    def tile(builder, *arguments):
        _product(builder, arguments, outputs, registers, finish, finish_back)

    return tile


def picking_tile(outputs: int, registers: int, rule: Callable[..., Any] | None):
    """A tile of out[j, v] = Σ weight[j, k] · source[rows[k], v], or added to what is there.

    (memory, rows, source, source_step, terms, weight, across, along, out, out_step, count, adds, ahead, rate,
    gradients, keeps): as `product_tile`. What stands `ahead` in each row is asked for: it will be needed soon. With the
    rule of an optimizer without memory, the sums are gradients of what stands at their places, which is moved; if
    somebody `keeps` them, they are stored so far behind as `gradients` says.
    """

    @instruction
    def tile(builder, memory, rows, source, source_step, terms, weight, across, along, *rest):
        *rest, ahead, rate, gradients, keeps = rest
        start = (memory, source, source_step, terms, weight, across, along, whole(-1), whole(0))
        end_with = _moving(builder, memory, rule, rate, gradients, keeps) if rule else None
        _product(
            builder, (*start, *rest, whole(0), whole(0)), outputs, registers, {}, {}, (rows, ahead), end_with
        )  # fmt: skip

    return tile


def _moving(builder, memory, rule: Callable[..., Any], rate, gradients, keeps):
    """What is done with sums that are gradients of what stands at their places."""

    def move(outs, sums):
        with builder.if_then(keeps):
            for place, at in outs.items():
                write(builder, memory, builder.add(at, gradients), builder.load(sums[place]))
        # All are read before one is written: the last output may be there several times.
        for place, at in outs.items():
            w, g, step = (
                Number(builder, each) for each in (read(builder, memory, at), builder.load(sums[place]), rate)
            )
            builder.store(rule(w, g, 0.0, 0.0, step, 0.0, 0.0)[0].value, sums[place])
        for place, at in outs.items():
            write(builder, memory, at, builder.load(sums[place]))

    return move


def _product(
    builder, arguments, outputs: int, registers: int, finish: Finish, finish_back: Finish, picked=None, end_with=None
) -> None:
    data, source_, source_step_, terms_, weight_, across_, along_, bias_, bias_step_, out_, out_step_ = arguments[:11]
    count_, adds_, ending_, answers_ = arguments[11:]
    last = builder.sub(count_, whole(1))
    present = [builder.select(builder.icmp_signed("<", whole(j), count_), whole(j), last) for j in range(outputs)]
    at = [(j, v) for j in range(outputs) for v in range(registers)]
    sums = {place: room(builder, VECTOR) for place in at}
    weights = [builder.add(weight_, builder.mul(across_, j)) for j in present]
    outs = {(j, v): builder.add(builder.add(out_, builder.mul(out_step_, present[j])), whole(v * LANES)) for j, v in at}
    with builder.if_else(builder.icmp_signed(">=", bias_, whole(0))) as (biased, plain):
        with biased:
            for j in range(outputs):
                index = builder.add(bias_, builder.mul(bias_step_, present[j]))
                start = spread(builder, builder.load(builder.gep(data, [index])))
                for v in range(registers):
                    builder.store(start, sums[j, v])
        with plain:
            for place in at:
                builder.store(NO_LANES, sums[place])
    if end_with:  # what stands at the places of the sums will be needed
        for place in at:
            asks_for(builder, data, outs[place])
    with builder.if_then(adds_):
        for place in at:
            there = read(builder, data, outs[place])
            builder.store(builder.fadd(builder.load(sums[place]), there), sums[place])
    with loop(builder, terms_) as index:
        k = index if picked is None else builder.load(builder.gep(picked[0], [index]))
        base = builder.add(source_, builder.mul(source_step_, k))
        if picked:
            asks_for(builder, data, builder.add(base, picked[1]))
        row = [read(builder, data, builder.add(base, whole(v * LANES))) for v in range(registers)]
        shift = builder.mul(along_, index)
        for j in range(outputs):
            w = spread(builder, builder.load(builder.gep(data, [builder.add(weights[j], shift)])))
            for v in range(registers):
                builder.store(multiply_add(builder, w, row[v], builder.load(sums[j, v])), sums[j, v])

    if end_with:
        end_with(outs, sums)
        return

    def call(rule, operand):
        return rule(Number(builder, operand)).value

    end, plain = builder.append_basic_block("stored"), builder.append_basic_block("plain")
    switch = builder.switch(ending_, plain)
    builder.position_at_end(plain)
    for place in at:
        write(builder, data, outs[place], builder.load(sums[place]))
    builder.branch(end)
    for code, rule in [*finish.items(), *((-code, rule) for code, rule in finish_back.items())]:
        block = builder.append_basic_block(f"finish{code}")
        switch.add_case(whole(code), block)
        builder.position_at_end(block)
        for place in at:
            number = builder.load(sums[place])
            if code > 0:
                number = call(rule, number)
            else:
                answer = read(builder, data, builder.add(outs[place], answers_))
                number = builder.fmul(number, call(rule, answer))
            write(builder, data, outs[place], number)
        builder.branch(end)
    builder.position_at_end(end)


def reduction_tile(sources: int, outputs: int):
    """A tile of out[j, i] = Σ over lanes of slope[j] · source[i], or added to what is there.

    (memory, source, source_step, slope, slope_step, registers, out, across, along, count, adds): out[j, i] stands at
    out + j·across + i·along. `sources` or else `outputs` is LANES, whose sums are added across with shuffles, and only
    the first `count` of these are there. With no sources it is the sum of the slopes alone, at out + j·across.
    """
    many_sources = sources == LANES

    @instruction
    def tile(
        builder, data, source_, source_step_, slope_, slope_step_, registers_, out_, across_, along_, count_, adds_
    ):
        def starts(base, step, number: int, limited: bool):
            """Offsets of rows; the last one stands in for those that are not there."""
            places = [whole(k) for k in range(number)]
            if limited:
                last = builder.sub(count_, whole(1))
                places = [builder.select(builder.icmp_signed("<", k, count_), k, last) for k in places]
            return [builder.add(base, builder.mul(step, k)) for k in places]

        source_rows = starts(source_, source_step_, sources, many_sources)
        slope_rows = starts(slope_, slope_step_, outputs, not many_sources)
        sums = _sums_of_products(builder, data, source_rows, slope_rows, registers_)
        for k in range(0, len(sums), LANES):
            first = builder.add(out_, builder.mul(across_, whole(k // LANES)))
            total = sums_across(builder, sums[k : k + LANES])
            _hand_out(builder, data, first, along_ if many_sources else across_, total, count_, adds_)

    return tile


HALF = LANES // 2
"""Samples a `dot_tile`: with 6 outputs, their numbers and a weight they fill most of the registers there are."""


def dot_tile(outputs: int):
    """A tile of out[j, r] = Σ weight[j, k] · sample[picked[r], k] for HALF samples and an even number of outputs.

    (memory, picked, left, samples, width, registers, weight, across, out, out_step, count, later): the sums go across
    registers, so nothing has to be brought into rows: both weights and a sample's numbers lie side by side. Where
    fewer than HALF samples are `left`, the first of them is repeated; of the outputs only the first `count` are there.
    A row from `later` on is asked for, which will be needed soon.
    """

    @instruction
    def tile(
        builder, data, picked, left_, samples_, width_, registers_, weight_, across_, out_, out_step_, count_, later_
    ):
        def present(k: int, limit, other):
            return builder.select(builder.icmp_signed("<", whole(k), limit), whole(k), other)

        starts = []
        for r in range(HALF):
            sample = builder.load(builder.gep(picked, [present(r, left_, whole(0))]))
            starts.append(builder.add(samples_, builder.mul(width_, sample)))
        rows = [present(j, count_, builder.sub(count_, whole(1))) for j in range(outputs)]
        weights = [builder.add(weight_, builder.mul(across_, j)) for j in rows]
        sums = [[room(builder, VECTOR) for _ in starts] for _ in rows]
        for place in chain(*sums):
            builder.store(NO_LANES, place)
        with loop(builder, registers_) as index:
            shift = builder.mul(index, whole(LANES))
            numbers = [read(builder, data, builder.add(start, shift)) for start in starts]
            asks_for(builder, data, builder.add(later_, shift))
            for row, places in zip(weights, sums, strict=True):
                w = read(builder, data, builder.add(row, shift))
                for number, place in zip(numbers, places, strict=True):
                    builder.store(multiply_add(builder, w, number, builder.load(place)), place)
        for j in range(0, outputs, 2):
            total = sums_across(builder, [builder.load(place) for place in (*sums[j], *sums[j + 1])])
            for k in range(2):
                to = builder.add(out_, builder.mul(out_step_, rows[j + k]))
                lanes = ir.Constant(ir.VectorType(ir.IntType(32), HALF), list(range(k * HALF, (k + 1) * HALF)))
                half = builder.shuffle_vector(total, total, lanes)
                builder.store(half, builder.bitcast(builder.gep(data, [to]), half.type.as_pointer())).align = 8

    return tile


def _sums_of_products(builder, data, source_rows, slope_rows, registers):
    """Lane by lane, the sums of slope · source over registers: for each slope, all sources (or the slope alone)."""
    pairs = [(slope, source) for slope in range(len(slope_rows)) for source in range(max(len(source_rows), 1))]
    sums = [room(builder, VECTOR) for _ in pairs]
    for place in sums:
        builder.store(NO_LANES, place)
    with loop(builder, registers) as index:
        shift = builder.mul(index, whole(LANES))
        slopes = [read(builder, data, builder.add(row, shift)) for row in slope_rows]
        sources = [read(builder, data, builder.add(row, shift)) for row in source_rows]
        for place, (slope, source) in zip(sums, pairs, strict=True):
            now = builder.load(place)
            if sources:
                builder.store(multiply_add(builder, slopes[slope], sources[source], now), place)
            else:
                builder.store(builder.fadd(slopes[slope], now), place)
    return [builder.load(place) for place in sums]


def _hand_out(builder, data, first, step, numbers, count, adds) -> None:
    """Stores the first `count` lanes at first, first + step, ..., or adds them to what is there."""
    together = builder.icmp_signed("==", step, whole(1))
    at_once = builder.and_(together, builder.icmp_signed("==", count, whole(LANES)))
    place = room(builder, VECTOR)
    builder.store(numbers, place)
    with builder.if_else(at_once) as (as_register, one_by_one):
        with as_register:
            with builder.if_then(adds):
                builder.store(builder.fadd(read(builder, data, first), numbers), place)
            write(builder, data, first, builder.load(place))
        with one_by_one:
            single = builder.bitcast(place, FLOAT.as_pointer())
            with loop(builder, count) as index:
                number = builder.load(builder.gep(single, [index]))
                _add_to(builder, data, builder.add(first, builder.mul(step, index)), number, adds)


def _add_to(builder, data, index, number, adds) -> None:
    target = builder.gep(data, [index])
    there = builder.select(adds, builder.load(target), ir.Constant(FLOAT, -0.0))
    builder.store(builder.fadd(there, number), target)


def listed_product_tile(registers: int):
    """A tile of out[v] = first + Σ memory[weights[k]] · source[sources[k], v], with weights and sources from lists.

    (memory, program, source, source_step, weights, sources, terms, first, out): the lists stand in the program.
    """

    @instruction
    def tile(builder, data, listed, source_, source_step_, weights_, sources_, terms_, first_, out_):
        sums = [room(builder, VECTOR) for _ in range(registers)]
        for place in sums:
            builder.store(spread(builder, first_), place)
        with loop(builder, terms_) as index:
            w = builder.load(builder.gep(data, [_entry(builder, listed, weights_, index)]))
            row = builder.add(source_, builder.mul(source_step_, _entry(builder, listed, sources_, index)))
            for v, place in enumerate(sums):
                number = read(builder, data, builder.add(row, whole(v * LANES)))
                builder.store(multiply_add(builder, spread(builder, w), number, builder.load(place)), place)
        for v, place in enumerate(sums):
            write(builder, data, builder.add(out_, whole(v * LANES)), builder.load(place))

    return tile


def _entry(builder, listed, start, index):
    return builder.load(builder.gep(listed, [builder.add(start, index)]))


@instruction
def listed_reduction_tile(
    builder, data, listed, source_, source_step_, sources_, slope_, registers_, out_, slots_, count_
):
    """Adds Σ over lanes of slope · source[sources[i]] to memory[out + slots[i]], for the first `count` of LANES."""
    last = builder.sub(count_, whole(1))
    rows = []
    for k in range(LANES):
        i = builder.select(builder.icmp_signed("<", whole(k), count_), whole(k), last)
        rows.append(builder.add(source_, builder.mul(source_step_, _entry(builder, listed, sources_, i))))
    place = room(builder, VECTOR)
    sums = _sums_of_products(builder, data, rows, [slope_], registers_)
    builder.store(sums_across(builder, sums), place)
    single = builder.bitcast(place, FLOAT.as_pointer())
    with loop(builder, count_) as index:  # one after the other: a slot may be there twice
        target = builder.add(out_, _entry(builder, listed, slots_, index))
        _add_to(builder, data, target, builder.load(builder.gep(single, [index])), ir.Constant(TRUTH, 1))


def sums_across(builder, vectors):
    """One register with the sum of each of LANES registers: pairs are folded into one until one is left."""
    even = ir.Constant(INDICES, list(range(0, 2 * LANES, 2)))
    odd = ir.Constant(INDICES, list(range(1, 2 * LANES, 2)))
    while len(vectors) > 1:
        vectors = [
            builder.fadd(builder.shuffle_vector(a, b, even), builder.shuffle_vector(a, b, odd))
            for a, b in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    return vectors[0]
