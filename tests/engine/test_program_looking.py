"""Looking into a program and setting its leaves; and the sentences for what it cannot do."""

from math import inf
from typing import Any

import numpy as np
import pytest

from mgrad.engine import Constant, Value
from mgrad.engine.errors import LabelError, NotFiniteError, OperandError, OptionError, ShapeError, UnknownLabel
from mgrad.engine.executors import available
from mgrad.engine.program import Program

on_every_executor = pytest.mark.parametrize("executor", available())


def neuron() -> Value:
    x1, x2 = (Value(number, label, learnable=False) for number, label in ((0.5, "x1"), (-1.5, "x2")))
    w1, w2, b = (Value(number, label) for number, label in ((0.7, "w1"), (-0.3, "w2"), (0.1, "b")))
    total = ((b + (w1 * x1).labelled("p1")).labelled("s1") + (w2 * x2).labelled("p2")).labelled("pre")
    return ((total.tanh(label="out") - 0.2).labelled("error") ** 2).labelled("loss")


LABELS = ["x1", "x2", "w1", "w2", "b", "p1", "s1", "p2", "pre", "out", "error", "loss"]


def numbers(graph: Value | Program, labels: list[str]) -> dict[str, float]:
    return {label: graph[label].data for label in labels}


def gradients(graph: Value | Program, labels: list[str]) -> dict[str, float]:
    return {label: graph[label].grad for label in labels}


# ---------------------------------------------------------------- looking


@on_every_executor
class TestLooking:
    def test_find_gives_an_entry_or_none(self, executor: str) -> None:
        program = neuron().compile(executor=executor)

        entry = program.find("w1")

        assert entry is not None
        assert (entry.label, entry.data) == ("w1", 0.7)
        assert program.find("w9") is None

    def test_brackets_name_the_nearest_labels(self, executor: str) -> None:
        with pytest.raises(UnknownLabel, match=r"No node is labelled 'w9'\. Nearest: "):
            neuron().compile(executor=executor)["w9"]

    def test_values_are_one_a_lane_or_a_single_one(self, executor: str) -> None:
        program = neuron().compile(["x1"], executor=executor)
        program.recalculate({"x1": [1.0, 2.0, 3.0]})

        assert program.values("p1").tolist() == pytest.approx([0.7, 1.4, 2.1])
        assert program.values("x1").tolist() == [1.0, 2.0, 3.0]
        assert program.values("p2").tolist() == pytest.approx([0.45])
        assert program["p1"].data == pytest.approx(1.4)

    def test_values_are_the_callers_own(self, executor: str) -> None:
        program = neuron().compile(["x1"], executor=executor)
        program.values("out")[:] = 99.0
        program.values("w1")[:] = 99.0

        assert program["w1"].data == 0.7
        assert program["out"].data != 99.0

    def test_columns_are_copied(self, executor: str) -> None:
        program = neuron().compile(["x1"], executor=executor)
        column = np.array([1.0, 2.0])
        program.recalculate({"x1": column})

        column[:] = 99.0

        assert program.values("x1").tolist() == [1.0, 2.0]
        program.recalculate()
        assert program.values("x1").tolist() == [1.0, 2.0]

    def test_numbers_stay_as_they_were_until_recalculate(self, executor: str) -> None:
        program = neuron().compile(["x1"], executor=executor)
        before = numbers(program, ["p1", "pre", "loss"])

        program["w1"].data = 2.0

        assert program["w1"].data == 2.0
        assert numbers(program, ["p1", "pre", "loss"]) == before
        program.recalculate()
        assert program["p1"].data == 1.0

    def test_a_learnable_input_is_a_column_and_never_learns(self, executor: str) -> None:
        w, x = Value(2.0, "w"), Value(3.0, "x")
        program = (w * x).compile([x], executor=executor)

        program.learn(0.1)

        assert [entry.label for entry in program.parameters()] == ["w"]
        assert program["x"].data == 3.0
        assert program["w"].data == pytest.approx(1.7)

    def test_count_and_repr(self, executor: str) -> None:
        program = neuron().compile(["x1"], executor=executor)

        assert program.count() == neuron().count()
        assert repr(program).startswith("Program('loss', 14 nodes, columns x1, data=")
        assert repr(program["w1"]).startswith("Entry('w1', data=0.7, grad=")

    def test_an_input_that_is_the_root(self, executor: str) -> None:
        program = Value(2.0, "x").compile(["x"], executor=executor)

        assert program.recalculate({"x": [1.0, 2.0, 6.0]}) == 3.0
        program.backward()
        assert program["x"].grad == pytest.approx(1.0)

    def test_a_constant_as_root(self, executor: str) -> None:
        program = Constant(2.0).compile(executor=executor)

        program.learn(0.1)

        assert program.data == 2.0
        assert program.parameters() == []

    def test_minus_zero_keeps_its_sign(self, executor: str) -> None:
        program = Value(-0.0, "x").compile(executor=executor)

        assert repr(program["x"].data) == "-0.0"


# ---------------------------------------------------------------- errors


@on_every_executor
class TestErrors:
    @pytest.mark.parametrize(
        ("columns", "sentence"),
        [
            ({}, "The columns are x1, x2, but none were given."),
            ({"x1": [1.0]}, "The columns are x1, x2, but x1 were given."),
            ({"x1": [1.0], "x3": [1.0]}, "The columns are x1, x2, but x1, x3 were given."),
            ({"x1": [1.0, 2.0], "x2": [1.0]}, r"equally long, .* but here: x1 \(2,\), x2 \(1,\)"),
            ({"x1": [[1.0]], "x2": [[1.0]]}, "Columns are flat"),
            ({"x1": 1.0, "x2": 2.0}, "Columns are flat"),
            ({"x1": [], "x2": []}, "with a number or more each"),
        ],
    )
    def test_columns_that_do_not_fit(self, executor: str, columns: dict[str, Any], sentence: str) -> None:
        program = neuron().compile(["x1", "x2"], executor=executor)
        before = program.values("out")

        with pytest.raises(ShapeError, match=sentence):
            program.recalculate(columns)

        assert (program.values("out") == before).all()

    def test_columns_for_a_program_without_any(self, executor: str) -> None:
        program = neuron().compile(executor=executor)

        assert program.recalculate({}) == program.data
        with pytest.raises(ShapeError, match="The columns are none, but x1 were given"):
            program.recalculate({"x1": [1.0]})

    @pytest.mark.parametrize("label", ["pre", "p1", "x1", "loss"])
    def test_only_leaves_can_be_set(self, executor: str, label: str) -> None:
        program = neuron().compile(["x1"], executor=executor)

        with pytest.raises(LabelError, match=f"Only a leaf that is not a column can be set, but '{label}' is not one."):
            program[label].data = 1.0

    def test_a_constant_cannot_be_set(self, executor: str) -> None:
        loss = Value(3.0, "x") ** 2
        program = loss.compile(executor=executor)

        with pytest.raises(LabelError, match="Only a leaf"):
            program[loss.operands[1].label].data = 3.0

    def test_a_leaf_is_set_to_a_number(self, executor: str) -> None:
        with pytest.raises(OperandError, match="A value is a number, but 'one' was given"):
            neuron().compile(executor=executor)["w1"].data = "one"  # pyright: ignore[reportAttributeAccessIssue]

    @pytest.mark.parametrize(
        ("inputs", "error", "sentence"),
        [
            ("x1", OptionError, r"the text 'x1' was given: write \['x1'\]"),
            (["x9"], UnknownLabel, "No node is labelled 'x9'"),
            (["pre"], LabelError, "Only a leaf can become a column, but 'pre' is computed"),
            ([Value(1.0, "stranger")], LabelError, "'stranger' was given as an input, but it is no node of this graph"),
        ],
    )
    def test_inputs_that_are_none(self, executor: str, inputs: Any, error: type[Exception], sentence: str) -> None:
        with pytest.raises(error, match=sentence):
            neuron().compile(inputs, executor=executor)

    @pytest.mark.parametrize("steps", [0, -1, 1.5, "2"])
    def test_steps_are_a_whole_number(self, executor: str, steps: int) -> None:
        with pytest.raises(OptionError, match=r"steps is .*, but must be a whole number from 1 up"):
            neuron().compile(executor=executor).learn(0.1, steps=steps)

    def test_a_number_that_is_not_finite_stops_before_the_step(self, executor: str) -> None:
        w = Value(1.0, "w")
        program = ((w * 3.0).exp(label="big") + w).compile(executor=executor)

        with pytest.raises(NotFiniteError) as caught:
            program.learn(-1.0, steps=50)  # uphill

        assert caught.value.label == "big"
        assert caught.value.number == inf
        assert caught.value.step is not None
        assert caught.value.step > 1
        assert np.isfinite(program["w"].data)
        stuck = program["w"].data
        with pytest.raises(NotFiniteError):
            program.learn(-1.0)
        assert program["w"].data == stuck

    def test_in_which_lane_ever_it_is(self, executor: str) -> None:
        w, x = Value(1.0, "w"), Value(1.0, "x")
        program = (w / x).labelled("quotient").compile([x], executor=executor)
        program.recalculate({"x": [1.0] * 199 + [0.0]})

        with pytest.raises(NotFiniteError, match=r"^quotient is \+inf\."):
            program.learn(0.1)

        assert program["w"].data == 1.0

    def test_a_mean_of_huge_numbers_does_not_overflow(self, executor: str) -> None:
        w, x = Value(1.0, "w"), Value(1.0, "x")
        program = (w.tanh() + x).compile([x], executor=executor)

        assert program.recalculate({"x": [1.7e308] * 200}) == pytest.approx(1.7e308)
        program.learn(0.1)

        assert program["w"].data < 1.0
