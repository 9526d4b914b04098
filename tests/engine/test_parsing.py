"""What `parse` reads, and what it says about everything else."""

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine.errors import OptionError, ParseError
from mgrad.engine.graph import Constant, Value
from mgrad.engine.parsing import DEEPEST_BRACKETS, DEEPEST_OPERATORS, FUNCTIONS, parse


def labels(nodes: list[Value]) -> list[str]:
    return [node.label for node in nodes]


def test_a_neuron_is_read_with_its_labels_and_value() -> None:
    out = parse("tanh(x1*w1 + x2*w2 + b)", x1=2.0, w1=-3.0, x2=0.0, w2=1.0, b=6.5)

    assert out.data == math.tanh(0.5)
    assert labels(out.nodes())[-5:] == ["mul1", "mul2", "add1", "add2", "tanh1"]
    assert labels(out.parameters()) == ["w1", "w2", "b"]


def test_a_name_is_one_leaf_wherever_it_stands() -> None:
    square = parse("w * w", w=3.0)

    square.backward()

    assert square.operands[0] is square.operands[1]
    assert square["w"].grad == 6.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", -9.0),
        ("x**-1 * 6", 2.0),
        ("2**x**2", 512.0),
        ("1 - 2 - x", -4.0),
        ("24 / 4 / x", 2.0),
        ("--x", 3.0),
        ("+x - +1", 2.0),
        ("−x", -3.0),
        ("x\n+\t1", 4.0),
        ("max(x, 5) - min(x, 5)", 2.0),
        ("maximum(x, 5) - minimum(x, 5)", 2.0),
        ("pow(x, 2) + abs (-x)", 12.0),
    ],
)
def test_precedence_is_as_in_python(text: str, expected: float) -> None:
    assert parse(text, x=3.0).data == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("1_000 + .5 + 1. + 1e-1", 1001.6), ("0x10 + 0b11", 19.0), ("2**3**2", 512.0), ("-3", -3.0)]
)
def test_numbers_are_written_as_in_python(text: str, expected: float) -> None:
    assert parse(text).data == expected


def test_every_function_of_the_table_can_be_called() -> None:
    for name, row in FUNCTIONS.items():
        text = f"{name}({', '.join(['w1', 'w2'][: row.arity])})"
        values = dict(list({"w1": 0.5, "w2": 2.0}.items())[: row.arity])

        assert parse(text, learnable=None, **values).operation is row
    assert set(FUNCTIONS) == {
        *("exp", "log", "tanh", "relu", "sigmoid", "sqrt", "sin", "cos", "abs", "softplus"),
        *("max", "min", "maximum", "minimum", "pow"),
    }


# ---------------------------------------------------------------------- law: as Python's own floats
def numbers() -> st.SearchStrategy[str]:
    return st.floats(-100, 100).map(lambda number: repr(abs(number)) if number < 0 else repr(number))


def expressions() -> st.SearchStrategy[str]:
    leaves = numbers() | st.sampled_from(["x", "w1", "b"])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("{} {} {}".format, inner, st.sampled_from("+-*"), inner),
            st.builds("({})".format, inner),
            st.builds("-{}".format, inner),
            st.builds("{}({})".format, st.sampled_from(["tanh", "sin", "cos", "abs"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["max", "min"]), inner, inner),
        ),
        max_leaves=15,
    )


@given(text=expressions(), x=st.floats(-9, 9), w1=st.floats(-9, 9), b=st.floats(-9, 9))
def test_an_expression_has_the_value_that_python_gives_it(text: str, x: float, w1: float, b: float) -> None:
    values = {"x": x, "w1": w1, "b": b}
    python = {"tanh": math.tanh, "sin": math.sin, "cos": math.cos, "abs": abs, "max": max, "min": min}
    bare = text
    for function in python:
        bare = bare.replace(function, "")

    node = parse(text, learnable=None, **{name: value for name, value in values.items() if name in bare})

    assert node.data == eval(text, python, values)


@given(st.text("x1+-*/().,e_ \n7j=\"'[]{}é\0", max_size=30) | st.text(max_size=20))
def test_any_text_is_an_expression_or_a_parse_error(text: str) -> None:
    with suppress(ParseError):
        assert isinstance(parse(text, x1=1.0).data, float)


# ---------------------------------------------------------------------- which leaves learn
@pytest.mark.parametrize(
    ("learnable", "expected"),
    [
        (None, ["w", "xs", "x_1"]),
        (True, ["x", "x12", "w", "target", "target2", "xs", "x_1"]),
        (False, []),
        (["x", "w"], ["x", "w"]),
        ("w", ["w"]),
    ],
)
def test_learnable_says_which_leaves_are_parameters(learnable: list[str] | bool | None, expected: list[str]) -> None:
    names = ["x", "x12", "w", "target", "target2", "xs", "x_1"]

    out = parse(" + ".join(names), learnable=learnable, **dict.fromkeys(names, 1.0))

    assert labels(out.parameters()) == expected


def test_learnable_refuses_what_is_not_in_the_text() -> None:
    with pytest.raises(ParseError, match=r"'w2', which does not occur.*Did you mean 'w1'\?"):
        parse("w1", learnable=["w2"], w1=1.0)
    with pytest.raises(OptionError, match=r"learnable is 3, but must be"):
        parse("w1", learnable=3, w1=1.0)  # pyright: ignore[reportArgumentType]


# ---------------------------------------------------------------------- values and labels
@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int64(2), np.array(2.0), True + 1])
def test_values_may_be_any_kind_of_number(value: float) -> None:
    leaf = parse("w", w=value)

    assert (leaf.data, type(leaf.data)) == (2.0, float)


@pytest.mark.parametrize("value", ["2", None, 2j, [1.0], np.array([1.0, 2.0])])
def test_a_value_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ParseError, match="the value of w is a number, but") as caught:
        parse("2 * w", w=value)
    assert caught.value.position == 5


def test_a_name_without_a_value_and_a_value_without_a_name_are_refused() -> None:
    with pytest.raises(ParseError, match="no value for w1, b; given: x1") as caught:
        parse("x1*w1 + b", x1=1.0)
    assert caught.value.position == 4
    with pytest.raises(ParseError, match=r"A value is given for 'w2'.*Did you mean 'w1'\?"):
        parse("w1", w1=1.0, w2=1.0)


def test_generated_labels_leave_out_the_names_of_the_text() -> None:
    out = parse("add1 + mul1*mul1 + mul3*1", add1=1.0, mul1=2.0, mul3=3.0)

    assert labels(out.nodes()) == ["add1", "mul1", "mul3", "mul2", "add2", "constant1", "mul4", "add3"]


def test_a_minus_before_a_number_belongs_to_it() -> None:
    out = parse("w * -3", w=2.0)

    assert isinstance(out.operands[1], Constant)
    assert (out.operands[1].data, out.count()) == (-3.0, 3)


# ---------------------------------------------------------------------- numbers without end
@pytest.mark.parametrize(
    "text", ["2**10**10**10", "9**9**9**9", "1e400", "9" * 5000, "9" * 100_000, "0x" + "f" * 5000, "2**1e5"]
)
def test_a_number_too_large_is_inf_at_once(text: str) -> None:
    assert parse(text).data == math.inf


def test_a_value_too_large_is_inf() -> None:
    assert parse("a + b", a=10**400, b=1).data == math.inf
    assert parse("a", a=-(10**400)).data == -math.inf


def test_a_sum_may_be_of_any_length() -> None:
    terms = 100_000

    total = parse(" + ".join(["x1"] * terms), x1=1.0)
    total.backward()

    assert (total.data, total["x1"].grad, total.label) == (terms, terms, f"add{terms - 1}")


def test_pieces_of_a_long_sum_are_added_from_left_to_right() -> None:
    text = " - ".join(["a*b + -c**2"] * 300)
    values = {"a": 0.1, "b": 0.7, "c": 1.3}

    assert parse(text, learnable=None, **values).data == eval(text, {}, values)


def test_the_limits_are_reached_and_then_named() -> None:
    brackets, chain = DEEPEST_BRACKETS, DEEPEST_OPERATORS

    assert parse("(" * brackets + "x" + ")" * brackets, x=1.0).data == 1.0
    assert parse("*".join(["x"] * chain), x=1.0).data == 1.0
    assert parse("**".join(["x"] * chain), x=1.0).data == 1.0
    assert parse("-" * chain + "x", x=1.0).data == 1.0
    assert parse("max(1,-2**" * brackets + "x" + ")" * brackets, x=1.0).count() > 4 * brackets


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("(" * 50_000 + "x" + ")" * 50_000, DEEPEST_BRACKETS + 1),
        ("(" * 100_000, DEEPEST_BRACKETS + 1),
        ("tanh(" * 100_000, 5 * DEEPEST_BRACKETS + 5),
        ("-" * 100_000 + "x", DEEPEST_OPERATORS + 1),
        ("**".join(["x"] * 50_000), 3 * DEEPEST_OPERATORS + 2),
        ("x" + "*x" * 50_000, 2 * DEEPEST_OPERATORS + 2),
        ("(x" + "+x" * 50_000 + ")", 2 * DEEPEST_OPERATORS + 3),
    ],
)
def test_what_is_too_deep_is_a_parse_error(text: str, position: int) -> None:
    with pytest.raises(ParseError, match="write it in parts") as caught:
        parse(text, x=1.0)
    assert caught.value.position == position


def test_even_in_a_deep_call_stack_it_is_a_parse_error_or_a_graph() -> None:
    def deeper(levels: int) -> Value:
        return deeper(levels - 1) if levels else parse("x" + "*x" * 999, x=1.0)

    with suppress(ParseError):
        assert deeper(800).data == 1.0


# ---------------------------------------------------------------------- what is refused, and where
@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("", 1, "the text is empty"),
        (" \n ", 4, "the text is empty"),
        ("x +", 4, "the expression ends where a number, a name or \\( must stand"),
        ("x * * 2", 5, "a number, a name or \\( must stand here, not \\*"),
        ("x y", 3, "an operator is missing before y"),
        ("2(x)", 2, "an operator is missing before \\("),
        ("(x", 1, "this \\( is never closed"),
        ("x)", 2, "this \\) has no \\( before it"),
        ("()", 2, "must stand here, not \\)"),
        ("x, 2", 2, "this , has no \\( before it"),
        ("(x, 2)", 3, "a comma can only stand between the operands of a function"),
        ("sine(x)", 1, "'sine' is not a function here. Did you mean 'sin'\\?"),
        ("__import__(x)", 1, "'__import__' is not a function here. There are"),
        ("x + exp", 5, "'exp' is a function: write exp\\(...\\)"),
        ("1 + exp(x, 2)", 5, "exp takes 1 operand, not 2"),
        ("max(x)", 1, "max takes 2 operands, not 1"),
        ("max(x, 1, 2)", 1, "max takes 2 operands, not 3"),
        ("exp(*x)", 5, "must stand here, not \\*"),
        ("exp(**x)", 5, "must stand here, not \\*\\*"),
        ("pow(x, y=2)", 9, "'=' cannot stand here"),
        ("x // 2", 4, "must stand here, not /"),
        ("x % 2", 3, "'%' cannot stand here"),
        ("x.real", 2, "'.' cannot stand here"),
        ("x[0]", 2, "'\\[' cannot stand here"),
        ("x < 1", 3, "'<' cannot stand here"),
        ("(x := 1)", 4, "':' cannot stand here"),
        ("'x'", 1, "cannot stand here"),
        ("x # note", 3, "'#' cannot stand here"),
        ("x\0", 2, "cannot stand here"),
        ("x + é", 5, "'é' cannot stand here"),
        ("x + 1j", 5, "this is not a number"),
        ("x + 2x", 5, "this is not a number"),
        ("1..real", 1, "this is not a number"),
        ("x + 007", 5, "Python reads no such thing"),
        ("x + 1__0", None, "Python reads no such thing"),
        ("x + 0x", None, "Python reads no such thing"),
        ("True", 1, "'True' has another meaning"),
        ("lambda: x", 1, "'lambda' has another meaning"),
        ("not x", 1, "'not' has another meaning"),
        ("x if x else x", 3, "an operator is missing before if"),
        ("learnable * 2", 1, "'learnable' has another meaning"),
    ],
)
def test_everything_else_is_refused_at_its_column(text: str, position: int | None, sentence: str) -> None:
    with pytest.raises(ParseError, match=sentence) as caught:
        parse(text, x=1.0)
    assert position is None or caught.value.position == position
    assert f"Column {caught.value.position}: " in str(caught.value)


def test_a_mistake_is_pointed_at() -> None:
    with pytest.raises(ParseError) as caught:
        parse("tanh(x1 @ w1)")

    assert str(caught.value).splitlines()[1:] == ["    tanh(x1 @ w1)", "            ^"]


def test_of_a_long_text_only_the_surroundings_are_shown() -> None:
    text = "x + " * 5000 + "? + " + "x + " * 5000 + "x"

    with pytest.raises(ParseError) as caught:
        parse(text, x=1.0)

    _, shown, pointer = str(caught.value).splitlines()
    assert caught.value.position == 20_001
    assert len(shown) < 90
    assert shown[pointer.index("^")] == "?"


def test_only_a_text_is_parsed() -> None:
    with pytest.raises(ParseError, match="An expression is a text, but 3 was given"):
        parse(3)  # pyright: ignore[reportArgumentType]
