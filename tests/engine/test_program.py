"""A program is the graph, only faster: after the same calls it shows the same numbers under the same labels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Value
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


# ---------------------------------------------------------------- the same numbers after the same calls

Call = tuple[Any, ...]
calls: st.SearchStrategy[list[Call]] = st.lists(
    st.one_of(
        st.tuples(st.just("learn"), st.sampled_from([0.01, 0.1, 0.5])),
        st.just(("recalculate",)),
        st.just(("backward",)),
        st.tuples(st.just("set"), st.sampled_from(["w1", "w2", "b"]), st.floats(-2, 2)),
    ),
    max_size=8,
)


def call_graph(graph: Value, call: Call) -> None:
    match call:
        case ("learn", rate):
            graph.recalculate()  # a program always learns from its leaves' numbers of today
            graph.learn(rate)
        case ("backward",):
            graph.recalculate()
            graph.backward()
        case ("recalculate",):
            graph.recalculate()
        case ("set", label, number):
            graph[label].data = number


def call_program(program: Program, call: Call) -> None:
    match call:
        case ("learn", rate):
            program.learn(rate)
        case ("backward",):
            program.backward()
        case ("recalculate",):
            program.recalculate()
        case ("set", label, number):
            program[label].data = number


@on_every_executor
@pytest.mark.parametrize("inputs", [[], ["x1"], ["x1", "x2"]], ids=["no column", "a column", "two columns"])
@given(sequence=calls)
def test_after_any_calls_the_numbers_are_the_graphs(executor: str, inputs: list[str], sequence: list[Call]) -> None:
    graph = neuron()
    graph.backward()
    program = neuron().compile(inputs, executor=executor)

    for call in sequence:
        call_graph(graph, call)
        call_program(program, call)

        assert numbers(program, LABELS) == pytest.approx(numbers(graph, LABELS), rel=1e-12, abs=1e-14)
        assert gradients(program, LABELS) == pytest.approx(gradients(graph, LABELS), rel=1e-12, abs=1e-14)
        assert program.data == pytest.approx(graph.data, rel=1e-12)


@on_every_executor
@pytest.mark.parametrize("lanes", [1, 9, 150])
@given(sequence=calls)
@settings(max_examples=15)
def test_over_columns_it_is_the_mean_of_the_graph_over_the_lanes(
    executor: str, lanes: int, sequence: list[Call]
) -> None:
    """The reference is the loss of all samples written out, over the same leaves: Σ loss / lanes."""
    x1, x2 = np.random.default_rng(lanes).uniform(-1, 1, (2, lanes))
    graph = unrolled(x1.tolist(), x2.tolist())
    program = neuron().compile(["x1", "x2"], executor=executor)
    program.recalculate({"x1": x1, "x2": x2})
    program.backward()
    graph.backward()

    for call in sequence[:4]:
        call_graph(graph, call)
        call_program(program, call)

    assert program.data == pytest.approx(graph.data, rel=1e-10)
    parameters = ["w1", "w2", "b"]
    assert numbers(program, parameters) == pytest.approx(numbers(graph, parameters), rel=1e-10)
    assert gradients(program, parameters) == pytest.approx(gradients(graph, parameters), rel=1e-10, abs=1e-14)
    for label in ("p1", "s1", "pre", "out", "loss"):
        lanes_of = [graph[f"{label}.{k}"] for k in range(lanes)]
        assert program.values(label) == pytest.approx([node.data for node in lanes_of], rel=1e-10, abs=1e-14)
        assert program[label].grad == pytest.approx(sum(node.grad for node in lanes_of), rel=1e-9, abs=1e-14)


def unrolled(x1: list[float], x2: list[float]) -> Value:
    w1, w2, b = (Value(number, label) for number, label in ((0.7, "w1"), (-0.3, "w2"), (0.1, "b")))
    losses = []
    for k, (first, second) in enumerate(zip(x1, x2, strict=True)):
        total = (b + (w1 * first).labelled(f"p1.{k}")).labelled(f"s1.{k}")
        total = (total + (w2 * second).labelled(f"p2.{k}")).labelled(f"pre.{k}")
        losses.append(((total.tanh(label=f"out.{k}") - 0.2) ** 2).labelled(f"loss.{k}"))
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    return total / len(losses)


@on_every_executor
@given(rate=st.sampled_from([0.01, 0.3]), steps=st.integers(1, 12))
def test_many_steps_in_one_call_are_that_many_calls(executor: str, rate: float, steps: int) -> None:
    at_once, one_by_one = (neuron().compile(["x1"], executor=executor) for _ in range(2))
    graph = neuron()

    at_once.learn(rate, steps=steps)
    for _ in range(steps):
        one_by_one.learn(rate)
        graph.recalculate()
        graph.learn(rate)

    for label in ("w1", "w2", "b", "p1", "pre", "loss"):
        assert at_once[label].data == one_by_one[label].data == pytest.approx(graph[label].data, rel=1e-12)
        assert at_once[label].grad == one_by_one[label].grad == pytest.approx(graph[label].grad, rel=1e-12)


@on_every_executor
def test_a_network_learns_as_its_graph_does(executor: str) -> None:
    def network() -> Value:
        output = MLP(2, [4, 3, 1], activation="tanh", seed=3)([0.5, -0.8])
        assert isinstance(output, Value)
        return (output - 0.9) ** 2

    graph, program = network(), network().compile(executor=executor)

    for _ in range(20):
        graph.learn(0.05)
        graph.recalculate()
    program.learn(0.05, steps=20)

    assert program.recalculate() == pytest.approx(graph.data, rel=1e-10, abs=1e-15)
    ours, theirs = ([each.data for each in either.parameters()] for either in (program, graph))
    assert ours == pytest.approx(theirs, rel=1e-12)


# ---------------------------------------------------------------- whose numbers


@on_every_executor
def test_the_graph_does_not_notice_before_store(executor: str) -> None:
    graph = neuron()
    before, slopes = numbers(graph, LABELS), gradients(graph, LABELS)
    program = graph.compile(["x1"], executor=executor)

    program["b"].data = 0.9
    program.recalculate({"x1": [1.0, 2.0]})
    program.learn(0.1, steps=3)

    assert (numbers(graph, LABELS), gradients(graph, LABELS)) == (before, slopes)

    program.store()

    assert numbers(graph, LABELS) == numbers(program, LABELS)
    assert gradients(graph, LABELS) == gradients(program, LABELS)
    assert graph["b"].data != before["b"]
    assert all(type(node.data) is float and type(node.grad) is float for node in graph.nodes())


@on_every_executor
def test_a_program_does_not_notice_the_graph(executor: str) -> None:
    graph = neuron()
    program = graph.compile(["x1"], executor=executor)
    before = numbers(program, ["w1", "p1", "out", "loss"])

    graph["w1"].data = 5.0
    graph.recalculate()
    program.recalculate()

    assert numbers(program, ["w1", "p1", "out", "loss"]) == before


@on_every_executor
def test_two_programs_of_one_graph_do_not_disturb_each_other(executor: str) -> None:
    graph = neuron()
    first, second = graph.compile(executor=executor), graph.compile(executor=executor)

    first.learn(0.5, steps=5)

    assert second.data == pytest.approx(graph.data, rel=1e-12)
    assert second["w1"].data == graph["w1"].data != first["w1"].data


@on_every_executor
def test_it_starts_with_the_gradients_of_its_numbers(executor: str) -> None:
    graph = neuron()
    program = graph.compile(["x2"], executor=executor)
    graph.backward()

    found = gradients(program, ["w1", "p1", "p2", "pre", "x2", "x1"])

    assert found == pytest.approx(gradients(graph, ["w1", "p1", "p2", "pre", "x2", "x1"]), rel=1e-12)


def test_both_executors_give_the_same_numbers() -> None:
    grown: Callable[[], Value] = neuron
    programs = [grown().compile(["x1", "x2"], executor=name) for name in available()]
    x1, x2 = np.random.default_rng(1).uniform(-1, 1, (2, 77))

    for program in programs:
        program.recalculate({"x1": x1, "x2": x2})
        program.learn(0.1, steps=30)
        program.recalculate()

    assert [program["w1"].data for program in programs] == pytest.approx([programs[0]["w1"].data] * len(programs))
