"""Other shapes: networks and batches that nobody chose for speed, raced as the workloads are.

Odd widths, batches that do not divide the data, one and three samples a step, mixed activations, a network whose
neurons do not share their inputs, weights that leave the fastest cache.
"""

from __future__ import annotations

import numpy as np

from benchmarks.workloads import SEED, Seen, Workload, named, noise, samples_of


def _scattered(inputs: int, neurons: int, count: int) -> Seen:
    """So many inputs for each neuron, drawn for each anew."""
    random = np.random.default_rng(SEED)
    return [sorted(random.choice(inputs, count, replace=False).tolist()) for _ in range(neurons)]


def _digits():
    return samples_of("digits", train_share=80)


SHAPES = named(
    [
        Workload("odd", "spiral, 101 samples, batches of 13, tanh", (2, 7, 5, 1), "tanh", "mse", 13,
                 lambda: samples_of("spiral", 101, size=200, train_share=100), 1.0),
        Workload("table", "diabetes, batches of 32, relu", (10, 50, 1), "relu", "mse", 32,
                 lambda: samples_of("diabetes"), 1.0),
        Workload("mixed", "iris, batches of 20, relu, tanh, sigmoid", (4, 24, 17, 9, 3), ("relu", "tanh", "sigmoid"),
                 "softmax", 20, lambda: samples_of("iris"), 1.0),
        Workload("plane", "spiral, 500 samples, batches of 200, tanh", (2, 64, 64, 1), "tanh", "mse", 200,
                 lambda: samples_of("spiral", 500, size=500, train_share=100), 1.0),
        Workload("deep", "digits, batches of 37, tanh", (64, 40, 30, 20, 10), "tanh", "softmax", 37, _digits, 1.0),
        Workload("wide", "digits, batches of 50, relu", (64, 100, 10), "relu", "softmax", 50, _digits, 1.0),
        Workload("apart", "digits, batches of 32, relu, each hidden neuron sees 20 pixels", (64, 32, 10), "relu",
                 "softmax", 32, _digits, 1.0, seen=_scattered(64, 32, 20)),
        Workload("single", "digits, one sample a step, relu", (64, 32, 10), "relu", "softmax", 1, _digits, 1.0),
        Workload("triples", "digits, three samples a step, relu", (64, 100, 10), "relu", "softmax", 3, _digits, 1.0),
        Workload("large", "random data, batches of 100, relu", (784, 128, 10), "relu", "softmax", 100, noise, 1.0),
    ]
)  # fmt: skip
