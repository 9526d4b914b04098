"""Layers, as lowering finds them: weights that lie evenly in the slots, whether or not outputs share some of them."""

from collections.abc import Callable

import numpy as np
import pytest

from mgrad.engine import MLP, Value
from mgrad.engine.executors import available, make_executor
from mgrad.engine.lowering import lower
from mgrad.engine.tape import LAYER, OP

on_every_executor = pytest.mark.parametrize("executor", available())
Weight = Callable[[int, int], int]  # which weight stands at output j and source k

GRIDS: dict[str, Weight] = {
    "weights of their own": lambda j, k: 100 * j + k,
    "the same weights for all outputs": lambda j, k: k,
    "one weight for all sources": lambda j, k: j,
    "a single weight": lambda j, k: 0,
    "a window that slides": lambda j, k: j + k,
    "a window that slides back": lambda j, k: 50 - j + k,
    "a window that slides by two": lambda j, k: 2 * j + k,
    "sources backwards": lambda j, k: 100 * j + 60 - k,
    "outputs first": lambda j, k: 7 * k + j,
}


def network(weight: Weight, outputs: int, sources: int, own_bias: bool) -> tuple[Value, list[Value], list[Value]]:
    """tanh of each output's sum, added up with different factors; the graph, its inputs and its weights."""
    places = sorted({weight(j, k) for j in range(outputs) for k in range(sources)})
    weights = {place: Value(np.sin(1.0 + place), f"w{place}") for place in places}
    biases = [Value(0.1 * j, f"b{j}") for j in range(outputs if own_bias else 1)]
    inputs = [Value(0.0, f"x{k}", learnable=False) for k in range(sources)]
    total = Value(0.0, learnable=False)
    for j in range(outputs):
        pre = biases[j if own_bias else 0]
        for k, column in enumerate(inputs):
            pre = pre + weights[weight(j, k)] * column
        total = total + pre.tanh() * (0.5 + j)
    return total, inputs, [*weights.values(), *biases]


def by_the_interpreter(root: Value, inputs: list[Value], parameters: list[Value], columns: np.ndarray) -> np.ndarray:
    gradients = np.zeros(len(parameters))
    for lane in columns.T.tolist():
        for leaf, number in zip(inputs, lane, strict=True):
            leaf.data = number
        root.recalculate()
        root.backward()
        gradients += [parameter.grad for parameter in parameters]
    return gradients / columns.shape[1]


@on_every_executor
@pytest.mark.parametrize("weight", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize(("outputs", "sources"), [(1, 2), (2, 33), (3, 8), (5, 40), (9, 9), (8, 3)])
@pytest.mark.parametrize("own_bias", [True, False], ids=["biases", "one bias"])
def test_a_layer_has_the_gradients_of_its_sums(
    executor: str, weight: Weight, outputs: int, sources: int, own_bias: bool
) -> None:
    root, inputs, parameters = network(weight, outputs, sources, own_bias)
    columns = np.random.default_rng(sources).uniform(-1.0, 1.0, (sources, 13))
    expected = by_the_interpreter(root, inputs, parameters, columns)
    made = make_executor(lower(root, inputs, parameters=parameters), executor)

    made.run(columns)

    assert made.gradients[: len(parameters)] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@on_every_executor
@pytest.mark.parametrize("learns", [[2], [0], [1, 2], [0, 2]], ids=str)
def test_some_outputs_learn_and_others_beside_them_do_not(executor: str, learns: list[int]) -> None:
    root, inputs, parameters = network(GRIDS["weights of their own"], 3, 4, own_bias=True)
    columns = np.random.default_rng(3).uniform(-1.0, 1.0, (4, 13))
    chosen = [*(parameter for j in learns for parameter in parameters[4 * j : 4 * j + 4]), parameters[12 + learns[-1]]]
    expected = by_the_interpreter(root, inputs, chosen, columns)
    made = make_executor(lower(root, inputs, parameters=chosen), executor)

    made.run(columns)

    assert made.gradients[: len(chosen)] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("weight", GRIDS.values(), ids=GRIDS)
def test_every_grid_becomes_a_single_layer(weight: Weight) -> None:
    root, inputs, parameters = network(weight, 3, 8, own_bias=True)

    tape = lower(root, inputs, parameters=parameters)

    assert (tape.code[:, OP] == LAYER).sum() == 2  # and the sum of the outputs


@on_every_executor
@pytest.mark.parametrize("sizes", [[1], [2, 1], [8, 1], [9, 3], [16, 16, 1], [40, 5, 2], [1, 33, 1]], ids=str)
@pytest.mark.parametrize("lanes", [1, 7, 129])
def test_networks_of_any_size(executor: str, sizes: list[int], lanes: int) -> None:
    net = MLP(3, sizes, activation="tanh", seed=1)
    inputs = [Value(0.0, f"x{k}", learnable=False) for k in range(3)]
    answers = net(list(inputs))
    outputs = answers if isinstance(answers, list) else [answers]
    root = sum(output * output for output in outputs)
    assert isinstance(root, Value)
    columns = np.random.default_rng(lanes).uniform(-1.0, 1.0, (3, lanes))
    expected = by_the_interpreter(root, inputs, net.parameters(), columns)
    made = make_executor(lower(root, inputs, parameters=net.parameters()), executor)

    made.run(columns)

    assert made.gradients[: len(expected)] == pytest.approx(expected, rel=1e-9, abs=1e-12)
