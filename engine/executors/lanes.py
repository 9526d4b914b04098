"""Lanes: a processor's vector as a type of compiled code.

`Lanes` holds as many float64 as fit into one register of this machine; the usual operators, comparisons and `where`
work on it lane by lane, and a plain float beside it counts for every lane. So the rules of the table of operations,
and the polynomials of `primitives`, compile for single numbers and for whole registers from one text.

Products and sums may be fused (multiply-add in one rounding), which is faster and no less exact. Nothing else is
assumed: nan and inf go through as IEEE has them.
"""

# pyright: reportOptionalCall=false
# (Numba makes `infer_global` at run time.)
from __future__ import annotations

import operator
import os
import struct

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import AbstractTemplate, ConcreteTemplate, infer_global, signature
from numba.extending import lower_builtin, lower_cast, models, register_model

_FEATURES = llvm.get_host_cpu_features()


def _bits() -> int:
    """Width of the widest registers, or what MGRAD_VECTOR_BITS asks for."""
    forced = os.environ.get("MGRAD_VECTOR_BITS")
    if forced in ("128", "256", "512"):
        return int(forced)
    return 512 if _FEATURES.get("avx512f") else 256 if _FEATURES.get("avx2") else 128


BITS = _bits()
LANES = BITS // 64
VECTOR = ir.VectorType(ir.DoubleType(), LANES)


def _fused() -> bool:
    """Whether the machine multiplies and adds in one instruction: where it does not, this would become a slow call.

    MGRAD_FMA=0 does without.
    """
    if os.environ.get("MGRAD_FMA") == "0":
        return False
    return bool(_FEATURES.get("fma")) or any(name in llvm.get_process_triple() for name in ("aarch64", "arm64"))


FUSED = _fused()
_FLAGS = ("contract",) if FUSED else ()


class LanesType(types.Type):
    """The type of one register of float64."""

    def __init__(self) -> None:
        super().__init__(name=f"Lanes{LANES}")

    def can_convert_from(self, typingctx, other):
        return Conversion.safe if other == types.float64 else None


class MaskType(types.Type):
    """One truth value a lane."""

    def __init__(self) -> None:
        super().__init__(name=f"Mask{LANES}")


lanes, mask = LanesType(), MaskType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, fe_type) -> None:
        super().__init__(manager, fe_type, VECTOR)


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, fe_type) -> None:
        super().__init__(manager, fe_type, ir.VectorType(ir.IntType(1), LANES))


def spread(builder, number):
    """IR: one float in every lane."""
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, undefined, zeros)


@lower_cast(types.Float, LanesType)
def _cast(context, builder, fromty, toty, number):
    return spread(builder, number)


def _as_vectors(builder, sig, arguments):
    return [
        number if kind == lanes else spread(builder, number) for kind, number in zip(sig.args, arguments, strict=True)
    ]


def _operator(function, answer, generate) -> None:
    """Makes an operator known for two Lanes, or Lanes and a float."""
    cases_ = [signature(answer, *pair) for pair in ((lanes, lanes), (lanes, types.float64), (types.float64, lanes))]

    class Template(ConcreteTemplate):
        key = function
        cases = cases_

    infer_global(function)(Template)
    for case in cases_:

        def lowered(context, builder, sig, arguments):
            return generate(builder, *_as_vectors(builder, sig, arguments))

        lower_builtin(function, *case.args)(lowered)


_operator(operator.add, lanes, lambda builder, a, b: builder.fadd(a, b, flags=_FLAGS))
_operator(operator.sub, lanes, lambda builder, a, b: builder.fsub(a, b, flags=_FLAGS))
_operator(operator.mul, lanes, lambda builder, a, b: builder.fmul(a, b, flags=_FLAGS))
_operator(operator.truediv, lanes, lambda builder, a, b: builder.fdiv(a, b))
for _function, _sign in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="), (operator.eq, "=="),
):  # fmt: skip
    _operator(_function, mask, lambda builder, a, b, sign=_sign: builder.fcmp_ordered(sign, a, b))


@infer_global(operator.neg)
class _Negative(ConcreteTemplate):
    cases = [signature(lanes, lanes)]  # noqa: RUF012 - numba's own way


@lower_builtin(operator.neg, lanes)
def _negative(context, builder, sig, arguments):
    return builder.fneg(arguments[0])


@infer_global(operator.and_)
class _And(ConcreteTemplate):
    cases = [signature(mask, mask, mask)]  # noqa: RUF012


@lower_builtin(operator.and_, mask, mask)
def _both(context, builder, sig, arguments):
    return builder.and_(*arguments)


def _refuse(*arguments):
    raise TypeError("This function is for compiled code only.")


def where(condition, a, b):
    """a where the condition holds, else b; for a float or lane by lane."""
    return _refuse(condition, a, b)


@infer_global(where)
class _Where(AbstractTemplate):
    def generic(self, args, kws):
        if args[0] == mask:
            return signature(lanes, mask, lanes, lanes)
        return signature(types.float64, types.boolean, types.float64, types.float64)


@lower_builtin(where, mask, lanes, lanes)
@lower_builtin(where, types.boolean, types.float64, types.float64)
def _select(context, builder, sig, arguments):
    condition, a, b = arguments
    return builder.select(condition, a, b)


def sqrt(a):
    return _refuse(a)


def log(a):
    return _refuse(a)


def sin(a):
    return _refuse(a)


def cos(a):
    return _refuse(a)


def absolute(a):
    return _refuse(a)


def power(a, b):
    return _refuse(a, b)


def copysign(a, b):
    return _refuse(a, b)


def _known_to_llvm(stub, name: str, arity: int) -> None:
    """A function that LLVM knows, for a float or lane by lane."""

    class Template(AbstractTemplate):
        key = stub

        def generic(self, args, kws):
            kind = lanes if lanes in args else types.float64
            return signature(kind, *[kind] * arity)

    infer_global(stub)(Template)

    def lowered(context, builder, sig, arguments):
        kind = arguments[0].type
        shape = "f64" if sig.return_type == types.float64 else f"v{LANES}f64"
        called = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind] * arity), f"llvm.{name}.{shape}"
        )
        return builder.call(called, arguments)

    for kind in (lanes, types.float64):
        lower_builtin(stub, *[kind] * arity)(lowered)


for _stub, _name, _arity in (
    (sqrt, "sqrt", 1), (log, "log", 1), (sin, "sin", 1), (cos, "cos", 1), (absolute, "fabs", 1), (power, "pow", 2),
    (copysign, "copysign", 2),
):  # fmt: skip
    _known_to_llvm(_stub, _name, _arity)

SHIFTER = 6755399441055744.0  # 1.5 * 2**52: added to a small number, it leaves the rounded number in the low bits
_SHIFTER_BITS = int.from_bytes(struct.pack("<d", SHIFTER), "little")


def scale(number, shifted):
    """number * 2**k, where `shifted` is k + SHIFTER; right also where 2**k itself is no normal number."""
    return _refuse(number, shifted)


@infer_global(scale)
class _Scale(ConcreteTemplate):
    cases = [signature(kind, kind, kind) for kind in (lanes, types.float64)]  # noqa: RUF012


@lower_builtin(scale, lanes, lanes)
@lower_builtin(scale, types.float64, types.float64)
def _scaled(context, builder, sig, arguments):
    number, shifted = arguments
    wide = sig.return_type == lanes
    whole = ir.VectorType(ir.IntType(64), LANES) if wide else ir.IntType(64)

    def constant(value: int):
        return ir.Constant(whole, [value] * LANES if wide else value)

    def two_to(k):
        return builder.bitcast(builder.shl(builder.add(k, constant(1023)), constant(52)), shifted.type)

    k = builder.sub(builder.bitcast(shifted, whole), constant(_SHIFTER_BITS))
    half = builder.ashr(k, constant(1))
    return builder.fmul(builder.fmul(number, two_to(half)), two_to(builder.sub(k, half)))
