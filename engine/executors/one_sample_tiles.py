"""Micro-kernels for a single sample: products of a matrix and a vector, and what a vector does to a matrix.

A matrix lies row behind row without gaps, mostly not at the beginning of a cache line. What only reads it goes through
some rows at once. What writes it goes through it in whole cache lines, in some of which one row ends and the next
begins; the vector stands beside them so that behind its end it begins anew.
"""

from __future__ import annotations

from llvmlite import ir

from mgrad.engine.executors.access import (
    choose_lanes,
    first_of,
    lanes_between,
    loop,
    read,
    read_some,
    sum_lanes,
    whole,
    write,
    write_some,
)
from mgrad.engine.executors.compiling import instruction
from mgrad.engine.executors.lanes import LANES, NO_LANES, VECTOR, WHOLE, Number, room, spread
from mgrad.engine.executors.microkernels import INDICES, multiply_add, sums_across
from mgrad.engine.executors.switches import moved
from mgrad.engine.optimizers import Optimizer


@instruction
def row_tile(builder, data, weight_, width_, source_, out_, out_step_, count_):
    """memory[out + j·out_step + lane] = Σ weight[j, k] · source[k] over `width` terms, for all lanes of a register.

    Of LANES rows of weights, which lie one behind the other, only the first `count` are there; the last of them is
    computed again in place of those that are not, to the same number.
    """
    last = builder.sub(count_, whole(1))
    present = [builder.select(builder.icmp_signed("<", whole(j), count_), whole(j), last) for j in range(LANES)]
    starts = [builder.add(weight_, builder.mul(width_, j)) for j in present]
    sums = [room(builder, VECTOR) for _ in starts]
    registers = builder.sdiv(width_, whole(LANES))
    rest = builder.mul(registers, whole(LANES))
    left = builder.sub(width_, rest)
    for place in sums:
        builder.store(NO_LANES, place)

    def add(shift, terms):
        number = terms(read(builder, data, builder.add(source_, shift)))
        for start, place in zip(starts, sums, strict=True):
            w = terms(read(builder, data, builder.add(start, shift)))
            builder.store(multiply_add(builder, w, number, builder.load(place)), place)

    with loop(builder, registers) as index:
        add(builder.mul(index, whole(LANES)), lambda number: number)
    with builder.if_then(builder.icmp_signed(">", left, whole(0))):
        add(rest, lambda number: first_of(builder, number, left))
    total = sums_across(builder, [builder.load(place) for place in sums])
    for j, k in enumerate(present):
        lane = ir.Constant(INDICES, [j] * LANES)
        write(builder, data, builder.add(out_, builder.mul(out_step_, k)), builder.shuffle_vector(total, total, lane))


TRACK = LANES
"""Rows of a track: the first rows of tracks, one behind the other, lie alike in their cache lines."""


def walking_tile(tracks: int, optimizer: Optimizer | None, keeps: bool, sums: bool):
    """A walk through a matrix whose gradients are products: slope[j] · source[k].

    (memory, first, rows, width, source, later, slope, out, step, gradients, rate, m, adds): through so many rows of
    each track, which have TRACK rows each if there is more than one; slopes, and the rows `out`, are `step` apart.
    `optimizer` moves the matrix; what it remembers stands `m` behind. With `keeps`, gradients are stored behind
    `gradients`, or added to those that are. With `sums`, all lanes of a row of `out` become
    Σ matrix[j, k] · memory[later + k], of the moved numbers: the vector is loaded once for all tracks, each of which
    waits for its sums.
    """

    @instruction
    def tile(builder, data, first_, rows_, width_, source_, later_, slope_, out_, step_, gradients_, rate_, m_, adds_):
        ahead = [builder.mul(width_, whole(TRACK * track)) for track in range(tracks)]
        across = [builder.mul(step_, whole(TRACK * track)) for track in range(tracks)]
        row, begin = room(builder, WHOLE), room(builder, WHOLE)
        slopes, totals, rests = ([room(builder, VECTOR) for _ in range(tracks)] for _ in range(3))

        def bring_slopes(j, places):
            for track, place in zip(across, places, strict=True):
                at = builder.add(slope_, builder.add(builder.mul(step_, j), track))
                builder.store(spread(builder, builder.load(builder.gep(data, [at]))), place)

        def recall(at, own):
            if not (optimizer and optimizer.remembers):
                return NO_LANES
            return read_some(builder, data, at, own) if own else read(builder, data, at)

        def remember(at, number, own):
            """Here nobody else's lanes are written, as behind the last parameter there is nothing."""
            if optimizer and optimizer.remembers:
                if own:
                    write_some(builder, data, at, number, own)
                else:
                    write(builder, data, at, number)

        def use(k, slope_of, own, hand_out):
            """Does what is asked for with one register of each track; all lanes are its own, or those of a mask."""

            def within(new, old):
                return builder.select(own, new, old) if own else new

            source = read(builder, data, builder.add(source_, k))
            later = read(builder, data, builder.add(later_, k)) if sums else None
            for track in range(tracks):
                at = builder.add(builder.add(builder.load(row), ahead[track]), k)
                gradient = builder.fmul(slope_of(track), source)
                if keeps:
                    target = builder.add(gradients_, at)
                    there = read(builder, data, target)
                    found = builder.select(adds_, builder.fadd(gradient, there), gradient)
                    write(builder, data, target, within(found, there))
                number = read(builder, data, at)
                if optimizer:
                    m = recall(builder.add(m_, at), own)
                    found, m = moved(optimizer, *(Number(builder, each) for each in (number, gradient, m, rate_)))
                    number = within(found.value, number)
                    write(builder, data, at, number)
                    remember(builder.add(m_, at), m.value, own)
                if sums:
                    hand_out(track, number, later)

        def add(track, number, later):
            builder.store(multiply_add(builder, number, later, builder.load(totals[track])), totals[track])

        before = builder.and_(first_, whole(LANES - 1))
        builder.store(first_, row)
        builder.store(whole(0), begin)
        for place in totals:
            builder.store(NO_LANES, place)
        bring_slopes(whole(0), slopes)
        with builder.if_then(builder.icmp_signed(">", before, whole(0))):
            behind = lanes_between(builder, before, whole(LANES))

            def begin_with(track, number, later):
                builder.store(builder.select(behind, builder.fmul(number, later), NO_LANES), totals[track])

            use(builder.neg(before), lambda track: builder.load(slopes[track]), behind, begin_with)
            builder.store(builder.sub(whole(LANES), before), begin)
        with loop(builder, rows_) as j:
            k = builder.load(begin)
            registers = builder.sdiv(builder.sub(width_, k), whole(LANES))
            with loop(builder, registers) as index:
                now = builder.add(k, builder.mul(index, whole(LANES)))
                use(now, lambda track: builder.load(slopes[track]), None, add)
            k = builder.add(k, builder.mul(registers, whole(LANES)))
            left, following = builder.sub(width_, k), builder.add(j, whole(1))
            builder.store(builder.sub(k, width_), begin)
            for place in rests:
                builder.store(NO_LANES, place)
            nexts = [room(builder, VECTOR) for _ in range(tracks)]
            bring_slopes(following, nexts)
            with builder.if_then(builder.icmp_signed(">", left, whole(0))):  # here the next row begins
                others = builder.icmp_signed("<", following, rows_)
                end = builder.select(others, whole(LANES), left)

                def blended(track):
                    return choose_lanes(
                        builder, builder.load(slopes[track]), builder.load(nexts[track]), whole(0), left
                    )

                def part(track, number, later):
                    product = builder.fmul(number, later)
                    total = builder.fadd(builder.load(totals[track]), first_of(builder, product, left))
                    builder.store(total, totals[track])
                    builder.store(choose_lanes(builder, product, NO_LANES, left, whole(LANES)), rests[track])

                use(k, blended, lanes_between(builder, whole(0), end), part)
                builder.store(builder.sub(builder.add(k, whole(LANES)), width_), begin)
            for track in range(tracks):
                if sums:
                    total = sum_lanes(Number(builder, builder.load(totals[track]))).value
                    at = builder.add(out_, builder.add(builder.mul(step_, j), across[track]))
                    write(builder, data, at, spread(builder, total))
                builder.store(builder.load(rests[track]), totals[track])
                builder.store(builder.load(nexts[track]), slopes[track])
            builder.store(builder.add(builder.load(row), width_), row)

    return tile
