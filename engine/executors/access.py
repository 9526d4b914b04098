"""Memory as compiled code sees it: bare pointers, read and written at unchecked offsets.

An array would be counted as one user more by every function that it is passed to, which costs a small network more
than its arithmetic; and an ordinary index is tested for negative ones, which keeps a compiler from making vector code.
"""

from __future__ import annotations

from contextlib import contextmanager

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mgrad.engine.executors.lanes import LANES, VECTOR, lanes

WHOLE, FLOAT = ir.IntType(64), ir.DoubleType()


def whole(number: int):
    return ir.Constant(WHOLE, number)


def read(builder, data, index):
    vector = builder.load(builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer()))
    vector.align = 8
    return vector


def write(builder, data, index, vector) -> None:
    builder.store(vector, builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer())).align = 8


@contextmanager
def loop(builder, count):
    """A loop over 0 .. count - 1, left as it is: a body that fills the registers gains nothing from being repeated."""
    start = builder.block
    head, body, end = (builder.append_basic_block(name) for name in ("loop", "loop.body", "loop.end"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(WHOLE)
    index.add_incoming(whole(0), start)
    builder.cbranch(builder.icmp_signed("<", index, count), body, end)
    builder.position_at_end(body)
    yield index
    index.add_incoming(builder.add(index, whole(1)), builder.block)
    jump = builder.branch(head)
    module = builder.module
    rule = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    jump.set_metadata("llvm.loop", module.add_metadata([rule]))
    builder.position_at_end(end)


@intrinsic
def pointer(typing_context, array):
    """Where an array's numbers stand."""

    def generate(context, builder, sig, arguments):
        return context.make_array(sig.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def distance(typing_context, data, other):
    """How many floats lie between two pointers: an index into the first that leads to the second."""

    def generate(context, builder, sig, arguments):
        start, end = (builder.ptrtoint(each, WHOLE) for each in arguments)
        return builder.ashr(builder.sub(end, start), whole(3))

    return types.int64(data, other), generate


@intrinsic
def after(typing_context, data, count):
    """The pointer so many numbers further on."""

    def generate(context, builder, sig, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return data(data, types.int64), generate


@intrinsic
def load(typing_context, data, index):
    """One number, unchecked."""

    def generate(context, builder, sig, arguments):
        number = builder.load(builder.gep(arguments[0], [arguments[1]]))
        if sig.return_type == types.int64:  # nobody writes whole numbers while kernels run
            number.set_metadata("invariant.load", builder.module.add_metadata([]))
        return number

    return data.dtype(data, types.intp), generate


@intrinsic
def store(typing_context, data, index, number):
    """Writes one float, unchecked."""

    def generate(context, builder, sig, arguments):
        builder.store(arguments[2], builder.gep(arguments[0], [arguments[1]]))
        return context.get_dummy_value()

    return types.void(data, types.intp, data.dtype), generate


@intrinsic
def load_lanes(typing_context, data, index):
    """One register of floats, unchecked."""

    def generate(context, builder, sig, arguments):
        return read(builder, *arguments)

    return lanes(data, types.intp), generate


@intrinsic
def store_lanes(typing_context, data, index, number):
    """Writes one register, unchecked; a plain float goes into every lane."""

    def generate(context, builder, sig, arguments):
        write(builder, *arguments)
        return context.get_dummy_value()

    return types.void(data, types.intp, lanes), generate


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


@intrinsic
def first_lanes(typing_context, number, count):
    """A register with 0 in all but the first lanes."""

    def generate(context, builder, sig, arguments):
        return builder.select(_first(builder, arguments[1]), arguments[0], ir.Constant(VECTOR, [0.0] * LANES))

    return lanes(lanes, types.int64), generate


def _first(builder, count):
    """A mask of the first lanes."""
    wide = ir.VectorType(WHOLE, LANES)
    undefined = ir.Constant(wide, ir.Undefined)
    nowhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    counts = builder.insert_element(undefined, count, ir.Constant(ir.IntType(32), 0))
    return builder.icmp_signed(
        "<", ir.Constant(wide, list(range(LANES))), builder.shuffle_vector(counts, undefined, nowhere)
    )


def _across(builder, vector):
    kind = ir.FunctionType(FLOAT, [FLOAT, VECTOR])
    called = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f64")
    return builder.call(called, [ir.Constant(FLOAT, -0.0), vector], fastmath=("reassoc",))
