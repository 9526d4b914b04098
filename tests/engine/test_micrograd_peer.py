"""micrograd as a peer: the same expressions and the same networks give the same numbers.

Where both do the same arithmetic in the same order (sums, products, relu, networks) the bits are compared; where they
write an operation differently (a quotient is a product with a power there) the last digits may differ.
micrograd goes through a graph by recursion, so all graphs are small.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import micrograd.engine
import micrograd.nn
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import MLP, Layer, Neuron, Value

# An expression is written once and grown by either engine, whose classes share nothing but their methods.
Node: TypeAlias = Any
Expression: TypeAlias = Callable[[Sequence[Node]], Node]


def grown(kind: Any, expression: Expression, numbers: Sequence[float]) -> tuple[float, list[float]]:
    leaves = [kind(number) for number in numbers]
    result = expression(leaves)
    result.backward()
    return result.data, [leaf.grad for leaf in leaves]


def both(expression: Expression, *numbers: float) -> tuple[tuple[float, list[float]], tuple[float, list[float]]]:
    return grown(Value, expression, numbers), grown(micrograd.engine.Value, expression, numbers)


# ---------------------------------------------------------------- single expressions

SAME_BITS: dict[str, Expression] = {
    "sum": lambda v: v[0] + v[1],
    "difference": lambda v: v[0] - v[1],
    "product": lambda v: v[0] * v[1],
    "numbers on the right": lambda v: (v[0] + 2) * 3 - 1.5,
    "numbers on the left": lambda v: 1.5 - 3 * (2 + v[0]),
    "minus": lambda v: -v[0] * v[1],
    "relu of a sum": lambda v: (v[0] + v[1]).relu() * v[0],
    "a node with itself": lambda v: v[0] * v[0] + v[0],
    "sum() over nodes": lambda v: sum([v[0], v[1], v[0] * v[1]]),
    "square": lambda v: (v[0] - v[1]) ** 2,
}


@pytest.mark.parametrize("name", SAME_BITS)
@pytest.mark.parametrize("numbers", [(2.0, -3.0), (-0.7, 0.1), (0.3, 0.3), (1e-9, 12345.678)])
def test_the_same_bits(name: str, numbers: tuple[float, float]) -> None:
    ours, theirs = both(SAME_BITS[name], *numbers)

    assert ours == theirs


@pytest.mark.parametrize(
    "expression",
    [
        lambda v: v[0] / v[1],
        lambda v: 2 / v[1] + v[0] / 3,
        lambda v: v[0] ** 3,
        lambda v: v[1] ** -1,
        lambda v: v[0] ** 0.5,
    ],
)
@pytest.mark.parametrize("numbers", [(2.0, -3.0), (0.7, 0.1), (5.5, 12345.678)])
def test_the_same_number_where_the_arithmetic_differs(expression: Expression, numbers: tuple[float, float]) -> None:
    (value, gradients), (their_value, their_gradients) = both(expression, *numbers)

    assert value == pytest.approx(their_value, rel=1e-12)
    assert gradients == pytest.approx(their_gradients, rel=1e-12)


# ---------------------------------------------------------------- what micrograd checks of itself
# The same ground as its own tests, which compare with PyTorch; the expected numbers follow from calculus by hand.


def test_a_leaf_used_in_many_places() -> None:
    def expression(v: Sequence[Node]) -> Node:
        (x,) = v
        doubled = x + 2 * x + 2  # 3x + 2, which is -10 at -4
        relued = doubled.relu() + x * doubled  # the relu is off
        square = (doubled * doubled).relu()  # the relu is on
        return square + relued + x * relued

    ours, theirs = both(expression, -4.0)

    # y = (3x + 2)² + x(3x + 2)(1 + x), whose slope is 6(3x + 2) + 9x² + 10x + 2
    assert ours == theirs == (-20.0, [46.0])


def test_many_operations_in_one_expression() -> None:
    def expression(v: Sequence[Node]) -> Node:
        a, b = v
        left, right = a + b, a * b + b**3
        left += left + 1
        left += 1 + left + (-a)
        right += right * 2 + (b + a).relu()
        right += 3 * right + (b - a).relu()
        quotient = (left - right) ** 2
        return quotient / 2.0 + 10.0 / quotient

    (value, gradients), (their_value, their_gradients) = both(expression, -4.0, 2.0)

    # left = 4a + 4b + 3 - a = -1 and right = 12(ab + b³) + (b - a) = 6: so the square of -7 is 49.
    outer = (0.5 - 10 / 49**2) * 2 * -7
    assert value == pytest.approx(49 / 2 + 10 / 49, rel=1e-12)
    assert gradients == pytest.approx([outer * (3 - (12 * 2 - 1)), outer * (4 - (12 * (-4 + 3 * 4) + 1))], rel=1e-12)
    assert value == pytest.approx(their_value, rel=1e-12)
    assert gradients == pytest.approx(their_gradients, rel=1e-12)


@pytest.mark.parametrize("number", [-1.0, 0.123, 2.0])
def test_unary_functions_that_the_released_peer_lacks(number: float) -> None:
    tanh, exp = (grown(Value, expression, [number]) for expression in (lambda v: v[0].tanh(), lambda v: v[0].exp()))

    assert tanh == (math.tanh(number), [pytest.approx(1 - math.tanh(number) ** 2, rel=1e-12)])
    assert exp == (math.exp(number), [math.exp(number)])


# ---------------------------------------------------------------- random expressions

Recipe: TypeAlias = "tuple[str, Recipe, Recipe] | tuple[str, Recipe] | int | float"


RECIPES: st.SearchStrategy[Recipe] = st.recursive(
    st.integers(0, 2) | st.sampled_from([1.0, -2.0, 3.0]),  # an int picks a leaf, a float is a constant
    lambda inner: (
        st.tuples(st.sampled_from("+-×"), inner, inner) | st.tuples(st.sampled_from(["relu", "-", "²"]), inner)
    ),
    max_leaves=12,
)


def cook(recipe: Recipe, leaves: Sequence[Node]) -> Node:
    match recipe:
        case int():
            return leaves[recipe]
        case float():
            return recipe
        case ("relu", inner):
            made = cook(inner, leaves)
            return max(made, 0.0) if isinstance(made, float) else made.relu()
        case ("-", inner):
            return -cook(inner, leaves)
        case ("²", inner):
            return cook(inner, leaves) ** 2
        case ("+", left, right):
            return cook(left, leaves) + cook(right, leaves)
        case ("-", left, right):
            return cook(left, leaves) - cook(right, leaves)
        case ("×", left, right):
            return cook(left, leaves) * cook(right, leaves)
    raise AssertionError(recipe)


def three(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[list[float]]:
    return st.lists(numbers, min_size=3, max_size=3)


@given(RECIPES, three(st.floats(-2, 2)))
def test_random_expressions_have_the_same_value(recipe: Recipe, numbers: list[float]) -> None:
    # The leaf in front makes a node of every recipe, a constant one too.
    ours, theirs = both(lambda v: v[0] + cook(recipe, v), *numbers)

    assert ours[0] == theirs[0]


@given(RECIPES, three(st.integers(-3, 3).map(float)))
def test_random_expressions_have_the_same_gradients(recipe: Recipe, numbers: list[float]) -> None:
    # Gradients over several uses are added in another order there; among whole numbers that makes no difference.
    ours, theirs = both(lambda v: v[0] + cook(recipe, v), *numbers)

    assert ours == theirs


# ---------------------------------------------------------------- networks


def twins(sizes: list[int], seed: int = 1337) -> tuple[MLP, Any]:
    random.seed(seed)
    ours = MLP(2, sizes)
    random.seed(seed)
    return ours, micrograd.nn.MLP(2, sizes)


@pytest.mark.parametrize("sizes", [[1], [4, 1], [16, 16, 1], [3, 2]])
def test_networks_begin_with_the_same_weights(sizes: list[int]) -> None:
    ours, theirs = twins(sizes)

    assert [parameter.data for parameter in ours.parameters()] == [parameter.data for parameter in theirs.parameters()]


@pytest.mark.parametrize("sizes", [[1], [4, 1], [16, 16, 1]])
def test_networks_give_the_same_bits(sizes: list[int]) -> None:
    ours, theirs = twins(sizes)

    for sample in ([0.3, -0.8], [2.0, 1.0], [0.0, 0.0]):
        output = ours(sample)
        assert isinstance(output, Value)
        assert output.data == theirs([micrograd.engine.Value(number) for number in sample]).data


def test_networks_have_the_same_gradients() -> None:
    ours, theirs = twins([8, 8, 1])
    output, their_output = ours([0.3, -0.8]), theirs([micrograd.engine.Value(0.3), micrograd.engine.Value(-0.8)])
    assert isinstance(output, Value)

    output.backward()
    their_output.backward()

    expected = [parameter.grad for parameter in theirs.parameters()]
    assert any(expected)
    assert [parameter.grad for parameter in ours.parameters()] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_neurons_and_layers_begin_with_the_same_weights() -> None:
    random.seed(5)
    ours = [Neuron(3), Layer(2, 4)]
    random.seed(5)
    theirs = [micrograd.nn.Neuron(3), micrograd.nn.Layer(2, 4)]

    assert [[p.data for p in part.parameters()] for part in ours] == [
        [p.data for p in part.parameters()] for part in theirs
    ]


def trained(kind: Any, net: Any) -> tuple[list[float], list[float]]:
    """A training as people write it for micrograd: hinge loss, L2 penalty, a rate that falls, moves by hand."""
    samples = [([1.0, 0.5], 1), ([-0.5, 1.0], 1), ([0.5, -0.3], -1), ([-1.0, -1.0], -1)]
    losses = []
    for step in range(5):
        scores = [net([kind(number) for number in sample]) for sample, _ in samples]
        hinges = [(1 + -target * score).relu() for (_, target), score in zip(samples, scores, strict=True)]
        penalty = 1e-4 * sum(p * p for p in net.parameters())
        loss: Node = sum(hinges) * (1.0 / len(hinges)) + penalty
        net.zero_grad()
        loss.backward()
        for parameter in net.parameters():
            parameter.data -= (0.1 - 0.01 * step) * parameter.grad
        losses.append(loss.data)
    return losses, [parameter.data for parameter in net.parameters()]


def test_code_written_for_the_peer_trains_ours_alike() -> None:
    ours, theirs = twins([4, 1])

    losses, parameters = trained(Value, ours)
    their_losses, their_parameters = trained(micrograd.engine.Value, theirs)

    assert losses[-1] < losses[0]
    assert losses == pytest.approx(their_losses, rel=1e-12)
    assert parameters == pytest.approx(their_parameters, rel=1e-12, abs=1e-12)
