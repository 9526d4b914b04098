"""Memory as compiled code sees it: bare pointers, read and written at unchecked offsets.

Each function here writes one or a few instructions, see `compiling.instruction`: its first parameter is the builder
that does so, and callers in compiled code leave it out.
"""

from __future__ import annotations

from contextlib import contextmanager

from llvmlite import ir

from mgrad.engine.executors.compiling import instruction
from mgrad.engine.executors.lanes import FLOAT, LANES, MASK, NO_LANES, VECTOR, WHOLE, declared, spread

_BYTE = ir.IntType(8)


def whole(number: int):
    return ir.Constant(WHOLE, number)


def read(builder, data, index):
    vector = builder.load(builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer()))
    vector.align = 8
    return vector


def write(builder, data, index, vector) -> None:
    builder.store(vector, builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer())).align = 8


def read_some(builder, data, index, lanes):
    """A register of which only some lanes are read, see `lanes_between`; 0 in the others, which need not exist."""
    place = builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer())
    kind = ir.FunctionType(VECTOR, [place.type, ir.IntType(32), MASK, VECTOR])
    called = declared(builder.module, kind, f"llvm.masked.load.v{LANES}f64.p0")
    return builder.call(called, [place, ir.IntType(32)(8), lanes, NO_LANES])


def write_some(builder, data, index, vector, lanes) -> None:
    """Writes only some lanes of a register."""
    place = builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [VECTOR, place.type, ir.IntType(32), MASK])
    called = declared(builder.module, kind, f"llvm.masked.store.v{LANES}f64.p0")
    builder.call(called, [vector, place, ir.IntType(32)(8), lanes])


def asks_for(builder, data, index, near=3) -> None:
    """Brings the cache line with that float near, for somebody who will read it soon; harmless wherever it points.

    How near: 3 is the first cache, 2 the second.
    """
    number = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), number, number, number])
    place = builder.bitcast(builder.gep(data, [index]), _BYTE.as_pointer())
    to_read, how_near, data_ = number(0), number(near), number(1)
    builder.call(declared(builder.module, kind, "llvm.prefetch.p0"), [place, to_read, how_near, data_])


ask_for = instruction(asks_for)


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


def _pointers(kind):
    """A function that takes an array's address out of whole numbers."""

    @instruction
    def at(builder, data, index):
        return builder.inttoptr(load_whole(builder, data, index), kind.as_pointer())

    return at


def load_whole(builder, data, index):
    number = builder.load(builder.gep(data, [index]))
    if number.type == WHOLE:  # nobody writes whole numbers while kernels run
        number.set_metadata("invariant.load", builder.module.add_metadata([]))
    return number


load = instruction(load_whole)
wholes_at, floats_at = map(_pointers, (WHOLE, FLOAT))


@instruction
def load_float(builder, data, index):
    """A float that stands among whole numbers."""
    return builder.bitcast(load_whole(builder, data, index), FLOAT)


@instruction
def distance(builder, data, other):
    """How many floats lie between two pointers: an index into the first that leads to the second."""
    start, end = (builder.ptrtoint(each, WHOLE) for each in (data, other))
    return builder.ashr(builder.sub(end, start), whole(3))


@instruction
def after(builder, data, count):
    """The pointer so many numbers further on."""
    return builder.gep(data, [count])


@instruction
def store(builder, data, index, number):
    """Writes one float, unchecked."""
    builder.store(number, builder.gep(data, [index]))


@instruction
def load_lanes(builder, data, index):
    """One register of floats, unchecked."""
    return read(builder, data, index)


@instruction
def store_lanes(builder, data, index, number):
    """Writes one register, unchecked; a plain float goes into every lane."""
    write(builder, data, index, number if number.type == VECTOR else spread(builder, number))


@instruction
def sum_lanes(builder, number):
    """The sum of all lanes of a register."""
    kind = ir.FunctionType(FLOAT, [FLOAT, VECTOR])
    called = declared(builder.module, kind, f"llvm.vector.reduce.fadd.v{LANES}f64")
    return builder.call(called, [ir.Constant(FLOAT, -0.0), number], fastmath=("reassoc",))


def first_of(builder, number, count):
    """A register with 0 in all but the first lanes."""
    return builder.select(_first(builder, count), number, NO_LANES)


first_lanes = instruction(first_of)


def choose_lanes(builder, number, other, start, end):
    """A register with a number's lanes from `start` to before `end`, and those of another in the rest."""
    return builder.select(lanes_between(builder, start, end), number, other)


def lanes_between(builder, start, end):
    """A mask of the lanes from `start` to before `end`."""
    return builder.and_(_first(builder, end), builder.not_(_first(builder, start)))


chosen_lanes = instruction(choose_lanes)


def _first(builder, count):
    """A mask of the first lanes."""
    wide = ir.VectorType(WHOLE, LANES)
    undefined = ir.Constant(wide, ir.Undefined)
    nowhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    counts = builder.insert_element(undefined, count, ir.Constant(ir.IntType(32), 0))
    return builder.icmp_signed(
        "<", ir.Constant(wide, list(range(LANES))), builder.shuffle_vector(counts, undefined, nowhere)
    )
