"""The health of each layer: how large its gradient is, how far a step moves it, which of its neurons do nothing.

The ratio of update to weight is a rule of thumb for the learning rate (about 1e-3 is healthy; Karpathy, CS231n); a relu
that is 0 for every sample is dead, since no gradient passes it; a tanh or sigmoid near its ends passes next to none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgrad.engine.executors.base import Floats, Parts
from mgrad.engine.network import MLP, Layer

SATURATED = 0.97
"""A tanh beyond this (a sigmoid as far along its own range) is saturated: its slope is below 0.06 of the steepest."""


@dataclass(frozen=True)
class LayerHealth:
    """One layer at a snapshot.

    `gradient` is the root mean square of the last step's gradient over the layer's weights, `update` log10 of the last
    update's size by the weights' size (nan before any step, -inf where nothing moved). `dead` is the share of relu
    neurons that are 0 for every training sample, `saturated` the share of outputs of tanh or sigmoid beyond SATURATED;
    None where the activation is another. The two tuples name neurons: the dead ones, and those saturated for at least
    nine samples in ten.
    """

    name: str
    gradient: float
    update: float
    dead: float | None
    saturated: float | None
    dead_neurons: tuple[str, ...] = ()
    saturated_neurons: tuple[str, ...] = ()


class LayerSizes:
    """How large the weights of each layer (not its biases) are, and what moves them.

    >>> numbers = LayerSizes(MLP(2, [1]))
    >>> numbers.of(np.array([3, 4, 9.0]), np.array([3.003, 4.004, 9]), np.array([0.6, 0.8, 9])).round(4).tolist()
    [[-3.0004], [0.7071]]
    """

    def __init__(self, net: MLP) -> None:
        layers = [[len(neuron.weights) for neuron in layer.neurons] for layer in net.layers]
        ends = np.cumsum([count + 1 for weights in layers for count in weights])
        counted = np.ones(ends[-1])
        counted[ends - 1] = 0.0  # a neuron's bias stands behind its weights
        self.parts = Parts(np.cumsum([sum(weights) + len(weights) for weights in layers]), counted)
        self._counts = np.array([sum(weights) for weights in layers], dtype=float)

    def of(self, parameters: Floats, before: Floats, gradients: Floats) -> Floats:
        """(2, layers): log10 of the size of the last update by that of the weights; the gradient's size.

        All are root mean squares; `before` are the parameters before the update.
        """
        return self.of_squares(self.parts.squares(parameters, before, gradients))

    def of_squares(self, squares: Floats) -> Floats:
        """The same from the sums of squares, (3, layers): see `Parts.squares`."""
        with np.errstate(all="ignore"):
            moves, old, slopes = np.sqrt(squares / self._counts)
            return np.array((np.log10(moves / old), slopes))


def layer_health(layer: Layer, update: float, gradient: float, outputs: Floats) -> LayerHealth:
    """What a layer's outputs, (neurons, samples), and its sizes say."""
    names = [neuron.label for neuron in layer.neurons]
    dead = saturated = None
    idle: list[str] = []
    full: list[str] = []
    if layer.activation == "relu":
        zero = np.asarray((outputs <= 0.0).all(axis=1))
        dead, idle = float(zero.mean()), [name for name, each in zip(names, zero, strict=True) if each]
    elif layer.activation in ("tanh", "sigmoid"):
        beyond = np.abs(outputs if layer.activation == "tanh" else 2.0 * outputs - 1.0) > SATURATED
        share = beyond.mean(axis=1)
        saturated, full = float(share.mean()), [name for name, each in zip(names, share, strict=True) if each >= 0.9]
    return LayerHealth(
        layer.label, float(gradient), float(update), dead, saturated,
        tuple(idle), tuple(full),
    )  # fmt: skip
