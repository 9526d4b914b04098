"""Micro-kernels that turn squares of numbers over: what lies sample after sample goes into rows of lanes."""

from __future__ import annotations

from llvmlite import ir

from mgrad.engine.executors.access import asks_for, loop, read, whole, write
from mgrad.engine.executors.compiling import instruction
from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.microkernels import INDICES


def _transposed(builder, rows):
    """The columns of a square of registers: blocks are swapped across the diagonal, of width 1, 2, 4."""
    width = 1
    while width < LANES:
        low = ir.Constant(INDICES, [k if not k & width else k - width + LANES for k in range(LANES)])
        high = ir.Constant(INDICES, [k + width if not k & width else k + LANES for k in range(LANES)])
        for r in range(LANES):
            if not r & width:
                a, b = rows[r], rows[r + width]
                rows[r], rows[r + width] = builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high)
        width *= 2
    return rows


@instruction
def transpose_tile(builder, data, at_, step_, to_, to_step_):
    """memory[to + c·to_step + r] = memory[at + r·step + c] for a square of LANES × LANES floats."""
    rows = [read(builder, data, builder.add(at_, builder.mul(step_, whole(r)))) for r in range(LANES)]
    for c, column in enumerate(_transposed(builder, rows)):
        write(builder, data, builder.add(to_, builder.mul(to_step_, whole(c))), column)


def gathering_tile(near: int, spread_out: bool):
    """memory[to + c·to_step + r] = samples[order[at + r]·width + first + c] for LANES samples and so many columns.

    (samples, order, at, left, known, ahead, width, first, columns, later, memory, to, to_step): where fewer than LANES
    samples are `left`, the first of them is repeated. Columns come in whole registers. What will be gathered next is
    asked for, to be as `near` as `asks_for` says: as many columns from `later` on, of the samples `ahead` places later
    in the order, of which `known` are there; a line each at a time if that is `spread_out`, else all first.
    """

    @instruction
    def tile(
        builder, samples, order, at_, left_, known_, ahead_, width_, first_, columns_, later_, memory, to_, to_step_
    ):  # fmt: skip
        def start(place, limit, column):
            there = builder.select(builder.icmp_signed("<", place, limit), place, whole(0))
            sample = builder.load(builder.gep(order, [builder.add(at_, there)]))
            return builder.gep(samples, [builder.add(builder.mul(sample, width_), column)])

        starts = [start(whole(r), left_, first_) for r in range(LANES)]
        next_starts = [start(builder.add(ahead_, whole(r)), known_, later_) for r in range(LANES)]
        registers = builder.sdiv(builder.add(columns_, whole(LANES - 1)), whole(LANES))

        def ask(column):
            for place in next_starts:
                asks_for(builder, place, column, near)

        if not spread_out:
            ask(whole(0))
            with loop(builder, builder.sub(registers, whole(1))) as index:
                ask(builder.mul(builder.add(index, whole(1)), whole(LANES)))
        with loop(builder, registers) as index:
            column = builder.mul(index, whole(LANES))
            if spread_out:
                ask(column)
            rows = [read(builder, place, column) for place in starts]
            base = builder.add(to_, builder.mul(to_step_, column))
            for c, row in enumerate(_transposed(builder, rows)):
                write(builder, memory, builder.add(base, builder.mul(to_step_, whole(c))), row)

    return tile
