"""The kernels: a tape run by machine code, without one Python object inside.

Numba compiles them once, with fixed types, for every network there will ever be: a tape is data to them. All numbers
lie in flat arrays and are read and written through unchecked offsets (`load`, `store`): an ordinary index would test
for negative ones, and that test keeps the compiler from making vector code. A row r of lanes starts at r * stride.

The table of operations comes in through `bind`; what stands here is only how to walk over lanes. No flag that would
let the compiler assume away nan or inf is set.
"""

# pyright: reportCallIssue=false, reportGeneralTypeIssues=false
# (An intrinsic is called without its first parameter, and its type is numba's own.)
from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType

import numpy as np
from numba import njit, types

from mgrad.engine.executors import kernel_cache
from mgrad.engine.executors.intrinsics import load, store
from mgrad.engine.executors.primitives import PRIMITIVES, compiled
from mgrad.engine.operations import OPERATIONS, bind
from mgrad.engine.optimizers import BETA1, BETA2, OPTIMIZERS, shrink
from mgrad.engine.tape import ADD, CODES, DOT, INPUT, NONE, SPREAD

_RULES = bind(PRIMITIVES, compiled)
_CACHED = kernel_cache.writable()
# Sums of products may be taken in another order and with fused multiply-add, which is what makes them fast.
_summing = njit(
    error_model="numpy", nogil=True, boundscheck=False, no_cpython_wrapper=True, no_cfunc_wrapper=True,
    fastmath={"reassoc", "contract", "nsz"},
)  # fmt: skip


_I1, _I2 = types.Array(types.int64, 1, "C", readonly=True), types.Array(types.int64, 2, "C", readonly=True)
_F1, _F2 = types.float64[::1], types.float64[:, ::1]
_TAPE = types.Tuple((_I2, _I2, _I1, _I1, _I1, _I1, _I1, _I1, types.int64))  # as NativeExecutor packs it
_ARENA = types.Tuple((_F1, _F1, _F1, _F1, types.int64))  # uniforms, gradients, values, slopes, stride


# ---------------------------------------------------------------------- one loop an operation
def _forward_loop(arity: int, forward):
    if arity == 1:

        @compiled
        def unary(values, out, a, b, lanes):
            for k in range(lanes):
                store(values, out + k, forward(load(values, a + k)))

        return unary

    @compiled
    def binary(values, out, a, b, lanes):
        for k in range(lanes):
            store(values, out + k, forward(load(values, a + k), load(values, b + k)))

    return binary


def _backward_loop(arity: int, partial):
    """Adds to, or stores at, `target` the gradient of one operand."""
    if arity == 1:

        @compiled
        def unary(values, slopes, out, a, b, target, adds, lanes):
            for k in range(lanes):
                part = load(slopes, out + k) * partial(load(values, out + k), load(values, a + k))
                store(slopes, target + k, load(slopes, target + k) + part if adds else part)

        return unary

    @compiled
    def binary(values, slopes, out, a, b, target, adds, lanes):
        for k in range(lanes):
            part = load(slopes, out + k) * partial(load(values, out + k), load(values, a + k), load(values, b + k))
            store(slopes, target + k, load(slopes, target + k) + part if adds else part)

    return binary


def _switch(parameters: str, loops: Mapping[int, object]):
    """A compiled function `(op, *parameters)` that calls the loop of the operation asked for.

    Written out as text, since compiled code has no table of functions to look into; a chain of closures would do the
    same, but takes the compiler a minute.
    """
    lines = [f"def switch(op, {parameters}):"]
    for code in loops:
        lines += [f"    {'if' if len(lines) == 1 else 'elif'} op == {code}:", f"        loop{code}({parameters})"]
    names: dict[str, object] = {f"loop{code}": loop for code, loop in loops.items()}
    exec(compile("\n".join(lines), __file__, "exec"), names)
    return compiled(names["switch"])


def _forward_switch():
    loops = {CODES[name]: _forward_loop(row.arity, _RULES[name].forward) for name, row in OPERATIONS.items()}
    return _switch("values, out, a, b, lanes", loops)


def _backward_switch(operand: int):
    loops = {
        CODES[name]: _backward_loop(row.arity, _RULES[name].partials[operand])
        for name, row in OPERATIONS.items()
        if operand < row.arity
    }
    return _switch("values, slopes, out, a, b, target, adds, lanes", loops)


_elementwise, _to_first, _to_second = _forward_switch(), _backward_switch(0), _backward_switch(1)


# ---------------------------------------------------------------------- chains of products
@_summing
def _dot(values, out, first, uniforms, weights, sources, start, count, stride, lanes, adds):
    """values[out] = first + Σ uniform * row, four products a pass; with `adds` it adds to what is there."""
    k, end = start, start + count
    if not adds:
        if count >= 4:
            w0, w1, w2, w3 = _four(uniforms, weights, k)
            a, b, c, d = _four_rows(sources, k, stride)
            for n in range(lanes):
                store(
                    values, out + n,
                    first + w0 * load(values, a + n) + w1 * load(values, b + n)
                    + w2 * load(values, c + n) + w3 * load(values, d + n),
                )  # fmt: skip
            k += 4
        else:
            for n in range(lanes):
                store(values, out + n, first)
    while end - k >= 4:
        w0, w1, w2, w3 = _four(uniforms, weights, k)
        a, b, c, d = _four_rows(sources, k, stride)
        for n in range(lanes):
            store(
                values, out + n,
                load(values, out + n) + (w0 * load(values, a + n) + w1 * load(values, b + n)
                + w2 * load(values, c + n) + w3 * load(values, d + n)),
            )  # fmt: skip
        k += 4
    while k < end:
        w = load(uniforms, load(weights, k))
        a = load(sources, k) * stride
        for n in range(lanes):
            store(values, out + n, load(values, out + n) + w * load(values, a + n))
        k += 1


@compiled
def _four(uniforms, weights, k):
    return (
        load(uniforms, load(weights, k)),
        load(uniforms, load(weights, k + 1)),
        load(uniforms, load(weights, k + 2)),
        load(uniforms, load(weights, k + 3)),
    )


@compiled
def _four_rows(sources, k, stride):
    return (
        load(sources, k) * stride,
        load(sources, k + 1) * stride,
        load(sources, k + 2) * stride,
        load(sources, k + 3) * stride,
    )


@_summing
def _row_sum(slopes, row, lanes):
    total = 0.0
    for n in range(lanes):
        total += load(slopes, row + n)
    return total


@_summing
def _weight_gradients(values, slopes, out, gradients, weights, sources, start, count, stride, lanes):
    """gradient of each weight of a chain += Σ over the lanes of slope * source, four weights a pass."""
    k, end = start, start + count
    while end - k >= 4:
        a, b, c, d = _four_rows(sources, k, stride)
        s0 = s1 = s2 = s3 = 0.0
        for n in range(lanes):
            slope = load(slopes, out + n)
            s0 += slope * load(values, a + n)
            s1 += slope * load(values, b + n)
            s2 += slope * load(values, c + n)
            s3 += slope * load(values, d + n)
        for j, s in enumerate((s0, s1, s2, s3)):
            slot = load(weights, k + j)
            store(gradients, slot, load(gradients, slot) + s)
        k += 4
    while k < end:
        a = load(sources, k) * stride
        s0 = 0.0
        for n in range(lanes):
            s0 += load(slopes, out + n) * load(values, a + n)
        slot = load(weights, k)
        store(gradients, slot, load(gradients, slot) + s0)
        k += 1


# ---------------------------------------------------------------------- a tape, once over its lanes
# (A literal passed to a compiled function would make numba compile it a second time, for the literal's own type:
# hence np.int64(1) and np.bool_(True).)
@compiled
def _uniform_forward(tape, arena):
    code, uniforms, one = tape[0], arena[0], np.int64(1)
    for k in range(code.shape[0]):
        _elementwise(code[k, 0], uniforms, code[k, 1], code[k, 2], code[k, 3], one)


@compiled
def _uniform_backward(tape, arena):
    code, uniforms, gradients, one, adds = tape[0], arena[0], arena[1], np.int64(1), np.bool_(True)
    for k in range(code.shape[0] - 1, -1, -1):
        op, out, a, b = code[k, 0], code[k, 1], code[k, 2], code[k, 3]
        _to_first(op, uniforms, gradients, out, a, b, a, adds, one)
        if b >= 0:
            _to_second(op, uniforms, gradients, out, a, b, b, adds, one)


@compiled
def _lanes_forward(tape, arena, lanes):
    _, code, weights, sources, _, _, _, _, _ = tape
    uniforms, _, values, _, stride = arena
    for k in range(code.shape[0]):
        op, out, a, b, c = code[k, 0], code[k, 1] * stride, code[k, 2], code[k, 3], code[k, 4]
        if op == DOT:
            first = load(uniforms, c) if c >= 0 else 0.0
            _dot(values, out, first, uniforms, weights, sources, a, b, stride, lanes, np.bool_(False))
        elif op == SPREAD:
            number = load(uniforms, a)
            for n in range(lanes):
                store(values, out + n, number)
        elif op != INPUT:
            _elementwise(op, values, out, a * stride, b * stride, lanes)


@compiled
def _lanes_backward(tape, arena, lanes):
    """Needs the gradient of the root's row in place."""
    _, code, weights, sources, pull_bounds, pull_weights, pull_rows, pull_mode, _ = tape
    uniforms, gradients, values, slopes, stride = arena
    for k in range(code.shape[0] - 1, -1, -1):
        op, row, a, b, c = code[k, 0], code[k, 1], code[k, 2], code[k, 3], code[k, 4]
        out, to_a, to_b = row * stride, code[k, 5], code[k, 6]
        mode = load(pull_mode, row)
        if mode != NONE:
            begin = load(pull_bounds, row)
            count = load(pull_bounds, row + 1) - begin
            _dot(slopes, out, 0.0, uniforms, pull_weights, pull_rows, begin, count, stride, lanes, mode == ADD)
        if op == DOT:
            if to_a != NONE:
                _weight_gradients(values, slopes, out, gradients, weights, sources, a, b, stride, lanes)
                if c >= 0:
                    store(gradients, c, load(gradients, c) + _row_sum(slopes, out, lanes))
        elif op == SPREAD:
            if to_a != NONE:
                store(gradients, a, load(gradients, a) + _row_sum(slopes, out, lanes))
        elif op != INPUT:
            if to_a != NONE:
                _to_first(op, values, slopes, out, a * stride, b * stride, a * stride, to_a == ADD, lanes)
            if to_b != NONE:
                _to_second(op, values, slopes, out, a * stride, b * stride, b * stride, to_b == ADD, lanes)


@compiled
def _gather(columns, order, start, lanes, padded, arena):
    """Brings samples into the input rows; lanes that only fill up a vector repeat the first sample."""
    values, stride = arena[2], arena[4]
    for row in range(columns.shape[0]):
        for n in range(lanes):
            store(values, row * stride + n, columns[row, order[start + n]])
        for n in range(lanes, padded):
            store(values, row * stride + n, columns[row, order[start]])


_LEARN = types.float64(_TAPE, _ARENA, _F2, _I1, types.int64, types.int64, types.int64, types.boolean)


@njit([_LEARN], cache=_CACHED, nogil=True, error_model="numpy")
def learn_from(tape, arena, columns, order, start, count, tile, backward):
    """Forward, and backward if asked, over one batch in tiles of lanes; returns the mean of the root over the batch.

    Values and slopes of the last tile stay in the arena.
    """
    uniforms, gradients, values, slopes, stride = arena
    root = tape[8]
    _uniform_forward(tape, arena)
    if backward:
        for n in range(gradients.shape[0]):
            gradients[n] = 0.0
    share = 1.0 / count
    total = 0.0
    if root >= 0:
        total = uniforms[root]
        if backward:
            gradients[root] = 1.0
    done = 0
    while done < count:
        lanes = min(tile, count - done)
        # Lanes that fill up a vector get the gradient 0, but 0 × inf is nan: so there are none in a single whole tile.
        padded = lanes if tile == count else (lanes + 7) // 8 * 8
        _gather(columns, order, start + done, lanes, padded, arena)
        _lanes_forward(tape, arena, padded)
        if root < 0:
            row = (-1 - root) * stride
            total += _row_sum(values, row, lanes) * share
            if backward:
                for n in range(padded):
                    store(slopes, row + n, share if n < lanes else 0.0)
                _lanes_backward(tape, arena, padded)
        done += lanes
    if backward:
        _uniform_backward(tape, arena)
    return total


# ---------------------------------------------------------------------- what is called from outside
@njit([types.void(_TAPE, _ARENA, _F2, _I1, _F2, types.int64)], cache=_CACHED, nogil=True, error_model="numpy")
def evaluate(tape, arena, columns, places, found, tile):
    """Forward only; writes the numbers of each place for each sample."""
    uniforms, _, values, _, stride = arena
    samples = found.shape[1]
    _uniform_forward(tape, arena)
    done = 0
    while done < samples:
        lanes = min(tile, samples - done)
        for row in range(columns.shape[0]):
            for n in range(lanes):
                store(values, row * stride + n, columns[row, done + n])
        _lanes_forward(tape, arena, lanes)
        for k in range(places.shape[0]):
            for n in range(lanes):
                place = places[k]
                found[k, done + n] = uniforms[place] if place >= 0 else load(values, (-1 - place) * stride + n)
        done += lanes


def _update_loop(update):
    rule = compiled(update)

    @compiled
    def loop(w, g, m, v, rate, p, q):
        for k in range(m.shape[0]):
            w[k], m[k], v[k] = rule(w[k], g[k], m[k], v[k], rate, p, q)

    return loop


_update = _switch("w, g, m, v, rate, p, q", dict(enumerate(_update_loop(row.update) for row in OPTIMIZERS.values())))
_shrink = compiled(FunctionType(shrink.__code__, {"minimum": np.minimum, "maximum": np.maximum}))
_TRAIN = types.int64(
    _TAPE, _ARENA, _F2, _I1, _I1, types.Array(types.float64, 1, "C", readonly=True), types.int64,
    types.int64, _F1, _F1, _F1, types.float64, types.float64, types.boolean[::1],
)  # fmt: skip


@njit([_TRAIN], cache=_CACHED, nogil=True, error_model="numpy")
def train(tape, arena, columns, order, bounds, rates, tile, which, m, v, powers, l1, l2, penalised):
    """Runs one step a rate; returns how many were done before a loss, parameter or gradient was not finite."""
    w, g = arena[0], arena[1]
    parameters = m.shape[0]
    for step in range(rates.shape[0]):
        count = bounds[step + 1] - bounds[step]
        check = learn_from(tape, arena, columns, order, bounds[step], count, tile, np.bool_(True))
        if l2 != 0.0:
            for k in range(parameters):
                if penalised[k]:
                    g[k] += l2 * w[k]
        for k in range(parameters):
            check += w[k] * 0.0 + g[k] * 0.0  # 0 for finite numbers, nan for any other
        if not np.isfinite(check):
            return step
        powers[0] *= BETA1
        powers[1] *= BETA2
        _update(which, w, g, m, v, rates[step], powers[0], powers[1])
        if l1 != 0.0:
            for k in range(parameters):
                if penalised[k]:
                    w[k] = _shrink(w[k], rates[step] * l1)
    return rates.shape[0]
