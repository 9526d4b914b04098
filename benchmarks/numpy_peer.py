"""The peer that needs no library but numpy: forward and backward written out by hand, on whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.workloads import LEARNING_RATE, Batches, Floats, Workload


def _sigmoid(sums: Floats) -> None:
    np.negative(sums, out=sums)
    np.exp(sums, out=sums)
    sums += 1.0
    np.reciprocal(sums, out=sums)


_ACTIVATE: dict[str, Callable[[Floats], object]] = {
    "relu": lambda sums: np.maximum(sums, 0.0, out=sums),
    "tanh": lambda sums: np.tanh(sums, out=sums),
    "sigmoid": _sigmoid,
}
_SLOPES: dict[str, Callable[[Floats], Floats]] = {  # from the answers
    "relu": lambda answers: answers > 0.0,
    "tanh": lambda answers: 1.0 - answers * answers,
    "sigmoid": lambda answers: answers * (1.0 - answers),
}


class NumpyPeer:
    """Trains on `batches`, over and over; see `benchmarks.peers.Peer`."""

    def __init__(self, workload: Workload, start: Sequence[Floats], batches: Batches) -> None:
        self._weights = [array.copy() for array in start[::2]]
        self._biases = [array.copy() for array in start[1::2]]
        self._batches = list(batches)
        self._activations, self._masks, self._loss = workload.activations, workload.masks, workload.loss

    def run(self, passes: int) -> None:
        for _ in range(passes):
            for inputs, targets in self._batches:
                self._step(inputs, targets)

    def parameters(self) -> list[Floats]:
        return [array for pair in zip(self._weights, self._biases, strict=True) for array in pair]

    def _step(self, inputs: Floats, targets: Floats) -> None:
        last = len(self._weights) - 1
        layers = [inputs]
        for place, (weights, biases) in enumerate(zip(self._weights, self._biases, strict=True)):
            sums = layers[-1] @ weights
            sums += biases
            if place < last:
                _ACTIVATE[self._activations[place]](sums)
            layers.append(sums)
        slope = self._slope(layers.pop(), targets)
        for place in range(last, -1, -1):
            below = layers[place]
            weights_slope, biases_slope = below.T @ slope, slope.sum(axis=0)
            if place:
                slope = slope @ self._weights[place].T
                slope *= _SLOPES[self._activations[place - 1]](below)
            if (mask := self._masks[place]) is not None:
                weights_slope *= mask
            weights_slope *= LEARNING_RATE
            biases_slope *= LEARNING_RATE
            self._weights[place] -= weights_slope
            self._biases[place] -= biases_slope

    def _slope(self, outputs: Floats, targets: Floats) -> Floats:
        """The gradient of the mean loss with respect to the outputs."""
        share = 1.0 / len(outputs)
        if self._loss == "hinge":
            return np.where(targets * outputs < 1.0, -targets, 0.0) * share
        if self._loss == "mse":
            return (outputs - targets) * (2.0 * share)
        outputs -= outputs.max(axis=1, keepdims=True)
        np.exp(outputs, out=outputs)
        outputs /= outputs.sum(axis=1, keepdims=True)
        outputs -= targets
        outputs *= share
        return outputs
