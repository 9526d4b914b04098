"""jax as its documentation writes a training: a pure loss, `jax.grad`, and an update under `jax.jit`.

Twice: a jitted update called once a step, and a loop of steps inside one jit by `lax.scan` (`lax.fori_loop` around it
for several passes), which leaves Python out of the loop. A call of the latter does about as many steps as a training
does between two looks at it; the documentation says how many, and what no limit would change.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.workloads import LEARNING_RATE, Batches, Floats, Workload

jax.config.update("jax_enable_x64", True)

Parameters = list[tuple[jax.Array, jax.Array]]
Pieces = list[tuple[jax.Array, jax.Array]]  # of batches, each of those of one size
_ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}

STEPS_A_CALL = 50
"""So many steps, and whole passes over the batches, are done by one call of the jitted loop."""


class _Jax:
    def __init__(self, workload: Workload, start: Sequence[Floats], batches: Batches) -> None:
        self._activations, self._masks, self._loss = workload.activations, workload.masks, workload.loss
        self._parameters: Parameters = [
            (jnp.asarray(weights), jnp.asarray(biases)) for weights, biases in zip(start[::2], start[1::2], strict=True)
        ]
        self._pieces = [(jnp.asarray(inputs), jnp.asarray(targets)) for inputs, targets in batches.pieces]

    def parameters(self) -> list[Floats]:
        return [np.asarray(array) for pair in self._parameters for array in pair]

    def _mean_loss(self, parameters: Parameters, inputs: jax.Array, targets: jax.Array) -> jax.Array:
        outputs = inputs
        for place, ((weights, biases), mask) in enumerate(zip(parameters, self._masks, strict=True)):
            outputs = outputs @ (weights if mask is None else weights * mask) + biases
            if place < len(self._activations):
                outputs = _ACTIVATIONS[self._activations[place]](outputs)
        if self._loss == "hinge":
            return jax.nn.relu(1.0 - targets * outputs).mean()
        if self._loss == "mse":
            return ((outputs - targets) ** 2).mean()
        return -(jax.nn.log_softmax(outputs) * targets).sum(axis=1).mean()

    def _update(self, parameters: Parameters, inputs: jax.Array, targets: jax.Array) -> Parameters:
        slopes = jax.grad(self._mean_loss)(parameters, inputs, targets)
        return jax.tree.map(lambda number, slope: number - LEARNING_RATE * slope, parameters, slopes)


class JaxStepPeer(_Jax):
    """One call of a jitted update a step; see `benchmarks.peers.Peer`."""

    def __init__(self, workload: Workload, start: Sequence[Floats], batches: Batches) -> None:
        super().__init__(workload, start, batches)
        self._step = jax.jit(self._update)
        self._batches = [(jnp.asarray(inputs), jnp.asarray(targets)) for inputs, targets in batches]

    def run(self, passes: int) -> None:
        parameters = self._parameters
        for _ in range(passes):
            for inputs, targets in self._batches:
                parameters = self._step(parameters, inputs, targets)
        self._parameters = jax.block_until_ready(parameters)


class JaxLoopPeer(_Jax):
    """A loop of steps inside one jit; see `benchmarks.peers.Peer`."""

    def __init__(self, workload: Workload, start: Sequence[Floats], batches: Batches) -> None:
        super().__init__(workload, start, batches)
        self._loop = jax.jit(self._one_batch if len(batches) == 1 else self._all_batches)
        self._passes_a_call = -(-STEPS_A_CALL // len(batches))

    def run(self, passes: int) -> None:
        parameters = self._parameters
        for done in range(0, passes, self._passes_a_call):
            count = min(self._passes_a_call, passes - done)
            parameters = self._loop(parameters, self._pieces, count)
        self._parameters = jax.block_until_ready(parameters)

    def _one_batch(self, parameters: Parameters, pieces: Pieces, passes: int) -> Parameters:
        ((inputs, targets),) = pieces
        return lax.fori_loop(0, passes, lambda _, now: self._update(now, inputs[0], targets[0]), parameters)

    def _all_batches(self, parameters: Parameters, pieces: Pieces, passes: int) -> Parameters:
        def one_pass(_: int, now: Parameters) -> Parameters:
            for piece in pieces:
                now = lax.scan(lambda carry, batch: (self._update(carry, *batch), None), now, piece)[0]
            return now

        return lax.fori_loop(0, passes, one_pass, parameters)
