"""The kernel that shuffles: numpy's own numbers, and numpy's own way from them to an order, without numpy's detours.

`state` holds numpy's PCG64 as six whole numbers: its 128 bits, its increment, and the half of the last draw that is
still to be used, if any.
"""

from __future__ import annotations

from llvmlite import ir

from mgrad.engine.executors.access import store
from mgrad.engine.executors.compiling import compiled, instruction
from mgrad.engine.executors.lanes import WHOLE, declared, where

_WIDE = ir.IntType(128)
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_HAS_HALF, _HALF = 4, 5
_LOW = 0xFFFFFFFF


@instruction
def _read(builder, data, index):
    """One whole number, which unlike those of a program may have just been written."""
    return builder.load(builder.gep(data, [index]))


@instruction
def _draw(builder, state):
    """The next 64 bits of PCG64 (O'Neill 2014, "PCG", section 6.3.3: XSL RR)."""
    place = builder.bitcast(state, _WIDE.as_pointer())
    now = builder.load(place, align=8)
    increment = builder.load(builder.gep(place, [ir.Constant(WHOLE, 1)]), align=8)
    now = builder.add(builder.mul(now, ir.Constant(_WIDE, _MULTIPLIER)), increment)
    builder.store(now, place, align=8)
    high, turn = (builder.trunc(builder.lshr(now, ir.Constant(_WIDE, bits)), WHOLE) for bits in (64, 122))
    folded = builder.xor(high, builder.trunc(now, WHOLE))
    turned = declared(builder.module, ir.FunctionType(WHOLE, [WHOLE] * 3), "llvm.fshr.i64")
    return builder.call(turned, [folded, folded, turn])


@compiled
def shuffle(state, orders, samples, times):
    """Fills `orders` with so many orders of 0 .. samples - 1, one after the other: Fisher and Yates, from the end.

    Of each draw as many bits are looked at as the place needs, and a number beyond the place is thrown away.
    """
    has_half, half, mask, at = _read(state, _HAS_HALF), _read(state, _HALF), 1, 0
    while mask < samples - 1:
        mask = 2 * mask + 1
    for _ in range(times):
        for k in range(samples):
            store(orders, at + k, k)
        place, bits = samples - 1, mask
        while place > 0:
            while place <= bits // 2:
                bits = bits // 2
            if has_half != 0:
                drawn, has_half = half, 0
            else:
                word = _draw(state)
                drawn, half, has_half = word & _LOW, word >> 32 & _LOW, 1
            other = drawn & bits
            fits = other <= place
            other = where(fits, other, place)
            a, b = _read(orders, at + place), _read(orders, at + other)
            store(orders, at + place, b)
            store(orders, at + other, a)
            place -= where(fits, 1, 0)
        at += samples
    store(state, _HAS_HALF, has_half)
    store(state, _HALF, half)
