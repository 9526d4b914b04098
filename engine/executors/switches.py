"""The table of operations, and the optimizers, as branches of compiled code.

Compiled code has no table of functions to look into. So a switch is written out as text, one branch a row, each with a
loop over lanes around the row's rule, and compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

from mgrad.engine import optimizers
from mgrad.engine.executors.access import load, load_lanes, store, store_lanes
from mgrad.engine.executors.compiling import compiled_text
from mgrad.engine.executors.lanes import LANES
from mgrad.engine.executors.packing import ACTIVATIONS
from mgrad.engine.executors.primitives import PRIMITIVES
from mgrad.engine.operations import OPERATIONS, bind
from mgrad.engine.optimizers import OPTIMIZERS, Optimizer
from mgrad.engine.tape import ADD, CODES, STORE

_RULES = bind(PRIMITIVES)


def _switch(parameters: Sequence[str], branches: Mapping[int, Sequence[str]], names: Mapping[str, object]):
    """A compiled function `(op, *parameters)` that runs the lines of the operation asked for."""
    lines = [f"def switch(op, {', '.join(parameters)}):"]
    for code, body in branches.items():
        lines.append(f"    {'if' if len(lines) == 1 else 'elif'} op == {code}:")
        lines += [f"        {line}" for line in body]
    return compiled_text("\n".join(lines), names)


_ACCESS = {"load": load, "store": store, "load_lanes": load_lanes, "store_lanes": store_lanes}


def _rule_names() -> Mapping[str, object]:
    return _ACCESS | {f"rule{CODES[name]}": rules.forward for name, rules in _RULES.items()}


def _lanes_forward_switch():
    """An operation on a row of lanes."""
    branches = {}
    for name, row in OPERATIONS.items():
        operands = ", ".join(f"load_lanes(memory, {operand} + k)" for operand in "ab"[: row.arity])
        branches[CODES[name]] = (
            f"for k in range(0, lanes, {LANES}):",
            f"    store_lanes(memory, out + k, rule{CODES[name]}({operands}))",
        )
    return _switch(("memory", "out", "a", "b", "lanes"), branches, _rule_names())


# A pair of slots in one number, as `packing` makes it.
_UNPACKED = ("a = pair & 0xFFFFFFFF", "b = pair >> 32")


def _run_forward_switch():
    """An operation on single numbers, whose slots stand in pairs in the program."""
    branches = {}
    for name, row in OPERATIONS.items():
        operands = ", ".join(f"load(memory, {operand})" for operand in "ab"[: row.arity])
        branches[CODES[name]] = (
            "for k in range(count):",
            "    pair = load(program, at + k)",
            *(f"    {line}" for line in _UNPACKED[: row.arity]),
            f"    store(memory, out + k, rule{CODES[name]}({operands}))",
        )
    return _switch(("program", "at", "count", "memory", "out"), branches, _rule_names())


def _partials(read: str, code: int, arity: int, places: tuple[str, ...]) -> list[str]:
    numbers = ", ".join(f"{read}(memory, {at})" for at in places[: arity + 1])
    return [f"partial{code}_{operand}({numbers})" for operand in range(arity)]


def _partial_names() -> Mapping[str, object]:
    return _ACCESS | {
        f"partial{CODES[name]}_{operand}": partial
        for name, rules in _RULES.items()
        for operand, partial in enumerate(rules.partials)
    }


def _lanes_back_switch():
    """Hands the gradient of a row to its operands, each as its mode says."""
    branches = {}
    for name, row in OPERATIONS.items():
        lines = []
        for operand, partial in zip(
            "ab", _partials("load_lanes", CODES[name], row.arity, ("out + k", "a + k", "b + k")), strict=False
        ):
            target, part = f"{operand}_slope + k", f"load_lanes(memory, slope + k) * {partial}"
            lines += [
                f"if to_{operand} == {STORE}:",
                f"    for k in range(0, lanes, {LANES}):",
                f"        store_lanes(memory, {target}, {part})",
                f"elif to_{operand} == {ADD}:",
                f"    for k in range(0, lanes, {LANES}):",
                f"        store_lanes(memory, {target}, load_lanes(memory, {target}) + {part})",
            ]
        branches[CODES[name]] = lines
    parameters = ("memory", "out", "a", "b", "slope", "a_slope", "b_slope", "to_a", "to_b", "lanes")
    return _switch(parameters, branches, _partial_names())


def _run_back_switch():
    """Adds the gradients of single numbers to those of their operands."""
    branches = {}
    for name, row in OPERATIONS.items():
        lines = [
            "for k in range(count):",
            "    pair = load(program, at + k)",
            *(f"    {line}" for line in _UNPACKED[: row.arity]),
            "    slope = load(memory, gradients + out + k)",
        ]
        partials = _partials("load", CODES[name], row.arity, ("out + k", "a", "b"))
        for operand, partial in zip("ab", partials, strict=False):
            target = f"gradients + {operand}"
            lines.append(f"    store(memory, {target}, load(memory, {target}) + slope * {partial})")
        branches[CODES[name]] = lines
    return _switch(("program", "at", "count", "memory", "out", "gradients"), branches, _partial_names())


block_forward, block_back = _lanes_forward_switch(), _lanes_back_switch()
run_forward, run_back = _run_forward_switch(), _run_back_switch()


def _slope_by_answer(name: str):
    """The derivative of an activation, given its answer alone."""
    partial = _RULES[name].partials[0]
    return lambda answer: partial(answer, answer)


# How a layer's product ends, see `microkernels.product_tile`. Activations that take a polynomial are done afterwards,
# in place: their code would be repeated for every sum of every tile.
finish = {CODES["relu"] + 1: _RULES["relu"].forward}
finish_back = {CODES[name] + 1: _slope_by_answer(name) for name in ACTIVATIONS}


def _slope_back_switch():
    """Multiplies a row of gradients by the derivative of an activation, given its answers."""
    names: dict[str, object] = {**_ACCESS, **{f"slope{code}": rule for code, rule in finish_back.items()}}
    branches = {
        code - 1: (
            f"for k in range(slope, slope + lanes, {LANES}):",
            f"    store_lanes(memory, k, load_lanes(memory, k) * slope{code}(load_lanes(memory, answers + k)))",
        )
        for code in finish_back
    }
    return _switch(("memory", "slope", "answers", "lanes"), branches, names)


slope_back = _slope_back_switch()

_NAMES = PRIMITIVES | {name: getattr(optimizers, name) for name in vars(optimizers) if name.isupper()}
_NAMES |= {each: _RULES[each].forward for each in ("minimum", "maximum")}


def _compiled_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `optimizers` over the primitives of compiled code."""
    return FunctionType(rule.__code__, _NAMES)


settled, shrunk = _compiled_rule(optimizers.settled), _compiled_rule(optimizers.shrink)
_NAMES |= {"settled": settled, "squared": _compiled_rule(optimizers.squared)}


def moved(optimizer: Optimizer, w: Any, g: Any, m: Any, rate: Any) -> tuple[Any, Any]:
    """Where a rule of LONE_OPTIMIZERS moves a parameter, and what it remembers as m."""
    w, m, _ = _compiled_rule(optimizer.update)(w, g, m, 0.0, rate, 0.0, 0.0)
    return w, m


LONE_OPTIMIZERS = {code: row for code, row in enumerate(OPTIMIZERS.values()) if "v" not in row.remembers}
"""Those that remember m at most: here it pays to move parameters where their gradients are made, others take longer."""


def by_optimizer(make: Callable[[Optimizer], Callable[..., Any]], *parameters: str):
    """A compiled function `(which, *parameters)`: what is made for each of LONE_OPTIMIZERS, by its code."""
    names = {f"made{code}": make(row) for code, row in LONE_OPTIMIZERS.items()}
    return _switch(parameters, {code: (f"made{code}({', '.join(parameters)})",) for code in LONE_OPTIMIZERS}, names)


def _update_switch():
    """One step of an optimizer over all parameters: whole registers first, then what is left."""
    names: dict[str, object] = dict(_ACCESS)
    branches = {}
    for code, row in enumerate(OPTIMIZERS.values()):
        names[f"rule{code}"] = _compiled_rule(row.update)
        # Where little is done to each, some are done at a time.
        lines, most = ["k = 0"], 1 if "v" in row.remembers else 4
        wide = "load_lanes", "store_lanes", LANES
        for read, write, step, turns in ((*wide, most), *[(*wide, 1)] * (most > 1), ("load", "store", 1, 1)):
            old_m, old_v = (f"{read}({each}, k)" if each in row.remembers else f"w{step}" for each in "mv")
            turn = [
                f"    w{step}, g{step} = {read}(memory, k), {read}(memory, gradients + k)",
                f"    w{step}, m{step}, v{step} = rule{code}(w{step}, g{step}, {old_m}, {old_v}, rate, p, q)",
                f"    {write}(memory, k, w{step})",
                *(f"    {write}({each}, k, {each}{step})" for each in row.remembers),
                f"    k += {step}",
            ]
            lines += [f"while k + {turns * step} <= count:", *turn * turns]
        branches[code] = lines
    return _switch(("memory", "gradients", "count", "m", "v", "rate", "p", "q"), branches, names)


update = _update_switch()
