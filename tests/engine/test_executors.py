"""The executors agree: whatever graph they run, fused or not, over any number of lanes, it is the interpreter's answer.

The interpreter (`Value`) runs a graph once for each lane; an executor runs its tape once over all of them. Numbers may
differ in their last digits, since sums are taken in another order.
"""

import functools
import math
import re

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mgrad.engine import Value, parse
from mgrad.engine.executors import available, make_executor
from mgrad.engine.executors.base import Memory, Penalty, Steps
from mgrad.engine.executors.packing import ACTIVATIONS
from mgrad.engine.lowering import lower
from mgrad.engine.operations import OPERATIONS
from mgrad.engine.tape import LAYER, OP, SPREAD, SUM
from tests.engine.random_graphs import (
    LANES,
    Grown,
    Random,
    Reference,
    column_numbers,
    disagreements,
    interpret,
    numbers,
    ordinary,
    recipes,
)

on_every_executor = pytest.mark.parametrize("executor", available())
fused_and_not = pytest.mark.parametrize("fuse", [True, False], ids=["fused", "unfused"])

# ---------------------------------------------------------------- random graphs, over lanes

ADDED_TO_ITSELF = Random([0.0], 2, [("add", 1, 0, 0.5), ("add", 1, 1, 0.5)], keep=True)


@on_every_executor
@fused_and_not
@given(recipe=recipes, lanes=LANES, seed=numbers)
@example(recipe=ADDED_TO_ITSELF, lanes=1, seed=0)
def test_random_graphs(executor: str, fuse: bool, recipe: Random, lanes: int, seed: int) -> None:
    grown = Grown(recipe)
    columns = column_numbers(recipe.columns, lanes, seed)
    reference = interpret(grown.root, grown.inputs, columns)
    assume(ordinary(reference))
    tape = lower(grown.root, grown.inputs, fuse=fuse, every_gradient=True)
    made = make_executor(tape, executor)

    made.run(columns)

    assert disagreements(tape, made, grown.root, reference) == []


@on_every_executor
@given(recipe=recipes, learning=st.integers(1, 15), lanes=LANES, seed=numbers)
def test_gradients_of_parameters_alone_are_those_of_all_gradients(
    executor: str, recipe: Random, learning: int, lanes: int, seed: int
) -> None:
    grown = Grown(recipe)
    parameters = [weight for k, weight in enumerate(grown.weights) if learning >> k & 1]
    columns = column_numbers(recipe.columns, lanes, seed)
    reference = interpret(grown.root, grown.inputs, columns)
    assume(ordinary(reference))
    tape = lower(grown.root, grown.inputs, parameters=parameters)  # some of which may not be in the graph
    made = make_executor(tape, executor)

    made.run(columns)

    nodes = {id(node): k for k, node in enumerate(grown.root.nodes())}
    for slot, weight in enumerate(parameters):
        k = nodes.get(id(weight))
        expected = 0.0 if k is None else reference.slopes[k].mean()
        room = 1e-12 if k is None else 1e-9 * reference.slope_sizes[k].mean() + 1e-12
        assert abs(made.gradients[slot] - expected) <= room


def test_the_recipes_reach_every_kind_of_instruction() -> None:
    """A check of the test itself: fused chains, spread uniforms and uniform parts do occur."""
    seen: set[str] = set()

    @given(recipe=recipes)
    @settings(max_examples=100, database=None, derandomize=True)
    def look(recipe: Random) -> None:
        grown = Grown(recipe)
        tape = lower(grown.root, grown.inputs)
        seen.update({LAYER: "layer", SUM: "sum", SPREAD: "spread"}.get(int(row[OP]), "") for row in tape.code)
        seen.update("uniform" for _ in tape.uniform_code)
        seen.update("swallowed" for node in grown.root.nodes() if id(node) not in tape.place)
        seen.update("uniform root" for _ in range(tape.place[id(grown.root)] >= 0))

    look()

    assert {"layer", "sum", "spread", "uniform", "swallowed", "uniform root"} <= seen


# ---------------------------------------------------------------- graphs with a point


def neuron(count: int) -> str:
    return "tanh(w1" + "".join(f" + w{k}*x{k % 3 + 1}" for k in range(2, count + 2)) + ")"


SHAPES = {
    **{f"a neuron of {count}": neuron(count) for count in (1, 3, 4, 5, 8, 13)},
    "a weight twice": "w1*x1 + w1*x2 + w1*x1",
    "a row twice": "w1*x1 + w2*x1 + w3",
    "products of uniforms": "(w1*w2)*x1 + w1*x2 + w1*w2 + (w1 + w2)",
    "several uniform terms": "w1 + (w2 + w3*x1) + (2 + w4) + 1.5",
    "a sum that is used twice": "tanh(w1 + w2*x1) * (w1 + w2*x1) + x2",
    "products of rows": "w1*x1 + x1*x2 + x1*x1",
    "a square of a sum": "(w1*x1 + w2 - x2) ** 2",
    "a uniform power": "w1**2 * x1**2 + w2**2",
    "a uniform in many places": "max(tanh(w1) / (x1*x1 + 1), w1) - w1",
    "an input alone": "x1",
    "a parameter alone": "w1",
    "a uniform root": "tanh(w1*w2)",
    "an input that is shared": "x1 * tanh(x1) + w1*x1",
    "sums of plain rows": "x1 + x2 + x3 + x1",
    "a deep chain": "tanh(0.1 + 0.9*" * 40 + "w1*x1" + ")" * 40,
}
on_every_shape = pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)


def grown(text: str) -> tuple[Value, list[Value]]:
    names = sorted(set(re.findall(r"[wx]\d+", text)))
    root = parse(text, learnable=None, **{name: 0.3 * int(name[1:]) - 0.7 for name in names})
    return root, [root[name] for name in names if name.startswith("x")]


@functools.cache
def interpreted(text: str, lanes: int) -> tuple[Value, list[Value], np.ndarray, Reference]:
    root, inputs = grown(text)
    columns = column_numbers(len(inputs), lanes, seed=lanes)
    return root, inputs, columns, interpret(root, inputs, columns)


@on_every_executor
@fused_and_not
@on_every_shape
@pytest.mark.parametrize("lanes", [1, 8, 13, 127, 128, 129, 300])
def test_shapes_over_ragged_lanes(executor: str, fuse: bool, text: str, lanes: int) -> None:
    root, inputs, columns, reference = interpreted(text, lanes)
    tape = lower(root, inputs, fuse=fuse, every_gradient=True)
    made = make_executor(tape, executor)

    made.run(columns)

    assert disagreements(tape, made, root, reference) == []


@on_every_executor
@on_every_shape
@pytest.mark.parametrize("lanes", [1, 5, 128, 300])
def test_evaluating_and_training_in_tiles_give_what_a_whole_run_gives(executor: str, text: str, lanes: int) -> None:
    root, inputs = grown(text)
    columns = column_numbers(len(inputs), lanes, seed=lanes)
    tape = lower(root, inputs)
    whole, tiled = make_executor(tape, executor), make_executor(tape, executor)
    parameters = len(tape.parameters)
    order = np.random.default_rng(1).permutation(lanes)
    plan = Steps(order, np.array([0]), np.array([lanes]), np.array([0.1]))
    places = list(tape.place.values())

    whole.run(columns)
    found = tiled.evaluate(columns, places)
    done = tiled.train(
        columns, plan, "sgd", Memory.of(parameters), Penalty(0.0, 0.0, np.zeros(parameters, dtype=bool))
    )  # fmt: skip

    for numbers_found, place in zip(found, places, strict=True):
        assert numbers_found == pytest.approx(np.broadcast_to(whole.values(place), lanes), rel=1e-12, abs=1e-12)
    assert done == 1
    assert tiled.gradients[:parameters] == pytest.approx(whole.gradients[:parameters], rel=1e-9, abs=1e-12)
    moved = whole.uniforms[:parameters] - 0.1 * whole.gradients[:parameters]
    assert tiled.uniforms[:parameters] == pytest.approx(moved, rel=1e-9, abs=1e-12)


@pytest.mark.skipif("native" not in available(), reason="no compiler")
@pytest.mark.parametrize("text", [neuron(5), neuron(13), SHAPES["products of rows"], SHAPES["a deep chain"]])
def test_what_is_evaluated_has_the_same_bits_in_tiles_of_any_size(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root, inputs = grown(text)
    columns = column_numbers(len(inputs), 300, seed=1)
    tape = lower(root, inputs)
    answers = []
    for tile in (128, 8, 24, 100, 512):
        monkeypatch.setattr("mgrad.engine.executors.native_executor.TILE", tile)
        answers.append(make_executor(tape, "native").evaluate(columns, [tape.root_place]).tobytes())

    assert len(set(answers)) == 1


@on_every_executor
def test_fewer_and_more_lanes_in_turn(executor: str) -> None:
    root, inputs = grown(neuron(5))
    tape = lower(root, inputs, every_gradient=True)
    made = make_executor(tape, executor)

    for lanes in (3, 300, 1, 128, 9):
        columns = column_numbers(len(inputs), lanes, seed=lanes)
        fresh = make_executor(tape, executor)
        made.run(columns)
        fresh.run(columns)
        assert made.values(-1).shape == (lanes,)
        assert (made.gradients == fresh.gradients).all()
        assert all((a == b).all() for a, b in zip(made.rows(), fresh.rows(), strict=True))


def test_an_activation_within_a_layer_has_the_same_derivative_by_its_answer() -> None:
    for name in ACTIVATIONS:
        row = OPERATIONS[name]
        for operand in (-800.0, -2.0, -1e-300, -0.0, 0.0, 1e-300, 0.5, 30.0, math.inf, -math.inf, math.nan):
            answer = row.forward(operand)
            by_operand, by_answer = row.partials[0](answer, operand), row.partials[0](answer, answer)
            assert by_answer == by_operand or (math.isnan(by_answer) and math.isnan(by_operand))
