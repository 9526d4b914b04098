"""Neurons that do not share their inputs: a layer may be written so that each looks at some of them only."""

from collections.abc import Sequence

import numpy as np
import pytest

from mgrad.engine import MLP, Layer, Neuron, Trainer, Value
from mgrad.engine.executors import available

SEEN = {
    "windows": [[j, j + 1, j + 2] for j in range(8)],
    "halves": [[0, 1, 2, 3, 4]] * 4 + [[5, 6, 7, 8, 9]] * 4,
    "scattered": [sorted(np.random.default_rng(j).choice(10, 5, replace=False).tolist()) for j in range(8)],
    "of any number": [list(range(j, 10)) for j in range(8)],
}


class Sparse(Layer):
    """A layer in which neuron j sees the inputs `seen[j]`."""

    def __init__(self, inputs: int, seen: Sequence[Sequence[int]], label: str) -> None:
        super().__init__(inputs, len(seen), "tanh", seed=1, label=label)
        self.seen = seen
        self.neurons = [
            Neuron(len(inputs), "tanh", seed=j, label=f"{label}.neuron{j}") for j, inputs in enumerate(seen, start=1)
        ]

    def grow(self, nodes: Sequence[Value]) -> list[Value]:
        return [neuron.grow([nodes[k] for k in seen]) for neuron, seen in zip(self.neurons, self.seen, strict=True)]


def sparse_network(seen: Sequence[Sequence[int]]) -> MLP:
    net = MLP(10, [len(seen), 1], activation="tanh", seed=2)
    net.layers[0] = Sparse(10, seen, "layer1")
    return net


def learned_by_hand(net: MLP, seen: Sequence[Sequence[int]], inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The parameters after 30 steps of rate 0.05 over all samples: whole matrices, in which weights that are not there
    stay 0."""
    first, (last,) = net.layers[0].neurons, net.layers[1].neurons
    there = np.zeros((len(seen), 10), dtype=bool)
    for row, columns in zip(there, seen, strict=True):
        row[columns] = True
    weights = np.zeros(there.shape)
    weights[there] = [weight.data for neuron in first for weight in neuron.weights]
    biases = np.array([neuron.bias.data for neuron in first])
    out, bias = np.array([weight.data for weight in last.weights]), last.bias.data
    for _ in range(30):
        hidden = np.tanh(inputs @ weights.T + biases)
        error = 2.0 * (hidden @ out + bias - targets) / len(targets)
        slopes = np.outer(error, out) * (1.0 - hidden**2)
        out, bias = out - 0.05 * error @ hidden, bias - 0.05 * error.sum()
        weights, biases = weights - 0.05 * (slopes.T @ inputs) * there, biases - 0.05 * slopes.sum(axis=0)
    rows = [[*row[columns], b] for row, columns, b in zip(weights, seen, biases, strict=True)]
    return np.array([*(number for row in rows for number in row), *out, bias])


@pytest.mark.parametrize("executor", available())
@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_they_learn_as_whole_matrices_do_in_which_weights_are_missing(executor: str, seen: list[list[int]]) -> None:
    random = np.random.default_rng(4)
    inputs, targets = random.normal(size=(37, 10)), random.normal(size=37)
    net = sparse_network(seen)
    expected = learned_by_hand(net, seen, inputs, targets)
    trainer = Trainer(net, (inputs, targets), learning_rate=0.05, batch_size=37, executor=executor)

    trainer.run(steps=30)

    assert [parameter.data for parameter in net.parameters()] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_their_curve_and_their_health_are_told() -> None:
    random = np.random.default_rng(4)
    net = sparse_network(SEEN["of any number"])
    trainer = Trainer(net, (random.normal(size=(20, 10)), random.normal(size=20)), learning_rate=0.05, batch_size=20)
    trainer.run(epochs=3)

    now = trainer.snapshot()

    assert now.curve.train[3] < now.curve.train[0]
    change, weights, gradient = (
        np.array(
            [numbers[trainer.place_of(weight.label)] for neuron in net.layers[0].neurons for weight in neuron.weights]
        )
        for numbers in (now.after - now.before, now.before, now.gradients)
    )
    first, _ = trainer.health(now)
    assert first.update == pytest.approx(np.log10(np.sqrt((change**2).mean() / (weights**2).mean())))
    assert first.gradient == pytest.approx(np.sqrt((gradient**2).mean()))
    assert now.curve.updates[3].tolist()[0] == first.update
