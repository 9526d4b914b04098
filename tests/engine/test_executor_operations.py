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
GRID = [0.0, TINY, 2.2e-308, 1e-9, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 20.0, 36.7, 700.0, 709.9, 745.2, 1e5, 1e300, HUGE, inf]
GRID = [*GRID, *(-number for number in GRID), nan]


def same(found: float, expected: float, ulps: float) -> bool:
    """The same class of number (nan, inf, zero, each with its sign), and near."""
    if not math.isfinite(expected) or not math.isfinite(found):
        return repr(found) == repr(expected)
    if math.copysign(1.0, found) != math.copysign(1.0, expected):
        return False
    return abs(found - expected) <= ulps * max(math.ulp(found), math.ulp(expected))


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
            # 1 - y² and y(1 - y) cancel: an answer that is off by an ulp shifts them by that much
            near = same(found[which][k], expected, 64) or abs(found[which][k] - expected) <= 1e-15 * share
            if math.isnan(expected) != math.isnan(found[which][k]) or not near:
                wrong.append((point, which, found[which][k], expected))
    assert wrong == []


@on_every_executor
@pytest.mark.parametrize("row", ROWS)
def test_an_operation_on_single_numbers(row: Operation, executor: str) -> None:
    wrong = []
    for point in itertools.product([0.0, -0.0, TINY, 0.5, -2.0, 3.0, 800.0, -inf, nan], repeat=row.arity):
        leaves = [Value(number) for number in point]
        root = build(row, *leaves)
        program = root.compile(executor=executor)
        root.backward()
        slopes = [(program[leaf.label].grad, leaf.grad) for leaf in leaves]
        if not same(program.data, root.data, 4) or not all(same(a + 0.0, b + 0.0, 64) for a, b in slopes):
            wrong.append((point, program.data, root.data, slopes))

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
