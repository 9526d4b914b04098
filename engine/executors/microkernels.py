"""The micro-kernels: small products of matrices held in registers, for machines with registers of any width.

Each function here builds one compiled tile. Within a tile every partial sum stays in a register while a loop walks
over the terms: that is what brings a processor near its peak. What the numbers mean is not known here.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mgrad.engine.executors.lanes import BITS, FUSED, LANES, VECTOR, lanes, spread

# Outputs × registers of a product tile, by registers a pass: 16 sums fill half of AVX-512's registers, 8 half of AVX's.
PRODUCT_TILES = {4: 4, 2: 8, 1: 8} if BITS == 512 else {2: 4, 1: 4}


def _data(context, builder, array_type, array):
    return context.make_array(array_type)(context, builder, array).data


def _read(builder, data, index):
    vector = builder.load(builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer()))
    vector.align = 8
    return vector


def _write(builder, data, index, vector) -> None:
    builder.store(vector, builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer())).align = 8


def _multiply_add(builder, a, b, c):
    if not FUSED:
        return builder.fadd(builder.fmul(a, b), c)
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f64"), [a, b, c])


@intrinsic
def load(typing_context, array, index):
    """One float, unchecked."""

    def generate(context, builder, sig, arguments):
        return builder.load(builder.gep(_data(context, builder, sig.args[0], arguments[0]), [arguments[1]]))

    return array.dtype(array, types.intp), generate


@intrinsic
def store(typing_context, array, index, number):
    """Writes one float, unchecked."""

    def generate(context, builder, sig, arguments):
        data = _data(context, builder, sig.args[0], arguments[0])
        builder.store(arguments[2], builder.gep(data, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), generate


@intrinsic
def load_lanes(typing_context, array, index):
    """One register of floats, unchecked."""

    def generate(context, builder, sig, arguments):
        return _read(builder, _data(context, builder, sig.args[0], arguments[0]), arguments[1])

    return lanes(array, types.intp), generate


@intrinsic
def store_lanes(typing_context, array, index, number):
    """Writes one register, unchecked; a plain float goes into every lane."""

    def generate(context, builder, sig, arguments):
        _write(builder, _data(context, builder, sig.args[0], arguments[0]), arguments[1], arguments[2])
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


@intrinsic
def no_lanes(typing_context):
    """A register of zeros."""

    def generate(context, builder, sig, arguments):
        return ir.Constant(VECTOR, [0.0] * LANES)

    return lanes(), generate


@intrinsic
def sum_lanes(typing_context, number):
    """The sum of all lanes of a register."""

    def generate(context, builder, sig, arguments):
        return _across(builder, arguments[0])

    return types.float64(lanes), generate


def _across(builder, vector):
    kind = ir.FunctionType(ir.DoubleType(), [ir.DoubleType(), VECTOR])
    called = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f64")
    return builder.call(called, [ir.Constant(ir.DoubleType(), -0.0), vector], fastmath=("reassoc",))


def _whole(number: int):
    return ir.Constant(ir.IntType(64), number)


def product_tile(outputs: int, registers: int):
    """A tile of out[j, v] = Σ weight[j, k] · source[k, v], from a bias, or added to what is there.

    (memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, adds): offsets and
    steps in floats; weight[j, k] stands at weight + j·across + k·along, bias[j] at bias + j·bias_step (none if bias is
    below 0).
    """

    @intrinsic
    def tile(
        typing_context, memory, source, source_step, terms, weight, across, along, bias, bias_step, out, out_step, adds
    ):
        def generate(context, builder, sig, arguments):
            data = _data(context, builder, sig.args[0], arguments[0])
            source_, source_step_, terms_, weight_, across_, along_, bias_, bias_step_, out_, out_step_ = arguments[
                1:11
            ]
            at = [(j, v) for j in range(outputs) for v in range(registers)]
            sums = {place: cgutils.alloca_once(builder, VECTOR) for place in at}
            weights = [builder.add(weight_, builder.mul(across_, _whole(j))) for j in range(outputs)]
            outs = {
                (j, v): builder.add(builder.add(out_, builder.mul(out_step_, _whole(j))), _whole(v * LANES))
                for j, v in at
            }
            with builder.if_else(builder.icmp_signed(">=", bias_, _whole(0))) as (biased, plain):
                with biased:
                    for j in range(outputs):
                        index = builder.add(bias_, builder.mul(bias_step_, _whole(j)))
                        start = spread(builder, builder.load(builder.gep(data, [index])))
                        for v in range(registers):
                            builder.store(start, sums[j, v])
                with plain:
                    for place in at:
                        builder.store(ir.Constant(VECTOR, [0.0] * LANES), sums[place])
            with builder.if_then(arguments[11]):
                for place in at:
                    there = _read(builder, data, outs[place])
                    builder.store(builder.fadd(builder.load(sums[place]), there), sums[place])
            with cgutils.for_range(builder, terms_) as loop:
                base = builder.add(source_, builder.mul(source_step_, loop.index))
                row = [_read(builder, data, builder.add(base, _whole(v * LANES))) for v in range(registers)]
                shift = builder.mul(along_, loop.index)
                for j in range(outputs):
                    w = spread(builder, builder.load(builder.gep(data, [builder.add(weights[j], shift)])))
                    for v in range(registers):
                        builder.store(_multiply_add(builder, w, row[v], builder.load(sums[j, v])), sums[j, v])
            for place in at:
                _write(builder, data, outs[place], builder.load(sums[place]))
            return context.get_dummy_value()

        return types.void(memory, *[types.int64] * 10, types.boolean), generate

    return tile


def reduction_tile(sources: int, outputs: int):
    """A tile of out[j, i] = Σ over lanes of slope[j] · source[i], or added to what is there.

    (memory, source, source_step, slope, slope_step, registers, out, across, along, adds): out[j, i] stands at
    out + j·across + i·along. LANES sums at a time are added across with shuffles. With no sources it is the sum of the
    slopes alone, at out + j·across.
    """

    @intrinsic
    def tile(typing_context, memory, source, source_step, slope, slope_step, registers, out, across, along, adds):
        def generate(context, builder, sig, arguments):
            data = _data(context, builder, sig.args[0], arguments[0])
            source_, source_step_, slope_, slope_step_, registers_, out_, across_, along_, adds_ = arguments[1:]
            at = [(j, i) for j in range(outputs) for i in range(max(sources, 1))]
            sums = {place: cgutils.alloca_once(builder, VECTOR) for place in at}
            for place in at:
                builder.store(ir.Constant(VECTOR, [0.0] * LANES), sums[place])
            with cgutils.for_range(builder, registers_) as loop:
                shift = builder.mul(loop.index, _whole(LANES))

                def read(base, step, k):
                    return _read(builder, data, builder.add(builder.add(base, shift), builder.mul(step, _whole(k))))

                slopes = [read(slope_, slope_step_, j) for j in range(outputs)]
                if not sources:
                    for j in range(outputs):
                        builder.store(builder.fadd(builder.load(sums[j, 0]), slopes[j]), sums[j, 0])
                for i in range(sources):
                    row = read(source_, source_step_, i)
                    for j in range(outputs):
                        builder.store(_multiply_add(builder, slopes[j], row, builder.load(sums[j, i])), sums[j, i])

            def add_to(j: int, i: int, number) -> None:
                index = builder.add(out_, builder.add(builder.mul(across_, _whole(j)), builder.mul(along_, _whole(i))))
                pointer = builder.gep(data, [index])
                there = builder.select(adds_, builder.load(pointer), ir.Constant(ir.DoubleType(), 0.0))
                builder.store(builder.fadd(there, number), pointer)

            for group in _by_register(at):
                vectors = [builder.load(sums[place]) for place in group]
                if len(group) == LANES:
                    total = _sums_across(builder, vectors)
                    for k, place in enumerate(group):
                        add_to(*place, builder.extract_element(total, ir.Constant(ir.IntType(32), k)))
                else:
                    for place, vector in zip(group, vectors, strict=True):
                        add_to(*place, _across(builder, vector))
            return context.get_dummy_value()

        return types.void(memory, *[types.int64] * 8, types.boolean), generate

    return tile


def _by_register(places):
    return [places[k : k + LANES] for k in range(0, len(places), LANES)]


def _sums_across(builder, vectors):
    """One register with the sum of each of LANES registers: pairs are folded into one until one is left."""
    indices = ir.VectorType(ir.IntType(32), LANES)
    even = ir.Constant(indices, list(range(0, 2 * LANES, 2)))
    odd = ir.Constant(indices, list(range(1, 2 * LANES, 2)))
    while len(vectors) > 1:
        vectors = [
            builder.fadd(builder.shuffle_vector(a, b, even), builder.shuffle_vector(a, b, odd))
            for a, b in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    return vectors[0]


def _transposed(builder, rows):
    """The columns of a square of registers: blocks are swapped across the diagonal, of width 1, 2, 4."""
    indices = ir.VectorType(ir.IntType(32), LANES)
    width = 1
    while width < LANES:
        low = ir.Constant(indices, [k if not k & width else k - width + LANES for k in range(LANES)])
        high = ir.Constant(indices, [k + width if not k & width else k + LANES for k in range(LANES)])
        for r in range(LANES):
            if not r & width:
                a, b = rows[r], rows[r + width]
                rows[r], rows[r + width] = builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high)
        width *= 2
    return rows


@intrinsic
def transpose_tile(typing_context, memory, at, step, to, to_step):
    """memory[to + c·to_step + r] = memory[at + r·step + c] for a square of LANES × LANES floats."""

    def generate(context, builder, sig, arguments):
        data = _data(context, builder, sig.args[0], arguments[0])
        at_, step_, to_, to_step_ = arguments[1:]
        rows = [_read(builder, data, builder.add(at_, builder.mul(step_, _whole(r)))) for r in range(LANES)]
        for c, column in enumerate(_transposed(builder, rows)):
            _write(builder, data, builder.add(to_, builder.mul(to_step_, _whole(c))), column)
        return context.get_dummy_value()

    return types.void(memory, *[types.int64] * 4), generate


@intrinsic
def gather_tile(typing_context, samples, order, at, left, width, column, memory, to, to_step):
    """memory[to + c·to_step + r] = samples[order[at + r]·width + column + c] for LANES samples and LANES columns.

    Where fewer than LANES samples are left, the first of them is repeated.
    """

    def generate(context, builder, sig, arguments):
        read_from, indices, write_to = (_data(context, builder, sig.args[k], arguments[k]) for k in (0, 1, 6))
        at_, left_, width_, column_, to_, to_step_ = (arguments[k] for k in (2, 3, 4, 5, 7, 8))
        rows = []
        for r in range(LANES):
            there = builder.icmp_signed("<", _whole(r), left_)
            sample = builder.load(builder.gep(indices, [builder.add(at_, builder.select(there, _whole(r), _whole(0)))]))
            rows.append(_read(builder, read_from, builder.add(builder.mul(sample, width_), column_)))
        for c, row in enumerate(_transposed(builder, rows)):
            _write(builder, write_to, builder.add(to_, builder.mul(to_step_, _whole(c))), row)
        return context.get_dummy_value()

    return types.void(samples, order, *[types.int64] * 4, memory, types.int64, types.int64), generate
