"""Lanes: a processor's vector as a number of compiled code.

A `Number` is what Python's operators work on while a function is turned into machine code: each of them writes one
instruction. It is a whole number, a float, a truth value, a place in memory, or *lanes*: as many float64 as fit into
one register of this machine, on which all works lane by lane; a float beside them counts for every lane. So the rules
of the table of operations, and the polynomials of `primitives`, are compiled for single numbers and for whole registers
from one text, by being called.

Products and sums of lanes may be fused (multiply-add in one rounding), which is faster and no less exact. Nothing else
is assumed: nan and inf go through as IEEE has them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from typing import Any, Self

import llvmlite.binding as llvm
from llvmlite import ir

_FEATURES = llvm.get_host_cpu_features()


def _bits() -> int:
    """Width of the widest registers, or what MGRAD_VECTOR_BITS asks for."""
    forced = os.environ.get("MGRAD_VECTOR_BITS")
    if forced in ("128", "256", "512"):
        return int(forced)
    return 512 if _FEATURES.get("avx512f") else 256 if _FEATURES.get("avx2") else 128


def _fused() -> bool:
    """Whether the machine multiplies and adds in one instruction: where it does not, this would become a slow call.

    MGRAD_FMA=0 does without.
    """
    if os.environ.get("MGRAD_FMA") == "0":
        return False
    return bool(_FEATURES.get("fma")) or any(name in llvm.get_process_triple() for name in ("aarch64", "arm64"))


BITS = _bits()
LANES = BITS // 64
FUSED = _fused()
_FLAGS = ("contract",) if FUSED else ()

WHOLE, FLOAT, TRUTH = ir.IntType(64), ir.DoubleType(), ir.IntType(1)
VECTOR, MASK = ir.VectorType(FLOAT, LANES), ir.VectorType(TRUTH, LANES)
_INDEX = ir.IntType(32)
_ORDER = (TRUTH, WHOLE, FLOAT, VECTOR)  # each becomes the next where it meets one
NO_LANES: Any = ir.Constant(VECTOR, [0.0] * LANES)
"""A register of zeros."""
ONES: Any = ir.Constant(VECTOR, [1.0] * LANES)


class Number:
    """A number that will be there when the code runs."""

    __slots__ = ("builder", "value")
    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __init__(self, builder: ir.IRBuilder, value: Any) -> None:
        self.builder = builder
        self.value = value

    @property
    def kind(self) -> ir.Type:
        return self.value.type

    def __bool__(self) -> bool:
        raise TypeError("Whether this holds is known only when the code runs.")

    def as_kind(self, kind: ir.Type) -> Self:
        """The same number as another kind: whole as float, float in every lane."""
        return type(self)(self.builder, as_value(self.builder, self, kind))

    def __add__(self, other: object) -> Number:
        return _arithmetic(self, other, "add")

    def __radd__(self, other: object) -> Number:
        return _arithmetic(other, self, "add")

    def __sub__(self, other: object) -> Number:
        return _arithmetic(self, other, "sub")

    def __rsub__(self, other: object) -> Number:
        return _arithmetic(other, self, "sub")

    def __mul__(self, other: object) -> Number:
        return _arithmetic(self, other, "mul")

    def __rmul__(self, other: object) -> Number:
        return _arithmetic(other, self, "mul")

    def __truediv__(self, other: object) -> Number:
        return _divide(self, other)

    def __rtruediv__(self, other: object) -> Number:
        return _divide(other, self)

    def __floordiv__(self, other: object) -> Number:
        return _divide_down(self, other)

    def __and__(self, other: object) -> Number:
        return self._bitwise(other, "and_")

    def __or__(self, other: object) -> Number:
        return self._bitwise(other, "or_")

    def __rshift__(self, other: object) -> Number:
        return self._bitwise(other, "ashr")

    def __neg__(self) -> Number:
        return Number(self.builder, (self.builder.neg if self.kind == WHOLE else self.builder.fneg)(self.value))

    def __abs__(self) -> Number:
        return absolute(self)

    def __lt__(self, other: object) -> Number:
        return self._compared("<", other)

    def __le__(self, other: object) -> Number:
        return self._compared("<=", other)

    def __gt__(self, other: object) -> Number:
        return self._compared(">", other)

    def __ge__(self, other: object) -> Number:
        return self._compared(">=", other)

    def __eq__(self, other: object) -> Number:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compared("==", other)

    def __ne__(self, other: object) -> Number:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compared("!=", other)

    def _bitwise(self, other: object, name: str) -> Number:
        return Number(self.builder, getattr(self.builder, name)(self.value, as_value(self.builder, other, self.kind)))

    def _compared(self, sign: str, other: object) -> Number:
        a, b = alike(self.builder, self, other)
        builder = self.builder
        if a.type in (WHOLE, TRUTH):
            return Number(builder, builder.icmp_signed(sign, a, b))
        compare = builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered
        return Number(builder, compare(sign, a, b))


def kind_of(number: object) -> ir.Type:
    """The kind that a number has when the code runs; Python's own numbers are constants."""
    if isinstance(number, Number):
        return number.kind
    if isinstance(number, ir.Constant):
        return number.type
    for kind, python in ((TRUTH, bool), (WHOLE, int), (FLOAT, float)):
        if isinstance(number, python):
            return kind
    raise TypeError(f"{number!r} is no number that compiled code knows.")


def as_value(builder: ir.IRBuilder, number: object, kind: ir.Type) -> Any:
    """The IR of a number, as one of that kind."""
    if not isinstance(number, Number | ir.Constant):
        own = kind_of(number)
        if kind == VECTOR:
            return ir.Constant(VECTOR, [float(number)] * LANES)  # pyright: ignore[reportArgumentType]
        if own == FLOAT and kind != FLOAT:
            raise TypeError(f"{number!r} cannot become a whole number.")
        return ir.Constant(kind, float(number) if kind == FLOAT else int(number))  # pyright: ignore[reportArgumentType]
    value: Any = number if isinstance(number, ir.Constant) else number.value
    if value.type == kind:
        return value
    if value.type == TRUTH and kind == WHOLE:
        return builder.zext(value, WHOLE)
    if value.type == WHOLE and kind in (FLOAT, VECTOR):
        value = builder.sitofp(value, FLOAT)
    if value.type == FLOAT and kind == VECTOR:
        return spread(builder, value)
    if value.type != kind:
        raise TypeError(f"{value.type} cannot become {kind}.")
    return value


def common_kind(*numbers: object) -> ir.Type:
    """The kind that all of these can become."""
    first, *others = map(kind_of, numbers)
    return first if all(kind == first for kind in others) else max(first, *others, key=_ORDER.index)


def alike(builder: ir.IRBuilder, *numbers: object) -> list[Any]:
    """The IR of several numbers, as one kind."""
    common = common_kind(*numbers)
    return [as_value(builder, number, common) for number in numbers]


def builder_of(*numbers: object) -> ir.IRBuilder:
    """Where the code is written that these numbers come from."""
    for number in numbers:
        if isinstance(number, Number):
            return number.builder
    raise TypeError("Python's own numbers alone are no code.")


def spread(builder: ir.IRBuilder, number: Any) -> Any:
    """IR: one float in every lane."""
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES))


def _arithmetic(left: object, right: object, name: str) -> Number:
    builder = builder_of(left, right)
    a, b = alike(builder, left, right)
    if a.type == WHOLE:  # offsets: they stay far from the largest whole number
        return Number(builder, getattr(builder, name)(a, b, flags=("nsw",)))
    return Number(builder, getattr(builder, f"f{name}")(a, b, flags=_FLAGS if a.type == VECTOR else ()))


def _divide(left: object, right: object) -> Number:
    builder = builder_of(left, right)
    kind = VECTOR if VECTOR in (kind_of(left), kind_of(right)) else FLOAT
    return Number(builder, builder.fdiv(as_value(builder, left, kind), as_value(builder, right, kind)))


def _divide_down(left: Number, right: object) -> Number:
    """Whole numbers, of which none is below 0."""
    builder = left.builder
    if isinstance(right, int) and right & (right - 1) == 0:
        return Number(builder, builder.ashr(left.value, ir.Constant(WHOLE, right.bit_length() - 1)))
    return Number(builder, builder.sdiv(left.value, as_value(builder, right, WHOLE)))


def room(builder: ir.IRBuilder, kind: ir.Type) -> Any:
    """Room for a number while a function runs: in a register, after LLVM's first pass."""
    with builder.goto_entry_block():
        return builder.alloca(kind)


# ---------------------------------------------------------------------- functions
def declared(module: ir.Module, kind: ir.FunctionType, name: str) -> ir.Function:
    """A function that is defined elsewhere, mostly one that LLVM knows."""
    return module.globals.get(name) or ir.Function(module, kind, name)


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b; for a float or lane by lane."""
    builder = builder_of(condition, a, b)
    values = alike(builder, a, b)
    if condition.kind == MASK and values[0].type != VECTOR:
        values = [as_value(builder, number, VECTOR) for number in (a, b)]
    return Number(builder, builder.select(condition.value, *values))


def smaller(a: Any, b: Any) -> Number:
    """Python's min of two whole numbers."""
    return where(a <= b, a, b)


def larger(a: Any, b: Any) -> Number:
    """Python's max of two whole numbers."""
    return where(a >= b, a, b)


def _known_to_llvm(name: str) -> Callable[..., Number]:
    """A function that LLVM knows, for floats or lane by lane."""

    def called(*numbers: object) -> Number:
        builder = builder_of(*numbers)
        values = alike(builder, *numbers)
        kind = values[0].type
        shape = "f64" if kind == FLOAT else f"v{LANES}f64"
        function = declared(builder.module, ir.FunctionType(kind, [kind] * len(values)), f"llvm.{name}.{shape}")
        return Number(builder, builder.call(function, values))

    return called


sqrt, sin, cos, absolute, power, copysign = map(_known_to_llvm, ("sqrt", "sin", "cos", "fabs", "pow", "copysign"))

SHIFTER = 6755399441055744.0  # 1.5 * 2**52: added to a small number, it leaves the rounded number in the low bits


def _bits_of(number: float) -> int:
    return int.from_bytes(struct.pack("<d", number), "little")


_SHIFTER_BITS, _ROOT_BITS = _bits_of(SHIFTER), _bits_of(0.5**0.5)


def parts(number: Number) -> tuple[Number, Number]:
    """m and k where m * 2**k is a positive normal number, and m lies between the roots of 1/2 and 2."""
    builder, kind = number.builder, number.kind
    whole, constant = _whole_numbers(kind)
    bits = builder.bitcast(number.value, whole)
    k = builder.ashr(builder.sub(bits, constant(_ROOT_BITS)), constant(52))
    mantissa = builder.bitcast(builder.sub(bits, builder.shl(k, constant(52))), kind)
    return Number(builder, mantissa), Number(
        builder, builder.bitcast(builder.add(k, constant(_SHIFTER_BITS)), kind)
    ) - SHIFTER


def _whole_numbers(kind: ir.Type) -> tuple[ir.Type, Callable[[int], ir.Constant]]:
    """Whole numbers as wide as a float, or as lanes of them, and what makes a constant of the kind."""
    if kind != VECTOR:
        return WHOLE, lambda value: ir.Constant(WHOLE, value)
    whole = ir.VectorType(WHOLE, LANES)
    return whole, lambda value: ir.Constant(whole, [value] * LANES)


def two_to(shifted: Number) -> Number:
    """2**k, where `shifted` is k + SHIFTER and 2**k a normal number."""
    builder, kind = shifted.builder, shifted.kind
    whole, constant = _whole_numbers(kind)
    exponent = builder.add(builder.bitcast(shifted.value, whole), constant(1023))  # what stands higher is shifted out
    return Number(builder, builder.bitcast(builder.shl(exponent, constant(52)), kind))


def scale(number: Number, shifted: Number) -> Number:
    """number * 2**k, where `shifted` is k + SHIFTER; right also where 2**k itself is no normal number."""
    builder, kind = number.builder, shifted.kind
    if kind == VECTOR and BITS == 512 and _FEATURES.get("avx512f"):
        return _scale_at_once(builder, as_value(builder, number, kind), (shifted - SHIFTER).value)
    whole, constant = _whole_numbers(kind)

    def two_to(k: Any) -> Any:
        return builder.bitcast(builder.shl(builder.add(k, constant(1023)), constant(52)), kind)

    k = builder.sub(builder.bitcast(shifted.value, whole), constant(_SHIFTER_BITS))
    half = builder.ashr(k, constant(1))
    value = as_value(builder, number, kind)
    return Number(builder, builder.fmul(builder.fmul(value, two_to(half)), two_to(builder.sub(k, half))))


def _scale_at_once(builder: ir.IRBuilder, number: Any, k: Any) -> Number:
    """The same in one instruction of the processor."""
    mask, rounding = ir.IntType(8), ir.IntType(32)
    kind = ir.FunctionType(VECTOR, [VECTOR, VECTOR, VECTOR, mask, rounding])
    function = declared(builder.module, kind, "llvm.x86.avx512.mask.scalef.pd.512")
    all_lanes, as_set = ir.Constant(mask, 255), ir.Constant(rounding, 4)
    return Number(builder, builder.call(function, [number, k, NO_LANES, all_lanes, as_set]))
