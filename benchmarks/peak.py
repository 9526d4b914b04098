"""The machine's peak: how many multiplications and additions one core can do in a second, at the very best.

A dozen chains of fused multiply-adds that do not depend on each other keep every unit of the core busy; nothing is
loaded or stored. The vectors are as wide as the core has them, written explicitly, so that the compiler cannot choose
narrower ones.
"""

from __future__ import annotations

from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from benchmarks.timing import seconds_of

CHAINS = 12  # an answer takes 4 cycles or so, and a core begins up to 2 each cycle: 8 in flight, and some to spare


def _doubles_in_a_vector() -> int:
    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx") else 2


DOUBLES = _doubles_in_a_vector()


@intrinsic
def _chains(_, rounds, factor, term):  # the arguments are types of numba
    signature = types.float64(types.int64, types.float64, types.float64)

    def build(__, builder, ___, arguments):
        count, *numbers = arguments
        vector = ir.VectorType(ir.DoubleType(), DOUBLES)
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{DOUBLES}f64"
        )
        factors, terms = (_filled(builder, vector, number) for number in numbers)
        places = [cgutils.alloca_once_value(builder, builder.fmul(terms, _constant(vector, i))) for i in range(CHAINS)]
        with cgutils.for_range(builder, count):
            for place in places:
                builder.store(builder.call(fma, [builder.load(place), factors, terms]), place)
        total = _constant(vector, 0)
        for place in places:
            total = builder.fadd(total, builder.load(place))
        first, *others = (builder.extract_element(total, ir.IntType(32)(i)) for i in range(DOUBLES))
        for other in others:
            first = builder.fadd(first, other)
        return first

    return signature, build


def _constant(vector: ir.VectorType, number: int) -> ir.Constant:
    return ir.Constant(vector, [float(number)] * DOUBLES)


def _filled(builder: ir.IRBuilder, vector: ir.VectorType, number: ir.Value) -> ir.Value:
    filled = ir.Constant(vector, ir.Undefined)
    for i in range(DOUBLES):
        filled = builder.insert_element(filled, number, ir.IntType(32)(i))
    return filled


@njit
def _multiply_and_add(rounds, factor, term):
    return _chains(rounds, factor, term)  # pyright: ignore[reportCallIssue] - numba fills in the first argument


def peak_gflops(repetitions: int = 40) -> float:
    """Billions of float64 multiplications and additions a second on one core: the best of many short runs."""
    rounds = 100_000
    _multiply_and_add(rounds, 0.999, 0.001)
    seconds = min(seconds_of(lambda: _multiply_and_add(rounds, 0.999, 0.001)) for _ in range(repetitions))
    return rounds * CHAINS * DOUBLES * 2 / seconds / 1e9
