"""The workloads: which network learns from which data.

Each is a training of the public `Trainer` on a network made by `MLP`. What a peer needs to do the same work stands here
too: the first weights as arrays, and the batches in the Trainer's own order. In those that are named here the numbers
of samples are whole multiples of the batch, so that nobody pays for a short last batch; in `shapes` they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgrad.datasets import load
from mgrad.engine import MLP, Layer, Neuron, Trainer, Value

Floats = NDArray[np.float64]
Samples = tuple[Floats, Floats]  # inputs (samples, features) and targets (samples,), as the Trainer takes them
Seen = Sequence[Sequence[int]]

LEARNING_RATE = 0.01
SEED = 7


@dataclass(frozen=True)
class Batches:
    """Batches lying ready in memory, those of one size that follow each other in one piece: inputs (batches, samples,
    features) and targets (batches, samples, outputs)."""

    pieces: list[Samples]

    def __len__(self) -> int:
        return sum(len(inputs) for inputs, _ in self.pieces)

    def __iter__(self) -> Iterator[Samples]:
        return ((x, y) for inputs, targets in self.pieces for x, y in zip(inputs, targets, strict=True))


class Sparse(Layer):
    """A layer in which neuron j looks only at the inputs seen[j]; it takes weights over from a whole one."""

    def __init__(self, whole: Layer, seen: Seen) -> None:
        super().__init__(whole.inputs, len(whole.neurons), whole.activation, seed=SEED, label=whole.label)
        self.seen = seen
        self.neurons = [
            Neuron(len(columns), whole.activation, seed=SEED, label=neuron.label)
            for neuron, columns in zip(whole.neurons, seen, strict=True)
        ]
        for mine, its, columns in zip(self.neurons, whole.neurons, seen, strict=True):
            mine.bias.data = its.bias.data
            for weight, column in zip(mine.weights, columns, strict=True):
                weight.data = its.weights[column].data

    def grow(self, nodes: Sequence[Value]) -> list[Value]:
        return [neuron.grow([nodes[k] for k in seen]) for neuron, seen in zip(self.neurons, self.seen, strict=True)]


@dataclass(frozen=True)
class Workload:
    """A network, its data, and the ratio to the best peer (and share of the machine's peak) that is aimed at."""

    name: str
    caption: str
    sizes: tuple[int, ...]  # the inputs first, the outputs last
    activation: str | tuple[str, ...]  # of all hidden layers, or of each: relu, tanh or sigmoid
    loss: str  # hinge, mse or softmax
    batch: int
    samples: Callable[[], Samples]
    target: float | None = None
    share_target: float | None = None
    seen: Seen | None = None  # which inputs each neuron of the first layer looks at; None: all

    @property
    def activations(self) -> tuple[str, ...]:
        """One for each hidden layer."""
        given = self.activation
        return (given,) * (len(self.sizes) - 2) if isinstance(given, str) else given

    @property
    def masks(self) -> list[Floats | None]:
        """For each layer 1 where there is a weight, else 0, (inputs, outputs); None: all are there."""
        masks: list[Floats | None] = [None] * (len(self.sizes) - 1)
        if self.seen:
            masks[0] = np.zeros(self.sizes[:2])
            for neuron, columns in enumerate(self.seen):
                masks[0][list(columns), neuron] = 1.0
        return masks

    @cached_property
    def data(self) -> Samples:
        """Inputs and targets; targets are signs, numbers, or positions of classes for softmax."""
        return self.samples()

    @property
    def steps_an_epoch(self) -> int:
        """Batches that make one pass over the data; the last may be short."""
        return -(-len(self.data[0]) // self.batch)

    def network(self) -> MLP:
        """The network at its start: the same weights every time."""
        net = MLP(self.sizes[0], self.sizes[1:], activation=list(self.activations), init="xavier", seed=SEED)
        if self.seen:
            net.layers[0] = Sparse(net.layers[0], self.seen)
        return net

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
            return Batches([(inputs[None], targets[None])])
        random, samples = np.random.default_rng(SEED), len(inputs)
        batches: list[Samples] = []
        while len(batches) < count:
            order = random.permutation(samples)
            picked = (order[start : start + self.batch] for start in range(0, samples, self.batch))
            batches += ((inputs[each], targets[each]) for each in picked)
        alike = groupby(batches[:count], key=lambda batch: len(batch[0]))
        return Batches([tuple(map(np.stack, zip(*piece, strict=True))) for _, piece in alike])

    @property
    def _columns(self) -> Samples:
        inputs, targets = self.data
        if self.loss == "softmax":
            return inputs, np.eye(self.sizes[-1])[targets.astype(int)]
        return inputs, targets[:, None]

    @property
    def flops(self) -> int:
        """Multiplications and additions that one step cannot do without on average, activations and loss left out.

        A weight takes part in a product forward, in one for its own gradient and in one for that of its input; the data
        needs no gradient. A bias is added, and its gradient summed; every parameter moves by one product.
        """
        weights = [a * b for a, b in pairwise(self.sizes)]
        if self.seen:
            weights[0] = sum(map(len, self.seen))
        biases = sum(self.sizes[1:])
        a_sample = 2 * (3 * sum(weights) - weights[0]) + 2 * biases
        return round(len(self.data[0]) / self.steps_an_epoch * a_sample) + 2 * (sum(weights) + biases)


def parameters_of(net: MLP) -> list[Floats]:
    """Weights (inputs, outputs) and biases (outputs,), layer after layer: the arrays in which peers hold a network.

    Weights that are not there are 0.
    """
    arrays: list[Floats] = []
    for layer in net.layers:
        weights = np.zeros((layer.inputs, len(layer.neurons)))
        seen = layer.seen if isinstance(layer, Sparse) else [range(layer.inputs)] * len(layer.neurons)
        for place, (neuron, columns) in enumerate(zip(layer.neurons, seen, strict=True)):
            weights[list(columns), place] = [weight.data for weight in neuron.weights]
        arrays += [weights, np.array([neuron.bias.data for neuron in layer.neurons])]
    return arrays


def samples_of(name: str, count: int | None = None, **options: Any) -> Samples:
    """The training part of a dataset, or so many samples of it."""
    part = load(name, **options).train
    return part.inputs[:count], part.targets[:count]


def _one_sample() -> Samples:
    return np.array([[2.0, 0.0]]), np.array([0.7])


def noise(inputs: int = 784) -> Samples:
    """960 samples of ten classes, in which there is nothing to learn."""
    random = np.random.default_rng(SEED)
    return random.random((960, inputs)), random.integers(0, 10, 960).astype(float)


def named(workloads: Sequence[Workload]) -> dict[str, Workload]:
    """Workloads by their names."""
    return {workload.name: workload for workload in workloads}


def _moons() -> Samples:
    return samples_of("moons", noise=10, size=100, train_share=100)


def _spiral() -> Samples:
    return samples_of("spiral", size=500, train_share=100)


def _digits(count: int) -> Samples:
    return samples_of("digits", count, train_share=90)


_MOONS, _DIGITS, _SPIRAL = (2, 16, 16, 1), (64, 32, 10), (2, 8, 8, 1)

WORKLOADS = named(
    [
        Workload("W1", "moons, 100 samples, full batch, relu", _MOONS, "relu", "hinge", 100, _moons, 2.5),
        Workload("W1t", "moons, 100 samples, full batch, tanh", _MOONS, "tanh", "hinge", 100, _moons, 2.0),
        Workload("W2", "digits, batches of 32, relu", _DIGITS, "relu", "softmax", 32, lambda: _digits(1408), 2.0),
        Workload("W2f", "digits, full batch, relu", _DIGITS, "relu", "softmax", 1437, lambda: _digits(1437), 1.5, 0.5),
        Workload("W3", "spiral, 500 samples, batches of 10, tanh", _SPIRAL, "tanh", "mse", 10, _spiral, 5.0),
        Workload("W4", "one linear neuron, one sample", (2, 1), "tanh", "mse", 1, _one_sample, 1.5),
        Workload("W5", "random data, batches of 64, relu", (784, 64, 10), "relu", "softmax", 64, noise, 1.5, 0.5),
    ]
)
