"""The Hessian along a direction, and Jacobians, against closed forms and against differences of gradients."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import Value, hessian_vector_product, jacobian
from mgrad.engine.errors import LabelError, ShapeError, UnknownLabel
from mgrad.engine.operations import OPERATIONS

NUMBERS = st.floats(-2.0, 2.0)


def rosenbrock(x: Value, y: Value) -> Value:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


@given(x=NUMBERS, y=NUMBERS, dx=NUMBERS, dy=NUMBERS)
def test_rosenbrocks_hessian_is_its_closed_form(x: float, y: float, dx: float, dy: float) -> None:
    found = hessian_vector_product(rosenbrock(Value(x, "x"), Value(y, "y")), {"x": dx, "y": dy})

    hessian = np.array([[1200 * x * x - 400 * y + 2, -400 * x], [-400 * x, 200.0]])
    assert [found["x"], found["y"]] == pytest.approx(hessian @ [dx, dy], rel=1e-9, abs=1e-9)


@given(x0=NUMBERS, x1=NUMBERS, d0=NUMBERS, d1=NUMBERS)
def test_a_square_times_an_exponential(x0: float, x1: float, d0: float, d1: float) -> None:
    a, b = Value(x0, "x0"), Value(x1, "x1")
    found = hessian_vector_product(a**2 * b.exp(), [d0, d1])

    e = math.exp(x1)
    assert found["x0"] == pytest.approx(2 * e * d0 + 2 * x0 * e * d1, rel=1e-9, abs=1e-12)
    assert found["x1"] == pytest.approx(2 * x0 * e * d0 + x0 * x0 * e * d1, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_second_derivatives_that_meet_differences_of_gradients(name: str) -> None:
    row = OPERATIONS[name]

    def gradient(shift: float) -> list[float]:
        a, b = Value(0.7 + shift, "a"), Value(1.3 - 0.5 * shift, "b")
        numbers = (a, b)[: row.arity]
        node = getattr(
            a,
            {"add": "__add__", "sub": "__sub__", "mul": "__mul__", "div": "__truediv__", "neg": "__neg__"}.get(
                name, name
            ),
        )(*numbers[1:])
        loss = 3.0 * node * node
        loss.backward()
        if shift == 0.0:
            direction = {"a": 1.0, "b": -0.5} if row.arity == 2 else {"a": 1.0}
            exact.update(hessian_vector_product(loss, direction))
        return [leaf.grad for leaf in numbers]

    exact: dict[str, float] = {}
    gradient(0.0)
    high, low = gradient(1e-5), gradient(-1e-5)
    for label, up, down in zip("ab", high, low, strict=False):
        assert exact[label] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-6)


def test_the_graph_keeps_its_numbers() -> None:
    x, y = Value(0.5, "x"), Value(0.25, "y")
    loss = rosenbrock(x, y)
    loss.backward()
    before = [(node.data, node.grad) for node in loss.nodes()]

    hessian_vector_product(loss, [1.0, 2.0])
    jacobian([loss], [x, y])

    assert [(node.data, node.grad) for node in loss.nodes()] == before


def test_a_jacobian_has_a_row_an_output_and_a_column_an_input() -> None:
    x, y, z = Value(2.0, "x"), Value(3.0, "y"), Value(5.0, "z")

    found = jacobian([x * y, y.exp(), x - 4.0 * z], [x, y, z])

    assert found == pytest.approx(np.array([[3, 2, 0], [0, math.exp(3), 0], [1, 0, -4]]))


def test_a_direction_that_does_not_fit_says_what_would() -> None:
    loss = rosenbrock(Value(0.5, "x"), Value(0.25, "y"))

    with pytest.raises(ShapeError, match="1 numbers, but there are 2 parameters"):
        hessian_vector_product(loss, [1.0])
    with pytest.raises(UnknownLabel, match="'xx'"):
        hessian_vector_product(loss, {"xx": 1.0})


def test_a_direction_goes_along_leaves() -> None:
    x = Value(0.5, "x")
    loss = x.exp("grown") * x

    with pytest.raises(LabelError, match="'grown' is computed"):
        hessian_vector_product(loss, {"grown": 1.0})
