"""Each operation on each executor, over a grid of numbers: the answers and slopes of the table, in class and digits.

The grid has what arithmetic trips over: both zeros, the smallest number, the largest, both infinities and nan.
"""

import itertools
import math
from math import inf, nan

import numpy as np
import pytest

from mgrad.engine import Binary, Unary, Value
from mgrad.engine.executors import available, make_executor
from mgrad.engine.lowering import lower
from mgrad.engine.operations import OPERATIONS, Operation

on_every_executor = pytest.mark.parametrize("executor", available())

TINY, HUGE = 5e-324, 1.7976931348623157e308
GRID = [
    0.0, TINY, 1e-310, 2.3e-308, 1e-9, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 20.0, 36.7, 700.0, 709.9, 745.2, 1e5, 1e300, HUGE,
    inf,
]  # fmt: skip
GRID = [*GRID, *(-number for number in GRID), nan]


def same(found: float, expected: float, ulps: float) -> bool:
    """The same class of number (nan, inf, zero, each with its sign), and near."""
    if not math.isfinite(expected) or not math.isfinite(found):
        return repr(found) == repr(expected)
    if math.copysign(1.0, found) != math.copysign(1.0, expected):
        return False
    return abs(found - expected) <= ulps * max(math.ulp(found), math.ulp(expected))


def near(row: Operation, found: float, expected: float, share: float = 1.0) -> bool:
    """The same for a derivative; 1 - y² and y(1 - y) cancel, so an answer that is off by an ulp shifts them by that."""
    cancels = row.name in ("tanh", "sigmoid") and abs(found - expected) <= 1e-15 * share
    return same(found, expected, 4) or cancels


def build(row: Operation, *operands: Value | float) -> Value:
    return Unary(row, operands[0]) if row.arity == 1 else Binary(row, *operands)  # pyright: ignore[reportArgumentType]


ROWS = [pytest.param(row, id=name) for name, row in OPERATIONS.items()]


@on_every_executor
@pytest.mark.parametrize("row", ROWS)
def test_an_operation_over_columns(row: Operation, executor: str) -> None:
    points = list(itertools.product(GRID, repeat=row.arity))
    labels = ["x1", "x2"][: row.arity]
    program = build(row, *(Value(1.0, label) for label in labels)).compile(labels, executor=executor)

    program.recalculate({label: [point[k] for point in points] for k, label in enumerate(labels)})
    program.backward()

    found = program.values(program.root.label)
    wrong = [
        (point, number, row.forward(*point))
        for point, number in zip(points, found.tolist(), strict=True)
        if not same(number, row.forward(*point), 4)
    ]
    assert wrong == []


@on_every_executor
@pytest.mark.parametrize("row", ROWS)
def test_the_gradients_of_an_operation_lane_by_lane(row: Operation, executor: str) -> None:
    points = list(itertools.product(GRID, repeat=row.arity))
    leaves = [Value(1.0, label) for label in ("x1", "x2")[: row.arity]]
    tape = lower(build(row, *leaves), leaves, every_gradient=True)
    columns = np.ascontiguousarray(np.array(points).T)
    made = make_executor(tape, executor)

    made.run(columns)

    found = [made.slopes(tape.place[id(leaf)]).tolist() for leaf in leaves]
    share = 1.0 / len(points)
    wrong = []
    for k, point in enumerate(points):
        y = row.forward(*point)
        for which, partial in enumerate(row.partials):
            expected = share * partial(y, *point)
            if not near(row, found[which][k], expected, share):
                wrong.append((point, which, found[which][k], expected))
    assert wrong == []


@on_every_executor
@pytest.mark.parametrize("row", ROWS)
def test_an_operation_on_single_numbers(row: Operation, executor: str) -> None:
    leaves = [Value(1.0, label) for label in ("w1", "w2")[: row.arity]]
    program = build(row, *leaves).compile(executor=executor)
    entries = [program[leaf.label] for leaf in leaves]
    wrong = []
    for point in itertools.product(GRID, repeat=row.arity):
        for entry, number in zip(entries, point, strict=True):
            entry.data = number
        program.backward()
        y = row.forward(*point)
        slopes = [(entry.grad, partial(y, *point) + 0.0) for entry, partial in zip(entries, row.partials, strict=True)]
        if not same(program.data, y, 4) or not all(near(row, *slope) for slope in slopes):
            wrong.append((point, program.data, y, slopes))

    assert wrong == []


@on_every_executor
@pytest.mark.parametrize("number", [0.0, -0.0, inf, -inf, nan, 3.0])
def test_a_lone_product_keeps_the_sign_of_zero(executor: str, number: float) -> None:
    x = Value(number, "x")
    loss = 1.0 / (x * 2.0)

    assert repr(loss.compile(["x"], executor=executor).data) == repr(loss.data)


@on_every_executor
@pytest.mark.parametrize("lanes", [1, 2, 7, 9, 130])
def test_an_infinite_gradient_is_no_nan(executor: str, lanes: int) -> None:
    w, x = Value(0.0, "w"), Value(1.0, "x")
    program = (w * x).sqrt().compile(["x"], executor=executor)

    program.recalculate({"x": np.linspace(1.0, 2.0, lanes)})
    program.backward()

    assert program["w"].grad == inf


@on_every_executor
def test_zero_weights_do_not_hide_nan_or_inf(executor: str) -> None:
    x, y = Value(1.0, "x"), Value(1.0, "y")
    root = Value(0.5, "b") + Value(0.0, "v") * x + Value(0.0, "w") * y
    program = root.compile(["x", "y"], executor=executor)

    program.recalculate({"x": [nan, 1.0, inf, 2.0], "y": [1.0, 1.0, 1.0, -inf]})

    assert [repr(number) for number in program.values(root.label).tolist()] == ["nan", "0.5", "nan", "nan"]
