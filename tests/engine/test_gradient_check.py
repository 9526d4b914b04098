"""`gradient_check` trusts right derivatives, catches wrong ones, and tells kinks from both.

A factor of 3 stands in front, so that the gradient that comes from above is never 1.
"""

import dataclasses
import math
import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine.checking import Kink, gradient_check
from mgrad.engine.errors import GradientError, NotFiniteError, OptionError, UnknownLabel
from mgrad.engine.graph import Value
from mgrad.engine.losses import mse
from mgrad.engine.network import MLP
from mgrad.engine.operations import OPERATIONS, Operation
from mgrad.engine.parsing import FUNCTIONS, parse


def row_with_wrong_partials(operation: Operation) -> Operation:
    wrong = [lambda y, *operands, rule=rule: 1.5 * rule(y, *operands) + 0.25 for rule in operation.partials]
    return dataclasses.replace(operation, partials=tuple(wrong))


def applied(name: str) -> Value:
    """3 times an operation, at a place where it is smooth and its derivatives are neither 0 nor 1."""
    operands = [Value(0.7, "w1"), Value(1.9, "w2")][: OPERATIONS[name].arity]
    text = {"add": "w1 + w2", "sub": "w1 - w2", "mul": "w1 * w2", "div": "w1 / w2", "neg": "-w1"}.get(name)
    call = f"{name}({', '.join(operand.label for operand in operands)})"
    return parse(f"3 * ({text or call})", learnable=None, **{operand.label: operand.data for operand in operands})


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_passes(name: str) -> None:
    report = gradient_check(applied(name))

    assert report.checked == OPERATIONS[name].arity
    assert report.largest_difference < 1e-8
    assert report.kinks == ()


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_wrong_derivative_of_any_operation_is_caught(name: str) -> None:
    loss = applied(name)
    node = loss.operands[1]
    node.operation = row_with_wrong_partials(OPERATIONS[name])  # pyright: ignore[reportAttributeAccessIssue]

    with pytest.raises(GradientError, match="w1"):
        gradient_check(loss)


def test_the_message_shows_label_and_both_gradients_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "tanh", dataclasses.replace(OPERATIONS["tanh"], partials=(lambda y, a: 1.0 - y,)))
    loss = parse("3 * tanh(w*x1) + b", w=0.25, x1=2.0, b=1.0)
    slope = math.tanh(0.5)

    with pytest.raises(GradientError) as caught:
        gradient_check(loss)

    head, columns, line = str(caught.value).splitlines()
    assert "at 1 of 2 leaves" in head
    assert columns.split() == ["label", "analytic", "numeric", "difference"]
    label, analytic, numeric, difference = line.split()
    assert label == "w"
    assert float(analytic) == pytest.approx(6 * (1 - slope), rel=1e-6)
    assert float(numeric) == pytest.approx(6 * (1 - slope**2), rel=1e-6)
    assert float(difference) == pytest.approx(float(numeric) - float(analytic), rel=1e-6)


def test_of_many_wrong_gradients_the_ten_worst_are_shown() -> None:
    total = parse(
        " + ".join(f"{i} * w{i}" for i in range(1, 16)), learnable=None, **{f"w{i}": 0.5 for i in range(1, 16)}
    )
    for node in total.nodes():
        if node.operation is OPERATIONS["mul"]:
            node.operation = row_with_wrong_partials(OPERATIONS["mul"])  # pyright: ignore[reportAttributeAccessIssue]

    with pytest.raises(GradientError) as caught:
        gradient_check(total)

    lines = str(caught.value).splitlines()
    assert lines[2].split()[0] == "w15"
    assert (len(lines), lines[-1].strip()) == (13, "and 5 more")


def test_a_network_passes() -> None:
    net = MLP(2, [4, 3, 1], activation=["tanh", "relu"], seed=7)
    inputs = [Value(number, label, learnable=False) for label, number in (("x1", 0.3), ("x2", -1.1))]
    outputs = net(inputs)

    report = gradient_check(mse(outputs, Value(0.2, "target", learnable=False)))

    assert report.checked == len(net.parameters())
    assert report.largest_difference < 1e-7


# ---------------------------------------------------------------------- kinks
@pytest.mark.parametrize(
    ("text", "values", "kinks"),
    [
        ("3 * relu(w)", {"w": 0.0}, [Kink("w", 0.0, 0.0, 3.0)]),
        ("3 * abs(w)", {"w": 0.0}, [Kink("w", 0.0, -3.0, 3.0)]),
        ("3 * max(w, b)", {"w": 1.0, "b": 1.0}, [Kink("w", 1.5, 0.0, 3.0), Kink("b", 1.5, 0.0, 3.0)]),
        ("3 * min(w, b)", {"w": 1.0, "b": 1.0}, [Kink("w", 1.5, 3.0, 0.0), Kink("b", 1.5, 3.0, 0.0)]),
        ("3 * relu(w*x1 - 1) + w", {"w": 0.5, "x1": 2.0}, [Kink("w", 1.0, 1.0, 7.0)]),
    ],
)
def test_a_kink_is_reported(text: str, values: dict[str, float], kinks: list[Kink]) -> None:
    report = gradient_check(parse(text, learnable=None, **values))

    assert len(report.kinks) == len(kinks)
    for found, expected in zip(report.kinks, kinks, strict=True):
        assert found.label == expected.label
        assert found[1:] == pytest.approx(expected[1:], abs=1e-6)


def test_a_kink_that_is_only_near_leaves_the_gradient_checked() -> None:
    for place in (1e-7, -1e-7, 1e-9):
        report = gradient_check(parse("3 * abs(w)", w=place))

        assert (report.checked, report.kinks) == (1, ())
        assert report.largest_difference < 1e-6


def test_a_step_across_a_kink_reports_it() -> None:
    report = gradient_check(parse("3 * abs(w)", w=0.01), step=0.1)

    ((label, analytic, left, right),) = report.kinks
    assert (label, analytic) == ("w", 3.0)
    assert left < 0.0 < right


def test_a_branch_that_changes_nothing_is_no_kink() -> None:
    report = gradient_check(parse("3 * w + 0 * abs(w)", w=0.0))

    assert report.kinks == ()
    assert report.largest_difference < 1e-6


def test_a_kink_does_not_hide_a_wrong_derivative() -> None:
    loss = parse("3 * relu(w)", w=0.0)
    for slope in (-0.5, 1.5):
        wrong = dataclasses.replace(OPERATIONS["relu"], partials=(lambda y, a, slope=slope: slope,))
        loss.operands[1].operation = wrong  # pyright: ignore[reportAttributeAccessIssue]

        with pytest.raises(GradientError):
            gradient_check(loss)


def test_wrong_above_a_kinked_node_is_still_wrong() -> None:
    loss = parse("3 * tanh(relu(w) + w)", w=0.0)
    wrong = dataclasses.replace(OPERATIONS["tanh"], partials=(lambda y, a: 4.0 * (1.0 - y * y),))
    loss.operands[1].operation = wrong  # pyright: ignore[reportAttributeAccessIssue]

    with pytest.raises(GradientError):
        gradient_check(loss)


# ---------------------------------------------------------------------- numbers of any size
@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3 * log(w)", {"w": 1e-7}),
        ("3 * sqrt(w)", {"w": 1e-14}),
        ("3 / w", {"w": 1e-5}),
        ("w ** 3", {"w": 1e5}),
        ("3 * exp(w)", {"w": 700.0}),
        ("3 * exp(w)", {"w": 708.6}),
        ("sin(1000 * w)", {"w": 1.0}),
        ("1e9 * w**2 + b", {"w": 3.0, "b": 1.0}),
        ("1e7 + 3 * w", {"w": 1.0}),
    ],
)
def test_a_right_gradient_passes_whatever_its_size(text: str, values: dict[str, float]) -> None:
    assert gradient_check(parse(text, learnable=None, **values)).checked == len(values)


@pytest.mark.parametrize(
    ("text", "value", "sentence"),
    [
        ("3 * log(w)", 0.0, "mul1 is -inf"),
        ("3 * log(w)", -1.0, "mul1 is \\+nan"),
        ("3 * sqrt(w)", 0.0, "The gradient of w is \\+inf"),
        ("3 * exp(w)", 800.0, "mul1 is \\+inf"),
    ],
)
def test_what_is_not_finite_is_an_error_that_says_so(text: str, value: float, sentence: str) -> None:
    with pytest.raises(NotFiniteError, match=sentence):
        gradient_check(parse(text, w=value))


def test_a_step_to_where_the_loss_is_not_finite_is_an_error() -> None:
    with pytest.raises(NotFiniteError, match=r"mul1 is \+nan. So it is close to w = 0.5"):
        gradient_check(parse("3 * log(w)", w=0.5), step=1.0)


# ---------------------------------------------------------------------- options
def test_the_parameters_are_checked_or_the_leaves_that_are_named() -> None:
    loss = parse("3 * w * x1 * x2", w=2.0, x1=0.5, x2=4.0)

    assert gradient_check(loss).checked == 1
    assert gradient_check(loss, leaves=["x1", loss["x2"]]).checked == 2


def test_leaves_are_looked_at_with_todays_numbers() -> None:
    loss = parse("3 * w**2", w=2.0)
    loss["w"].data = -5.0

    report = gradient_check(loss)

    assert report.largest_difference < 1e-6
    assert (loss.data, loss["w"].data) == (12.0, -5.0)


@pytest.mark.parametrize("option", ["step", "tolerance"])
@pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
def test_step_and_tolerance_are_above_zero(option: str, number: float) -> None:
    options: dict[str, Any] = {option: number}

    with pytest.raises(OptionError, match=f"{option} is .*, but must be a number above 0"):
        gradient_check(parse("3 * w", w=1.0), **options)


def test_there_must_be_something_to_check() -> None:
    loss = parse("3 * x1 + 2", x1=1.0)

    with pytest.raises(OptionError, match="no parameters to check"):
        gradient_check(loss)
    with pytest.raises(OptionError, match="mul1 is not a leaf"):
        gradient_check(loss, leaves=["mul1"])
    with pytest.raises(OptionError, match="constant1 is not a leaf"):
        gradient_check(loss, leaves=["constant1"])
    with pytest.raises(OptionError, match="x1 is not a leaf of this graph"):
        gradient_check(loss, leaves=[Value(1.0, "x1")])
    with pytest.raises(UnknownLabel, match="Nearest: x1"):
        gradient_check(loss, leaves=["x2"])


def test_tolerance_is_the_difference_allowed() -> None:
    loss = parse("3 * w", w=1.0)
    slightly_wrong = dataclasses.replace(
        OPERATIONS["mul"], partials=(lambda y, a, b: b, lambda y, a, b: a * (1.0 + 1e-5))
    )
    loss.operation = slightly_wrong  # pyright: ignore[reportAttributeAccessIssue]

    assert gradient_check(loss, tolerance=1e-4).largest_difference == pytest.approx(1e-5, rel=1e-3)
    with pytest.raises(GradientError):
        gradient_check(loss, tolerance=1e-6)


# ---------------------------------------------------------------------- laws
def numbers_of(loss: Value) -> list[tuple[float, float]]:
    return [(node.data, node.grad) for node in loss.nodes()]


@pytest.mark.parametrize("text", ["3 * tanh(w * x1)", "3 * relu(w - w) + b", "3 * log(w - b)", "3 * sqrt(w - 1)"])
def test_the_graph_is_left_as_it_was_even_after_an_error(text: str) -> None:
    values = {"w": 1.0, "x1": 0.5, "b": 2.0}
    loss = parse(text, learnable=None, **{name: value for name, value in values.items() if name in text})
    for i, node in enumerate(loss.nodes()):
        node.grad = float(i)
    before = numbers_of(loss)

    with suppress(NotFiniteError):
        gradient_check(loss)

    assert repr(numbers_of(loss)) == repr(before)  # by repr, since nan is not equal to itself


@given(seed=st.integers(0, 10**6))
def test_small_networks_of_every_activation_pass(seed: int) -> None:
    randomness = random.Random(seed)
    activations = [randomness.choice(["tanh", "relu", "sigmoid", "linear"]) for _ in range(2)]
    net = MLP(2, [3, 2, 1], activation=activations, output=randomness.choice(["tanh", "linear"]), seed=seed)
    outputs = net([Value(randomness.uniform(-2, 2), f"x{i}", learnable=False) for i in (1, 2)])

    report = gradient_check(3.0 * mse(outputs, 0.5))

    assert report.checked == len(net.parameters())
