"""The workloads: which network learns from which data.

Each is a training of the public `Trainer` on a network made by `MLP`. What a peer needs to do the same work stands here
too: the first weights as arrays, and the batches in the Trainer's own order. The numbers of samples are whole multiples
of the batch, so that nobody pays for a short last batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mgrad.datasets import load
from mgrad.engine import MLP, Trainer

Floats = NDArray[np.float64]
Samples = tuple[Floats, Floats]  # inputs (samples, features) and targets (samples,), as the Trainer takes them

LEARNING_RATE = 0.01
SEED = 7


@dataclass(frozen=True)
class Batches:
    """Batches lying ready in memory: inputs (batches, samples, features) and targets (batches, samples, outputs)."""

    inputs: Floats
    targets: Floats

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Workload:
    """A network, its data, and the ratio to the best peer (and share of the machine's peak) that is aimed at."""

    name: str
    caption: str
    sizes: tuple[int, ...]  # the inputs first, the outputs last
    activation: str  # of the hidden layers: relu or tanh
    loss: str  # hinge, mse or softmax
    batch: int
    samples: Callable[[], Samples]
    target: float | None = None
    share_target: float | None = None

    @cached_property
    def data(self) -> Samples:
        """Inputs and targets; targets are signs, numbers, or positions of classes for softmax."""
        return self.samples()

    @property
    def steps_an_epoch(self) -> int:
        """Batches that make one pass over the data."""
        return len(self.data[0]) // self.batch

    def network(self) -> MLP:
        """The network at its start: the same weights every time."""
        return MLP(self.sizes[0], self.sizes[1:], activation=self.activation, init="xavier", seed=SEED)

    def trainer(self, net: MLP) -> Trainer:
        """The training, as anybody would write it."""
        return Trainer(net, self.data, loss=self.loss, learning_rate=LEARNING_RATE, batch_size=self.batch, seed=SEED)

    def batches(self, count: int) -> Batches:
        """What a peer learns from: the Trainer's first `count` batches.

        A batch that is all of the data stands once, in its own order: a shuffled sum is the same but for rounding, and
        a single batch stays in the peers' cache.
        """
        inputs, targets = self._columns
        if self.steps_an_epoch == 1:
            return Batches(inputs[None], targets[None])
        random, samples = np.random.default_rng(SEED), len(inputs)
        epochs = -(-count // self.steps_an_epoch)
        order = np.concatenate([random.permutation(samples) for _ in range(epochs)])[: count * self.batch]
        return Batches(
            inputs[order].reshape(count, self.batch, -1),
            targets[order].reshape(count, self.batch, -1),
        )

    @property
    def _columns(self) -> Samples:
        inputs, targets = self.data
        if self.loss == "softmax":
            return inputs, np.eye(self.sizes[-1])[targets.astype(int)]
        return inputs, targets[:, None]

    @property
    def flops(self) -> int:
        """Multiplications and additions that one step cannot do without, activations and loss left out.

        A weight takes part in a product forward, in one for its own gradient and in one for that of its input; the data
        needs no gradient. A bias is added, and its gradient summed; every parameter moves by one product.
        """
        weights = [a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        biases = sum(self.sizes[1:])
        a_sample = 2 * (3 * sum(weights) - weights[0]) + 2 * biases
        return self.batch * a_sample + 2 * (sum(weights) + biases)


def parameters_of(net: MLP) -> list[Floats]:
    """Weights (inputs, outputs) and biases (outputs,), layer after layer: the arrays in which peers hold a network."""
    arrays: list[Floats] = []
    for layer in net.layers:
        arrays.append(np.array([[weight.data for weight in neuron.weights] for neuron in layer.neurons]).T.copy())
        arrays.append(np.array([neuron.bias.data for neuron in layer.neurons]))
    return arrays


def _moons() -> Samples:
    part = load("moons", noise=10, size=100, train_share=100).train
    return part.inputs, part.targets


def _spiral() -> Samples:
    part = load("spiral", size=500, train_share=100).train
    return part.inputs, part.targets


def _digits(count: int) -> Samples:
    part = load("digits", train_share=90).train
    return part.inputs[:count], part.targets[:count]


def _one_sample() -> Samples:
    return np.array([[2.0, 0.0]]), np.array([0.7])


def _noise() -> Samples:
    random = np.random.default_rng(SEED)
    return random.random((960, 784)), random.integers(0, 10, 960).astype(float)


def _named(workloads: Sequence[Workload]) -> dict[str, Workload]:
    return {workload.name: workload for workload in workloads}


_MOONS, _DIGITS, _SPIRAL = (2, 16, 16, 1), (64, 32, 10), (2, 8, 8, 1)

WORKLOADS = _named(
    [
        Workload("W1", "moons, 100 samples, full batch, relu", _MOONS, "relu", "hinge", 100, _moons, 2.5),
        Workload("W1t", "moons, 100 samples, full batch, tanh", _MOONS, "tanh", "hinge", 100, _moons, 2.0),
        Workload("W2", "digits, batches of 32, relu", _DIGITS, "relu", "softmax", 32, lambda: _digits(1408), 2.0),
        Workload("W2f", "digits, full batch, relu", _DIGITS, "relu", "softmax", 1437, lambda: _digits(1437), 1.5, 0.5),
        Workload("W3", "spiral, 500 samples, batches of 10, tanh", _SPIRAL, "tanh", "mse", 10, _spiral, 5.0),
        Workload("W4", "one linear neuron, one sample", (2, 1), "tanh", "mse", 1, _one_sample, 1.5),
        Workload("W5", "random data, batches of 64, relu", (784, 64, 10), "relu", "softmax", 64, _noise, 1.5, 0.5),
    ]
)
