"""The table of operations: the only place where their mathematics is written.

A row holds an operation's forward rule, its local derivatives (given the answer `y` and the operands) and how both are
printed. The rules are ordinary Python functions over a few primitives (`exp`, `where`, ...), whose names an executor
binds to its own versions with `bind`: floats for the interpreter, arrays for numpy, machine code. So all of
them read this one table, and to add an operation is to add a row here (and a method on `Value`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, cast

from mgrad.engine.scalar import absolute, cos, divide, exp, log, log1p, power, sin, sqrt, tanh, where

# Rules work on whatever the primitives work on: floats, arrays, lanes of a processor.
Rule = Callable[..., Any]


@dataclass(frozen=True, eq=False)  # a row is the same object everywhere: looking one up hashes no texts
class Operation:
    """One row: what an operation computes and how its gradient passes through.

    `forward(a)` or `forward(a, b)` gives the answer; `partials[i](y, a[, b])` the derivative of the answer by operand
    i. `formula` and `slopes` print both, with `{a}`, `{b}` for the operands and `{y}` for the answer; `symbol` is the
    short form. `kinked` says that a derivative jumps somewhere, `infix` that the symbol stands between its operands.
    """

    name: str
    arity: int
    symbol: str
    forward: Rule
    partials: tuple[Rule, ...]
    formula: str
    slopes: tuple[str, ...]
    infix: bool = False
    kinked: bool = False

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _row, (self.name,)  # a row is the same object in every copy of a graph


def _row(name: str) -> Operation:
    return OPERATIONS[name]


def relu(a: Any) -> Any:
    return where(a <= 0.0, 0.0, a)  # this way round nan, which compares as false, passes through


def sigmoid(a: Any) -> Any:
    # exp of minus the size never overflows, and keeps the tail on the left exact.
    e = exp(-absolute(a))
    return where(a >= 0.0, 1.0, e) / (1.0 + e)


def softplus(a: Any) -> Any:
    return relu(a) + log1p(exp(-absolute(a)))


def sign(a: Any) -> Any:
    return where(a > 0.0, 1.0, where(a < 0.0, -1.0, 0.0))


def larger(a: Any, b: Any) -> Any:
    return where(a >= b, a, where(a < b, b, a + b))  # the sum is nan when either is


def smaller(a: Any, b: Any) -> Any:
    return where(a <= b, a, where(a > b, b, a + b))


def share(first: Any, tie: Any) -> Any:
    """Who gets the gradient of max and min: all to the chosen operand, half to each on a tie."""
    return where(first, 1.0, where(tie, 0.5, 0.0))


def _unary(
    name: str, forward: Rule, partial: Rule, slope: str, formula: str = "", symbol: str = "", kinked: bool = False
) -> Operation:
    return Operation(name, 1, symbol or name, forward, (partial,), formula or f"{name}({{a}})", (slope,), kinked=kinked)


def _binary(
    name: str,
    symbol: str,
    forward: Rule,
    partials: tuple[Rule, Rule],
    slopes: tuple[str, str],
    *,
    infix: bool = True,
    kinked: bool = False,
) -> Operation:
    formula = f"{{a}} {symbol} {{b}}" if infix else f"{symbol}({{a}}, {{b}})"
    return Operation(name, 2, symbol, forward, partials, formula, slopes, infix, kinked)


_ROWS = (
    _binary("add", "+", lambda a, b: a + b, (lambda y, a, b: 1.0, lambda y, a, b: 1.0), ("1", "1")),
    _binary("sub", "−", lambda a, b: a - b, (lambda y, a, b: 1.0, lambda y, a, b: -1.0), ("1", "−1")),
    _binary("mul", "×", lambda a, b: a * b, (lambda y, a, b: b, lambda y, a, b: a), ("{b}", "{a}")),
    _binary(
        "div",
        "÷",
        lambda a, b: divide(a, b),
        (lambda y, a, b: divide(1.0, b), lambda y, a, b: divide(-y, b)),
        ("1 ÷ {b}", "−{y} ÷ {b}"),
    ),
    _binary(
        "pow",
        "**",
        lambda a, b: power(a, b),
        (
            lambda y, a, b: where(b == 0.0, 0.0, b * power(a, b - 1.0)),
            lambda y, a, b: where((a == 0.0) & (b >= 0.0), 0.0, y * log(a)),
        ),
        ("{b} × {a} ** ({b} − 1)", "{y} × log({a})"),
    ),
    _unary("neg", lambda a: -a, lambda y, a: -1.0, "−1", "−{a}", "−"),
    _unary("exp", lambda a: exp(a), lambda y, a: y, "{y}"),
    _unary("log", lambda a: log(a), lambda y, a: divide(1.0, a), "1 ÷ {a}"),
    _unary("tanh", lambda a: tanh(a), lambda y, a: 1.0 - y * y, "1 − {y}²"),
    _unary("relu", lambda a: relu(a), lambda y, a: where(a > 0.0, 1.0, 0.0), "1 if {a} > 0, else 0", kinked=True),
    _unary("sigmoid", lambda a: sigmoid(a), lambda y, a: y * (1.0 - y), "{y} × (1 − {y})"),
    _unary("sqrt", lambda a: sqrt(a), lambda y, a: divide(0.5, y), "1 ÷ (2 × {y})"),
    _unary("sin", lambda a: sin(a), lambda y, a: cos(a), "cos({a})"),
    _unary("cos", lambda a: cos(a), lambda y, a: -sin(a), "−sin({a})"),
    _unary("abs", lambda a: absolute(a), lambda y, a: sign(a), "sign of {a}", "|{a}|", kinked=True),
    _unary("softplus", lambda a: softplus(a), lambda y, a: sigmoid(a), "sigmoid({a})"),
    _binary(
        "maximum",
        "max",
        lambda a, b: larger(a, b),
        (lambda y, a, b: share(a > b, a == b), lambda y, a, b: share(b > a, a == b)),
        ("1 if {a} > {b}, ½ if equal, else 0", "1 if {b} > {a}, ½ if equal, else 0"),
        infix=False,
        kinked=True,
    ),
    _binary(
        "minimum",
        "min",
        lambda a, b: smaller(a, b),
        (lambda y, a, b: share(a < b, a == b), lambda y, a, b: share(b < a, a == b)),
        ("1 if {a} < {b}, ½ if equal, else 0", "1 if {b} < {a}, ½ if equal, else 0"),
        infix=False,
        kinked=True,
    ),
)

OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}

# Rules that are made of primitives and of each other, in an order in which each needs only those before it.
_COMPOSED = (relu, sigmoid, softplus, sign, larger, smaller, share)


@dataclass(frozen=True)
class Rules:
    """An operation's rules over one executor's primitives."""

    forward: Rule
    partials: tuple[Rule, ...]


def bind(primitives: Mapping[str, Rule], wrap: Callable[[Rule], Rule] = lambda rule: rule) -> dict[str, Rules]:
    """The whole table over other primitives, by operation name.

    `primitives` must hold what `mgrad.engine.scalar.PRIMITIVES` holds; `wrap` is applied to every rule (a compiler,
    say).

    >>> import cmath
    >>> from mgrad.engine.scalar import PRIMITIVES
    >>> rules = bind(PRIMITIVES | {"exp": cmath.exp})
    >>> rules["exp"].forward(1j * cmath.pi).real
    -1.0
    """
    names: dict[str, Any] = dict(primitives)

    def bound(rule: Rule) -> Rule:
        function = cast(FunctionType, rule)
        return wrap(FunctionType(function.__code__, names, function.__name__))

    for rule in _COMPOSED:
        names[cast(FunctionType, rule).__name__] = bound(rule)
    return {
        row.name: Rules(bound(row.forward), tuple(bound(partial) for partial in row.partials))
        for row in OPERATIONS.values()
    }
