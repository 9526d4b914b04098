"""The graph: how nodes are made, found, differentiated and moved."""

import copy
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from operator import add, mul
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import Binary, Constant, Unary, Value
from mgrad.engine.errors import NotFiniteError, OperandError
from mgrad.engine.operations import OPERATIONS

small = st.floats(-4, 4)


class TestConstruction:
    def test_a_leaf_is_a_number_with_a_label_that_learns(self) -> None:
        w = Value(2, "w")

        assert (w.data, w.grad, w.label, w.learnable) == (2.0, 0.0, "w", True)
        assert (w.operation, w.operands) == (None, ())
        assert type(w.data) is float

    def test_a_leaf_can_be_kept_from_learning(self) -> None:
        assert not Value(1.0, learnable=False).learnable

    def test_a_node_knows_its_operation_and_operands(self) -> None:
        a, b = Value(2.0), Value(3.0)

        product, power = a * b, a.tanh()

        assert isinstance(product, Binary)
        assert product.operands == (a, b)
        assert product.operation is OPERATIONS["mul"]
        assert isinstance(power, Unary)
        assert power.operands == (a,)
        assert not product.learnable
        assert not power.learnable

    def test_a_node_cannot_be_made_learnable(self) -> None:
        with pytest.raises(AttributeError):
            (Value(1.0) * 2.0).learnable = True  # pyright: ignore[reportAttributeAccessIssue]

    @pytest.mark.parametrize("number", [3, True, np.float32(0.5), np.int64(3), Fraction(1, 4)])
    def test_every_real_number_is_taken(self, number: float) -> None:
        assert Value(number).data == (Value(0.0) + number).data == float(number)

    def test_a_whole_number_beyond_floats_is_inf(self) -> None:
        assert Value(10**400).data == math.inf
        assert (Value(0.0) - 10**400).data == -math.inf

    @pytest.mark.parametrize("thing", ["2", None, [1.0], 1j, np.array([1.0, 2.0])])
    def test_what_is_no_number_is_refused_with_what_was_given(self, thing: Any) -> None:
        with pytest.raises(OperandError, match="is a number"):
            Value(thing)
        with pytest.raises(OperandError, match="a node or a number"):
            add(Value(1.0), thing)
        with pytest.raises(TypeError):
            mul(thing, Value(1.0))


EITHER_SIDE: dict[str, tuple[Callable, float]] = {
    "x + 3": (lambda x: x + 3, 5.0),
    "3 + x": (lambda x: 3 + x, 5.0),
    "x - 3": (lambda x: x - 3, -1.0),
    "3 - x": (lambda x: 3 - x, 1.0),
    "x * 3": (lambda x: x * 3, 6.0),
    "3 * x": (lambda x: 3 * x, 6.0),
    "x / 4": (lambda x: x / 4, 0.5),
    "4 / x": (lambda x: 4 / x, 2.0),
    "x ** 3": (lambda x: x**3, 8.0),
    "3 ** x": (lambda x: 3**x, 9.0),
    "x.maximum(3)": (lambda x: x.maximum(3), 3.0),
    "x.minimum(3)": (lambda x: x.minimum(3), 2.0),
    "x.pow(3)": (lambda x: x.pow(3), 8.0),
    "+x": (lambda x: (+x) * 1, 2.0),
    "-x": (lambda x: -x, -2.0),
    "abs(-x)": (lambda x: abs(-x), 2.0),
    "np.float64(3) - x": (lambda x: np.float64(3) - x, 1.0),
    "x - np.float64(3)": (lambda x: x - np.float64(3), -1.0),
    "np.float32(4) / x": (lambda x: np.float32(4) / x, 2.0),
    "np.int64(3) ** x": (lambda x: np.int64(3) ** x, 9.0),
}


class TestNumbersInExpressions:
    @pytest.mark.parametrize("name", EITHER_SIDE)
    def test_numbers_stand_on_either_side(self, name: str) -> None:
        expression, expected = EITHER_SIDE[name]

        node = expression(Value(2.0, "x"))

        assert isinstance(node, Value)
        assert node.data == expected
        assert type(node.data) is float

    def test_a_number_becomes_a_constant_that_never_learns(self) -> None:
        x = Value(2.0, "x")
        loss = x * 3.0
        constant = loss.operands[1]

        loss.learn(0.1)

        assert isinstance(constant, Constant)
        assert not constant.learnable
        assert (constant.data, constant.grad) == (3.0, 0.0)
        assert loss.parameters() == [x]

    def test_sum_starts_from_zero(self) -> None:
        values = [Value(1.0), Value(2.0), Value(3.5)]

        total = sum(values)

        assert isinstance(total, Value)
        total.backward()
        assert total.data == 6.5
        assert [value.grad for value in values] == [1.0, 1.0, 1.0]


class TestNodes:
    def test_operands_come_before_their_consumers_and_the_root_last(self) -> None:
        x, w = Value(1.0, "x"), Value(2.0, "w")
        product = x * w
        loss = (product + x).tanh() * product

        nodes = loss.nodes()

        places = {id(node): place for place, node in enumerate(nodes)}
        assert all(places[id(operand)] < places[id(node)] for node in nodes for operand in node.operands)
        assert nodes[-1] is loss
        assert loss.count() == len(nodes) == len(places) == 6

    def test_the_list_is_the_callers_own(self) -> None:
        loss = Value(1.0) * 2.0

        loss.nodes().clear()

        assert loss.count() == 3

    def test_parameters_are_the_leaves_that_learn(self) -> None:
        x, w, b = Value(1.0, "x", learnable=False), Value(2.0, "w"), Value(3.0, "b")

        assert (x * w + b * 2.0).parameters() == [w, b]
        assert w.parameters() == [w]
        assert x.parameters() == []


class TestBackward:
    def test_a_gradient_adds_up_over_all_uses(self) -> None:
        x = Value(3.0)
        loss = x * x + x

        loss.backward()

        assert x.grad == 7.0

    def test_it_starts_from_zero_every_time(self) -> None:
        x = Value(3.0)
        square = x * x
        loss = 2.0 * square
        x.grad = square.grad = 100.0

        for _ in range(3):
            loss.backward()

        assert (loss.grad, square.grad, x.grad) == (1.0, 2.0, 12.0)

    def test_another_root_over_the_same_leaves_starts_afresh(self) -> None:
        x = Value(3.0)
        (x * 5.0).backward()

        (x * 7.0).backward()

        assert x.grad == 7.0

    def test_a_leaf_has_the_slope_one_by_itself(self) -> None:
        x = Value(3.0)

        x.backward()

        assert x.grad == 1.0

    def test_a_kink_in_an_exponent_leaves_other_gradients_alone(self) -> None:
        x = Value(-2.0)
        loss = x**2  # by the exponent the slope would be 4 × log(-2), which is nan: constants have none

        loss.backward()

        assert x.grad == -4.0
        assert loss.operands[1].grad == 0.0

    @given(st.integers(1, 40), small)
    def test_wide_sharing(self, uses: int, number: float) -> None:
        x = Value(number)
        shared = x * 3.0
        loss = Value(0.0)
        for _ in range(uses):
            loss = loss + shared

        loss.backward()

        assert shared.grad == uses
        assert x.grad == 3.0 * uses

    def test_doubling_a_node_many_times_takes_no_exponential_time(self) -> None:
        x = Value(1.0)
        node = x
        for _ in range(200):
            node = node + node

        node.backward()

        assert node.count() == 201
        assert x.grad == 2.0**200


class TestLearning:
    def test_learn_moves_parameters_against_the_gradient_and_recalculate_follows(self) -> None:
        x, w = Value(2.0, "x", learnable=False), Value(3.0, "w")
        loss = (x * w - 4.0) ** 2

        loss.learn(0.1)

        assert w.grad == 8.0
        assert w.data == pytest.approx(3.0 - 0.1 * 8.0)
        assert loss.data == 4.0  # as it was
        assert loss.recalculate() == loss.data == pytest.approx((2 * 2.2 - 4) ** 2)
        assert x.data == 2.0

    def test_recalculate_takes_leaves_set_by_hand(self) -> None:
        x = Value(2.0, "x")
        loss = (x * 3.0 + 1.0).relu()

        x.data = -5.0

        assert loss.recalculate() == 0.0
        assert loss.operands[0].data == -14.0

    def test_frozen_leaves_stay(self) -> None:
        w, v = Value(1.0, "w"), Value(1.0, "v")
        loss = w * v
        w.learnable = False

        loss.learn(0.5)

        assert (w.data, v.data) == (1.0, 0.5)

    def test_a_value_that_is_not_finite_moves_nothing_and_is_named(self) -> None:
        w, v = Value(0.0, "w"), Value(1.0, "v")
        loss = (v / w).labelled("quotient") + v

        with pytest.raises(NotFiniteError) as caught:
            loss.learn(0.1)

        assert (w.data, v.data) == (0.0, 1.0)
        error = caught.value
        assert (error.label, error.quantity, error.number, error.step) == ("quotient", "value", math.inf, None)
        assert str(error).startswith("quotient is +inf. ")

    def test_a_gradient_that_is_not_finite_moves_nothing_and_is_named(self) -> None:
        w, v = Value(0.0, "w"), Value(1.0, "v")
        loss = w.sqrt() + v

        with pytest.raises(NotFiniteError) as caught:
            loss.learn(0.1)

        assert (w.data, v.data) == (0.0, 1.0)
        assert (caught.value.label, caught.value.quantity, caught.value.number) == ("w", "gradient", math.inf)

    def test_gradient_descent_finds_a_minimum(self) -> None:
        w = Value(10.0, "w")
        loss = (w - 3.0) ** 2

        for _ in range(100):
            loss.learn(0.1)
            loss.recalculate()

        assert w.data == pytest.approx(3.0)


class TestCopies:
    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))])
    def test_a_copy_is_a_whole_graph_of_its_own(self, copied: Callable[[Value], Value]) -> None:
        w = Value(2.0, "w")
        loss = ((w * 3.0).named("product") + w).tanh(label="out")
        loss.backward()

        twin = copied(loss)
        twin["w"].data = 0.1
        grown = (twin * 2.0).labelled("grown")
        grown.recalculate()
        grown.backward()

        assert w.data == 2.0
        assert twin.nodes()[0] is twin["w"]
        assert grown.data == 2 * math.tanh(0.1 * 3 + 0.1)
        assert twin["w"].grad == pytest.approx(8 * (1 - math.tanh(0.4) ** 2))
        assert twin["w"].learnable
        assert twin["product"].operation is loss["product"].operation

    def test_a_shallow_copy_shares_its_operands(self) -> None:
        w = Value(2.0, "w")

        twin = copy.copy(w * 3.0)

        assert twin["w"] is w


def test_a_chain_of_a_million_nodes_is_built_differentiated_and_freed() -> None:
    program = """
import sys
from mgrad.engine import Value
x = Value(0.5, "x")
node = x
for _ in range(500_000):
    node = node + 1e-6
assert node.count() == 1_000_001
node.backward()
assert x.grad == 1.0
assert abs(node.recalculate() - 1.0) < 1e-6
node.learn(0.25)
assert x.data == 0.25
assert node.find("x") is x
del node
print("freed")
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.returncode, done.stdout.strip()) == (0, "freed"), done.stderr[-500:]


def test_a_chain_of_unary_nodes_is_freed_too() -> None:
    program = """
from mgrad.engine import Value
node = Value(0.5, "x")
for _ in range(1_000_000):
    node = -node
del node
print("freed")
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.returncode, done.stdout.strip()) == (0, "freed"), done.stderr[-500:]
