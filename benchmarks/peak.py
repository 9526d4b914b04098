"""The machine's peak: how many multiplications and additions one core can do in a second, at the very best.

A dozen chains of fused multiply-adds that do not depend on each other keep every unit of the core busy; nothing is
loaded or stored. The vectors are as wide as the core has them, written explicitly, so that the compiler cannot choose
narrower ones.
"""

from __future__ import annotations

from ctypes import addressof, c_int64
from typing import Any

from llvmlite import ir

from benchmarks.timing import seconds_of
from mgrad.engine.executors.access import loop, whole
from mgrad.engine.executors.lanes import FLOAT, LANES, VECTOR, WHOLE, declared, room, spread
from mgrad.engine.executors.machine_code import compile_module, load_kernels

CHAINS = 12  # an answer takes 4 cycles or so, and a core begins up to 2 each cycle: 8 in flight, and some to spare


def _chains() -> ir.Module:
    """A function that multiplies and adds so many times as the number says that it is given the place of."""
    module = ir.Module("peak")
    function = ir.Function(module, ir.FunctionType(WHOLE, [WHOLE.as_pointer()]), "execute")
    builder = ir.IRBuilder(function.append_basic_block("begin"))
    rounds = builder.load(function.args[0])
    fma = declared(module, ir.FunctionType(VECTOR, [VECTOR] * 3), f"llvm.fma.v{LANES}f64")
    # Numbers that are not known before: else the compiler would do the work.
    start = spread(builder, builder.fmul(builder.uitofp(rounds, FLOAT), ir.Constant(FLOAT, 1e-12)))
    factors = builder.fsub(_constant(0.999), start)
    places = [room(builder, VECTOR) for _ in range(CHAINS)]
    for i, place in enumerate(places):
        builder.store(builder.fmul(start, _constant(float(i))), place)
    with loop(builder, rounds):
        for place in places:
            builder.store(builder.call(fma, [builder.load(place), factors, start]), place)
    total = _constant(0.0)
    for place in places:
        total = builder.fadd(total, builder.load(place))
    first, *others = (builder.extract_element(total, whole(i)) for i in range(LANES))
    for other in others:
        first = builder.fadd(first, other)
    builder.ret(builder.fptosi(first, WHOLE))
    return module


def _constant(number: float) -> Any:
    return ir.Constant(VECTOR, [number] * LANES)


def peak_gflops(repetitions: int = 40) -> float:
    """Billions of float64 multiplications and additions a second on one core: the best of many short runs."""
    rounds = c_int64(100_000)
    chains = load_kernels(compile_module(_chains()))
    seconds = min(seconds_of(lambda: chains.execute(addressof(rounds))) for _ in range(repetitions))
    return rounds.value * CHAINS * LANES * 2 / seconds / 1e9
