"""The small language of kernels: what compiles means the same as in Python, and what does not compile is refused."""

from collections.abc import Callable
from ctypes import addressof, c_int64
from itertools import product
from typing import Any

import pytest

from mgrad.engine.executors import available

if "native" not in available():
    pytest.skip("no llvmlite", allow_module_level=True)

from llvmlite import ir

from mgrad.engine.executors.access import load
from mgrad.engine.executors.compiling import Compiled, compiled_text, inlined
from mgrad.engine.executors.lanes import WHOLE
from mgrad.engine.executors.machine_code import compile_module, load_kernels

NUMBERS = (-3, -1, 0, 1, 2, 7)
NAMES = {"WIDE": True, "SIZE": 9}


def machine(function: Compiled, count: int = 2) -> Callable[..., int]:
    """A function of so many whole numbers, as machine code."""
    arguments = ", ".join(f"load(call, {k})" for k in range(count))
    execute = compiled_text(f"def execute(call) -> int:\n    return f({arguments})", {"f": function, "load": load})
    module = ir.Module("test")
    execute.function(module, [WHOLE.as_pointer()], "execute")
    kernels = load_kernels(compile_module(module))
    return lambda *numbers: kernels.execute(addressof((c_int64 * count)(*numbers)))


PROGRAMS = {
    "arithmetic": "def f(a, b) -> int:\n    return a * b - (a + 3) * -b",
    "a choice": """
def f(a, b) -> int:
    if a < b:
        return 1
    elif a == b:
        return 2
    return 3""",
    "a choice that falls through": """
def f(a, b) -> int:
    c = 5
    if a > 0:
        c = b
    return c""",
    "an expression with a choice": "def f(a, b) -> int:\n    return a if a >= b else b if b != 2 else -7",
    "and, or, not": "def f(a, b) -> int:\n    return 1 if (a > 0 and b > 0) or not (a < b or b <= 1) else 0",
    "in, not in": "def f(a, b) -> int:\n    return (3 if a in (1, 2, b) else 0) + (4 if b not in (0, 7) else 0)",
    "counting": """
def f(a, b) -> int:
    total = 0
    for k in range(a, 10):
        for n in range(b):
            total += k * n
    return total""",
    "counting down, and what is left of the counter": """
def f(a, b) -> int:
    total, k = 0, 100
    for k in range(a, b, -2):
        total = total * 3 + k
    return total + k""",
    "a bound that changes": """
def f(a, b) -> int:
    n = 0
    for _ in range(a):
        a = 0
        n += 1
    return n""",
    "while": """
def f(a, b) -> int:
    n = 0
    while a < b and n < 50:
        a, n = a + n, n + 1
    return n * 100 + a""",
    "names at once": "def f(a, b) -> int:\n    a, b = b, a\n    return a - 2 * b",
    "min and max": "def f(a, b) -> int:\n    return min(a, b) * 10 + max(a, b, )",
    "a return in a loop": """
def f(a, b) -> int:
    for k in range(9):
        if k * k > a + b:
            return k
    return -1""",
    "what Python knows": "def f(a, b) -> int:\n    return (6 if WIDE else a) + SIZE // 3 * b",
    "numbers below 0 halved downwards": "def f(a, b) -> int:\n    return (a // 2) * 100 + b // 8",
}  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_it_means_the_same_as_in_python(text: str) -> None:
    names: dict[str, Any] = dict(NAMES)
    exec(text, names)
    in_python, in_machine = names["f"], machine(compiled_text(text, NAMES))

    for pair in product(NUMBERS, repeat=2):
        assert in_machine(*pair) == in_python(*pair), pair


def test_a_function_may_call_others_written_out_or_not() -> None:
    offset = 10

    @inlined
    def twice(a) -> int:
        if a > 5:
            return -1
        return 2 * a + offset

    text = "def f(a, b) -> int:\n    return twice(a) + 100 * thrice(b) + thrice(a)"
    thrice = compiled_text("def thrice(a) -> int:\n    return 3 * a", {})

    assert machine(compiled_text(text, {"twice": twice, "thrice": thrice}))(4, 2) == 18 + 600 + 12
    assert machine(compiled_text(text, {"twice": twice, "thrice": thrice}))(6, 0) == -1 + 18


def test_a_function_is_compiled_for_every_kind_of_number_that_it_meets() -> None:
    text = "def f(a, b) -> int:\n    return 1 if half(a) == 1.5 and half(b / 2) == 0.5 else 0"
    half = compiled_text("def half(a) -> float:\n    return a / 2.0", {})

    assert machine(compiled_text(text, {"half": half}))(3, 2) == 1


REFUSED = {
    "with open(a): pass": r"Line 2 of a compiled function: with open\(a\):",
    "return [a, b]": r"Line 2 of a compiled function: \[a, b\]",
    "a.real = 3": "Compiled code cannot assign to a.real",
    "a[0] += 3": r"Compiled code cannot assign to a\[0\]",
    "for k in (a, b): pass": r"Compiled code counts in range\(...\) only, not in \(a, b\)",
    "return None": "None is no number that compiled code knows",
    "return 'text'": "'text' is no number that compiled code knows",
    "a = 1.5": "1.5 cannot become a whole number",
    "return f(a)": "takes 2 numbers, but was given 1",
}


@pytest.mark.parametrize(("line", "message"), REFUSED.items(), ids=REFUSED)
def test_what_it_cannot_say_is_refused(line: str, message: str) -> None:
    names: dict[str, Any] = {}
    names["f"] = compiled_text(f"def f(a, b) -> int:\n    {line}\n    return 0", names)

    with pytest.raises(TypeError, match=message):
        machine(names["f"])


def test_a_number_of_the_machine_does_not_decide_in_python() -> None:
    with pytest.raises(TypeError, match="known only when the code runs"):
        machine(compiled_text("def f(a, b) -> int:\n    return g(a)", {"g": lambda a: 1 if a > 0 else 2}))
