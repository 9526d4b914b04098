"""The table of operations: every row is whole, right, and as IEEE 754 wants it; so a new row is tested by being there.

The reference for the slopes is central differences of the row's own forward rule, far from kinks; the reference for
single numbers is numpy, whose arithmetic is the processor's and the C library's.
"""

import itertools
import math
from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mgrad.engine import Value, scalar
from mgrad.engine.operations import OPERATIONS, Operation, bind

ROWS = [pytest.param(row, id=name) for name, row in OPERATIONS.items()]
TINY, HUGE = 5e-324, 1.7976931348623157e308
GRID = [
    0.0, TINY, 2.2e-308, 1e-20, 1e-8, 0.1, 0.5, 0.9999999999999999, 1.0, 1.0000000000000002, 2.0, 3.0, 10.5, 36.7,
    300.0, 709.0, 745.0, 1e5, 1e150, 1e300, HUGE, inf,
]  # fmt: skip
GRID = [*GRID, *(-number for number in GRID), nan]


def node(row: Operation, *operands: Value) -> Value:
    """The operation as a person writes it."""
    name = {"neg": "__neg__", "add": "__add__", "sub": "__sub__", "mul": "__mul__", "div": "__truediv__"}.get(row.name)
    return getattr(operands[0], name or row.name)(*operands[1:])


def close(found: float, expected: float, ulps: int = 4) -> bool:
    """The same class of number (nan, inf, zero, each with its sign), and near."""
    if math.isnan(expected) or math.isinf(expected) or expected == 0.0 or found == 0.0:
        near_zero = max(abs(found), abs(expected)) <= ulps * TINY
        return repr(found) == repr(expected) or (near_zero and math.copysign(1, found) == math.copysign(1, expected))
    return abs(found - expected) <= ulps * max(math.ulp(found), math.ulp(expected))


class TestTheTable:
    @pytest.mark.parametrize("row", ROWS)
    def test_a_row_is_whole(self, row: Operation) -> None:
        operands = dict(zip("ab", ("left", "right")[: row.arity], strict=False))

        assert row.arity in (1, 2)
        assert len(row.partials) == len(row.slopes) == row.arity
        assert all(name in row.formula.format(**operands) for name in operands.values())
        assert row.symbol
        assert all(slope.format(**operands, y="answer") for slope in row.slopes)

    @pytest.mark.parametrize("row", ROWS)
    def test_a_row_can_be_written_as_an_operation_on_values(self, row: Operation) -> None:
        operands = [Value(0.3, "p"), Value(0.7, "q")][: row.arity]

        made = node(row, *operands)

        assert made.operation is row
        assert made.data == row.forward(*(operand.data for operand in operands))

    def test_infix_symbols_stand_between_their_operands(self) -> None:
        infix = {name: row.formula for name, row in OPERATIONS.items() if row.infix}

        assert infix == {
            "add": "{a} + {b}", "sub": "{a} − {b}", "mul": "{a} × {b}", "div": "{a} ÷ {b}", "pow": "{a} ** {b}"
        }  # fmt: skip

    def test_binding_the_table_to_its_own_primitives_changes_nothing(self) -> None:
        bound = bind(scalar.PRIMITIVES)

        for name, row in OPERATIONS.items():
            at = (0.3, 0.7)[: row.arity]
            y = row.forward(*at)
            assert bound[name].forward(*at) == y
            assert [rule(y, *at) for rule in bound[name].partials] == [rule(y, *at) for rule in row.partials]

    def test_binding_wraps_every_rule(self) -> None:
        wrapped = []

        bind(scalar.PRIMITIVES, lambda rule: wrapped.append(rule) or rule)

        assert len(wrapped) > sum(1 + row.arity for row in OPERATIONS.values())


# ---------------------------------------------------------------- slopes

# Where an operation is smooth and defined; all others take any numbers.
DOMAIN: dict[str, Callable[..., bool]] = {
    "log": lambda a: a > 0.05,
    "sqrt": lambda a: a > 0.05,
    "relu": lambda a: abs(a) > 0.01,
    "abs": lambda a: abs(a) > 0.01,
    "div": lambda a, b: abs(b) > 0.05,
    "pow": lambda a, b: a > 0.05,
    "maximum": lambda a, b: abs(a - b) > 0.01,
    "minimum": lambda a, b: abs(a - b) > 0.01,
}
moderate = st.floats(-4, 4)


@pytest.mark.parametrize("row", ROWS)
@given(moderate, moderate)
def test_partials_are_the_slopes_of_the_forward_rule(row: Operation, a: float, b: float) -> None:
    at = (a, b)[: row.arity]
    assume(DOMAIN.get(row.name, lambda *_: True)(*at))
    y = row.forward(*at)

    for which, partial in enumerate(row.partials):
        h = 1e-5
        up, down = (
            row.forward(*(number + by * (k == which) for k, number in enumerate(at))) for by in (h, -h)
        )  # fmt: skip
        numeric = (up - down) / (2 * h)
        assert partial(y, *at) == pytest.approx(numeric, rel=1e-6, abs=1e-6 * max(1.0, abs(y)))


@pytest.mark.parametrize("row", ROWS)
@given(moderate, moderate)
def test_the_gradient_from_above_is_passed_on(row: Operation, a: float, b: float) -> None:
    leaves = [Value(a), Value(b)][: row.arity]
    made = node(row, *leaves)
    expected = [partial(made.data, *(leaf.data for leaf in leaves)) for partial in row.partials]
    assume(all(map(math.isfinite, expected)))

    (3.0 * made).backward()

    assert [leaf.grad for leaf in leaves] == [3.0 * slope for slope in expected]


# ---------------------------------------------------------------- conventions

# name, operands, value, gradients (None: not looked at)
CONVENTIONS: list[tuple[str, tuple[float, ...], float, tuple[float | None, ...]]] = [
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("relu", (nan,), nan, (0.0,)),
    ("relu", (inf,), inf, (1.0,)),
    ("relu", (-inf,), 0.0, (0.0,)),
    ("relu", (TINY,), TINY, (1.0,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("abs", (-0.0,), 0.0, (0.0,)),
    ("abs", (-inf,), inf, (-1.0,)),
    ("abs", (nan,), nan, (None,)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum", (0.0, -0.0), 0.0, (0.5, 0.5)),
    ("maximum", (inf, inf), inf, (0.5, 0.5)),
    ("maximum", (3.0, 2.0), 3.0, (1.0, 0.0)),
    ("maximum", (nan, 2.0), nan, (None, None)),
    ("maximum", (2.0, nan), nan, (None, None)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", (3.0, 2.0), 2.0, (0.0, 1.0)),
    ("minimum", (-inf, 2.0), -inf, (1.0, 0.0)),
    ("minimum", (nan, -inf), nan, (None, None)),
    ("minimum", (2.0, nan), nan, (None, None)),
    ("div", (1.0, 0.0), inf, (inf, -inf)),
    ("div", (1.0, -0.0), -inf, (-inf, -inf)),
    ("div", (-1.0, 0.0), -inf, (inf, inf)),
    ("div", (0.0, 0.0), nan, (inf, nan)),
    ("div", (inf, inf), nan, (0.0, nan)),
    ("div", (1e300, 1e-300), inf, (None, None)),
    ("pow", (-2.0, 0.5), nan, (nan, nan)),
    ("pow", (-2.0, 3.0), -8.0, (12.0, nan)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("pow", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("pow", (0.0, -1.0), inf, (-inf, -inf)),
    ("pow", (-0.0, -1.0), -inf, (-inf, None)),
    ("pow", (0.0, 0.5), 0.0, (inf, 0.0)),
    ("pow", (1e200, 2.0), inf, (None, None)),
    ("pow", (-1e200, 3.0), -inf, (None, None)),
    ("pow", (nan, 0.0), 1.0, (0.0, None)),
    ("exp", (1000.0,), inf, (inf,)),
    ("exp", (-1000.0,), 0.0, (0.0,)),
    ("log", (0.0,), -inf, (inf,)),
    ("log", (-0.0,), -inf, (-inf,)),
    ("log", (-1.0,), nan, (-1.0,)),
    ("sqrt", (0.0,), 0.0, (inf,)),
    ("sqrt", (-1.0,), nan, (nan,)),
    ("sin", (inf,), nan, (nan,)),
    ("cos", (-inf,), nan, (nan,)),
    ("tanh", (-inf,), -1.0, (0.0,)),
    ("tanh", (-0.0,), -0.0, (1.0,)),
    ("sigmoid", (-inf,), 0.0, (0.0,)),
    ("sigmoid", (inf,), 1.0, (0.0,)),
    ("sigmoid", (-745.0,), 5e-324, (5e-324,)),
    ("softplus", (inf,), inf, (1.0,)),
    ("softplus", (-inf,), 0.0, (0.0,)),
    ("softplus", (1000.0,), 1000.0, (1.0,)),
    ("softplus", (nan,), nan, (nan,)),
    ("add", (HUGE, HUGE), inf, (1.0, 1.0)),
    ("sub", (inf, inf), nan, (1.0, -1.0)),
    ("mul", (0.0, inf), nan, (inf, 0.0)),
    ("mul", (0.0, -3.0), -0.0, (-3.0, 0.0)),
    ("neg", (0.0,), -0.0, (-1.0,)),
]


@pytest.mark.parametrize(("name", "at", "value", "gradients"), CONVENTIONS)
def test_conventions(name: str, at: tuple[float, ...], value: float, gradients: tuple[float | None, ...]) -> None:
    leaves = [Value(number) for number in at]

    made = node(OPERATIONS[name], *leaves)
    made.backward()

    assert repr(made.data) == repr(value)
    for leaf, expected in zip(leaves, gradients, strict=True):
        # adding to 0 loses the sign of -0.0, as it does in every executor
        assert expected is None or repr(leaf.grad) == repr(0.0 + expected)


@pytest.mark.parametrize("row", ROWS)
def test_nan_passes_through(row: Operation) -> None:
    for place in range(row.arity):
        at = [nan if k == place else 2.0 for k in range(row.arity)]

        assert math.isnan(row.forward(*at))


@pytest.mark.parametrize("row", ROWS)
def test_nothing_raises_and_everything_is_a_float(row: Operation) -> None:
    for at in itertools.product(GRID, repeat=row.arity):
        y = row.forward(*at)
        assert type(y) is float
        assert all(type(partial(y, *at)) is float for partial in row.partials)


# ---------------------------------------------------------------- primitives

NUMPY: dict[str, np.ufunc] = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "absolute": np.absolute, "divide": np.divide, "power": np.float_power,
}  # fmt: skip


def test_every_primitive_is_compared() -> None:
    assert set(scalar.PRIMITIVES) == {*NUMPY, "where"}


@pytest.mark.parametrize("name", NUMPY)
def test_primitives_are_those_of_the_processor(name: str) -> None:
    wrong = []
    for at in itertools.product(GRID, repeat=NUMPY[name].nin):
        with np.errstate(all="ignore"):
            expected = float(NUMPY[name](*map(np.float64, at)))
        found = getattr(scalar, name)(*at)
        if not close(found, expected):
            wrong.append((at, found, expected))

    assert wrong == []


@pytest.mark.parametrize("name", NUMPY)
@given(st.floats(), st.floats())
def test_primitives_agree_with_the_processor_anywhere(name: str, a: float, b: float) -> None:
    at = (a, b)[: NUMPY[name].nin]
    with np.errstate(all="ignore"):
        expected = float(NUMPY[name](*map(np.float64, at)))

    assert close(getattr(scalar, name)(*at), expected)


def test_where_takes_one_of_both() -> None:
    assert (scalar.where(True, 1.0, 2.0), scalar.where(False, 1.0, 2.0)) == (1.0, 2.0)
