"""How `gradient_check` measures: by a complex step where it can, along random directions where leaves are many."""

import dataclasses
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mgrad.engine.checking import gradient_check
from mgrad.engine.errors import GradientError, OptionError
from mgrad.engine.graph import Value
from mgrad.engine.losses import mse
from mgrad.engine.network import MLP
from mgrad.engine.operations import OPERATIONS
from mgrad.engine.parsing import parse


def applied(name: str) -> Value:
    """3 times an operation, at a place where it is smooth and its derivatives are neither 0 nor 1."""
    operands = [Value(0.7, "w1"), Value(1.9, "w2")][: OPERATIONS[name].arity]
    text = {"add": "w1 + w2", "sub": "w1 - w2", "mul": "w1 * w2", "div": "w1 / w2", "neg": "-w1"}.get(name)
    call = f"{name}({', '.join(operand.label for operand in operands)})"
    return parse(f"3 * ({text or call})", learnable=None, **{operand.label: operand.data for operand in operands})


# ---------------------------------------------------------------------- complex step
SMOOTH = [name for name, row in OPERATIONS.items() if not row.kinked]


@pytest.mark.parametrize("name", OPERATIONS)
def test_smooth_operations_are_checked_by_a_complex_step_to_ten_digits(name: str) -> None:
    report = gradient_check(applied(name))

    assert report.method == ("complex step" if name in SMOOTH else "central differences")
    assert report.largest_difference < (1e-14 if name in SMOOTH else 1e-8)


@pytest.mark.parametrize("name", SMOOTH)
@given(a=st.floats(-30, 30), b=st.floats(-5, 5))
def test_a_complex_step_agrees_wherever_an_operation_is_defined(name: str, a: float, b: float) -> None:
    loss = applied(name)
    for label, number in (("w1", a), ("w2", b))[: OPERATIONS[name].arity]:
        loss[label].data = number
    assume(name != "div" or abs(b) > 1e-3)
    assume(name not in ("log", "sqrt") or a > 1e-3)
    assume(name != "pow" or a > 1e-3)

    report = gradient_check(loss)

    assert (report.method, report.kinks) == ("complex step", ())
    assert report.largest_difference < 1e-12


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 * w**3", -2.0),
        ("3 * w**-3", -2.0),
        ("3 * w**101", -1.01),
        ("3 * w**1001", -1.001),
        ("3 * w**2", 0.0),
        ("3 * w**1", 0.0),
        ("3 * w**2.5", 0.0),
        ("3 * w**0", 0.0),
        ("3 * 0.5**w", 2.0),
        ("3 * w**w", 0.7),
        ("3 * sigmoid(w)", -700.0),
        ("3 * sigmoid(w)", 700.0),
        ("3 * softplus(w)", -700.0),
        ("3 * softplus(w)", 700.0),
        ("3 * tanh(w)", 400.0),
        ("3 * exp(w)", -800.0),
    ],
)
def test_a_complex_step_where_numbers_are_negative_zero_or_far_out(text: str, value: float) -> None:
    report = gradient_check(parse(text, w=value))

    assert report.method == "complex step"
    assert report.largest_difference < 1e-12


def test_a_rule_that_is_wrong_in_the_ninth_digit_is_caught() -> None:
    loss = parse("3 * tanh(w)", w=0.5)
    slightly_wrong = dataclasses.replace(OPERATIONS["tanh"], partials=(lambda y, a: (1.0 - y * y) * (1.0 + 2e-9),))
    loss.operands[1].operation = slightly_wrong  # pyright: ignore[reportAttributeAccessIssue]

    with pytest.raises(GradientError, match="backward differs from a complex step at 1 of 1 leaf"):
        gradient_check(loss)


def test_rounding_is_no_wrong_rule() -> None:
    """1 - y² has few digits left where y is nearly 1, and 1e12 makes that a large difference."""
    report = gradient_check(parse("1e12 * tanh(w)", w=14.0))

    assert report.method == "complex step"
    assert report.largest_difference > 1e-10


def test_a_step_that_is_named_means_central_differences() -> None:
    assert gradient_check(parse("3 * tanh(w)", w=0.5), step=1e-5).method == "central differences"


def test_a_forward_rule_that_is_not_the_tables_is_measured_by_central_differences() -> None:
    loss = parse("3 * tanh(w)", w=0.5)
    cube = dataclasses.replace(OPERATIONS["tanh"], forward=lambda a: a * a * a, partials=(lambda y, a: 3.0 * a * a,))
    loss.operands[1].operation = cube  # pyright: ignore[reportAttributeAccessIssue]

    assert gradient_check(loss).method == "central differences"


def test_where_complex_arithmetic_meets_a_pole_central_differences_measure() -> None:
    report = gradient_check(parse("3 * w + 1 / (1 / x1)", w=0.5, x1=0.0))  # 1 / inf is 0

    assert report.method == "central differences"


# ---------------------------------------------------------------------- random directions
def wide(activation: str = "tanh") -> Value:
    """A network of 237 parameters, with its loss."""
    inputs = [Value(number, label, learnable=False) for label, number in (("x1", 0.3), ("x2", -1.1))]
    outputs = MLP(2, [20, 8, 1], activation=activation, seed=7)(inputs)
    return 3.0 * mse(outputs, 0.2)


@pytest.mark.parametrize(("activation", "largest"), [("tanh", 1e-10), ("relu", 1e-6)])
def test_many_leaves_are_checked_along_random_directions(activation: str, largest: float) -> None:
    report = gradient_check(wide(activation))

    assert report.method == "random directions"
    assert report.checked == 237
    assert report.largest_difference < largest


def test_a_single_wrong_gradient_among_many_is_found_and_named() -> None:
    loss = wide()
    first = loss["layer1.neuron5.product2"]
    first.operation = dataclasses.replace(  # pyright: ignore[reportAttributeAccessIssue]
        OPERATIONS["mul"], partials=(lambda y, a, b: b * (1.0 + 1e-6), lambda y, a, b: a)
    )

    with pytest.raises(GradientError) as caught:
        gradient_check(loss)

    lines = str(caught.value).splitlines()
    assert "at 1 of" in lines[0]
    assert lines[2].split()[0] == "layer1.neuron5.w2"


def test_directions_can_be_asked_for_and_turned_off() -> None:
    small = parse("3 * tanh(w1 * w2) + sin(w1)", learnable=None, w1=0.5, w2=0.25)

    assert gradient_check(small, directions=2).method == "random directions"
    assert gradient_check(wide(), directions=0).method == "complex step"


def test_a_leaf_at_a_kink_is_reported_also_where_directions_look_first() -> None:
    loss = parse("3 * abs(w1) + sin(w2)", learnable=None, w1=0.0, w2=0.25)

    report = gradient_check(loss, directions=3)

    assert report.method == "central differences"
    assert [kink.label for kink in report.kinks] == ["w1"]


def test_a_direction_that_leads_out_of_the_domain_is_no_error() -> None:
    loss = parse("3 * log(w1) + abs(w2 - w1)", learnable=None, w1=1e-7, w2=2.0)

    assert gradient_check(loss, directions=3).checked == 2


@pytest.mark.parametrize("directions", [-1, 1.5, True])
def test_directions_are_a_whole_number(directions: Any) -> None:
    with pytest.raises(OptionError, match=r"directions is .*, but must be a whole number from 0 up"):
        gradient_check(parse("3 * w", w=1.0), directions=directions)
