"""Neuron, Layer and MLP: networks written out as scalars.

The one idea: a network is nothing but labelled leaves (its parameters) and a recipe that grows a graph over them.
Calling a network adds nodes for one sample to the graph and returns the output nodes; everything else (gradients,
learning, looking inside) is the graph's own business.

A neuron adds up from left to right, beginning with its bias: ``b + w1*x1 + w2*x2 + ...``. That order is micrograd's, so
both give the very same bits. Every node on the way has a name: ``layer1.neuron5.product2``, ``layer1.neuron5.sum2``,
``layer1.neuron5.pre`` (the whole sum) and ``layer1.neuron5`` (after the activation).
"""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

from mgrad.engine.collector import collector_resting
from mgrad.engine.errors import OptionError, ShapeError, choose
from mgrad.engine.graph import Value
from mgrad.engine.growing import weighted_sum
from mgrad.engine.parameters import make_parameters

# One sample: a node or a number for each input (a single input may stand without a list).
Inputs = Iterable[Value | float] | Value | float


class Randomness(Protocol):
    """What a start draws from: a ``random.Random``, or the module ``random`` itself."""

    def uniform(self, low: float, high: float, /) -> float: ...

    def gauss(self, mean: float, deviation: float, /) -> float: ...


@dataclass(frozen=True)
class Init:
    """A way to choose the first parameters.

    `draw(randomness, fan_in, fan_out)` makes one weight of a neuron with that many inputs in a layer with that many
    neurons; `bias` is what every bias begins with.
    """

    name: str
    caption: str
    draw: Callable[[Randomness, int, int], float]
    bias: float = 0.0


INITS: dict[str, Init] = {
    init.name: init
    for init in (
        Init(
            "uniform",
            "weights between -1 and 1, biases 0 (micrograd)",
            lambda source, fan_in, fan_out: source.uniform(-1, 1),
        ),
        Init(
            "playground",
            "weights between -0.5 and 0.5, biases 0.1 (TensorFlow Playground)",
            lambda source, fan_in, fan_out: source.uniform(-0.5, 0.5),
            bias=0.1,
        ),
        # Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
        Init(
            "xavier",
            "weights between ±√(6 / (inputs + outputs)), biases 0 (Glorot)",
            lambda source, fan_in, fan_out: _within(source, math.sqrt(6 / (fan_in + fan_out))),
        ),
        # He et al. 2015, "Delving deep into rectifiers", eq. 10.
        Init(
            "he",
            "normal weights of deviation √(2 / inputs), biases 0 (He)",
            lambda source, fan_in, fan_out: source.gauss(0.0, math.sqrt(2 / fan_in)),
        ),
    )
}


def _within(source: Randomness, limit: float) -> float:
    return source.uniform(-limit, limit)


def _identity(node: Value) -> Value:
    return node


ACTIVATIONS: dict[str, Callable[[Value], Value]] = {
    "relu": Value.relu,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "linear": _identity,
}


class Module:
    """What neurons, layers and networks share: parameters, in a fixed order."""

    def parameters(self) -> list[Value]:
        """Weights and biases, layer by layer, neuron by neuron, the bias of a neuron after its weights."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0 (`Value.backward` does so by itself)."""
        for parameter in self.parameters():
            parameter.grad = 0.0


class Neuron(Module):
    """A weighted sum of its inputs and a bias, and an activation over it.

    `inputs` is the number of inputs, `activation` one of relu, tanh, sigmoid, linear; `init` and `seed` as for `MLP`.
    `label` stands before the labels of its parameters and nodes; without one they are plainly ``w1``, ``w2``, ``b``,
    and the output is ``neuron``. `fan_out` is the number of neurons in its layer, which the init xavier looks at.

    >>> neuron = Neuron(2, "tanh", seed=7)
    >>> [parameter.label for parameter in neuron.parameters()]
    ['w1', 'w2', 'b']
    >>> neuron([1.0, 0.5]).label
    'neuron'
    """

    def __init__(
        self,
        inputs: int,
        activation: str = "relu",
        init: str = "uniform",
        seed: int | Randomness | None = None,
        *,
        label: str = "",
        fan_out: int = 1,
    ) -> None:
        self.inputs = _count("inputs", inputs)
        self.activation = choose("activation", activation, ACTIVATIONS)
        self.label = label
        start, source = INITS[choose("init", init, INITS)], _source(seed)
        prefix = f"{label}." if label else ""
        weight = f"{prefix}w"
        draws = [start.draw(source, inputs, fan_out) for _ in range(inputs)]
        labels = [weight + number for number in _numbers(inputs)]
        parameters: list[Value] = [*make_parameters([*draws, start.bias], [*labels, f"{prefix}b"])]
        self.weights, self.bias = parameters[:-1], parameters[-1]

    def __call__(self, inputs: Inputs) -> Value:
        """The output node for one sample: `inputs` are nodes, or numbers, which become leaves that do not learn."""
        return self.grow(_nodes(inputs, self.inputs))

    def grow(self, nodes: Sequence[Value]) -> Value:
        """As a call, for nodes whose number is known to be right: a layer asks once for all its neurons."""
        label = self.label or "neuron"
        total = weighted_sum(self.bias, self.weights, nodes, *self._inner_labels)
        if self.activation == "linear":
            return total.named(label)
        return ACTIVATIONS[self.activation](total.named(f"{self.label}.pre" if self.label else "pre")).named(label)

    @cached_property
    def _inner_labels(self) -> tuple[list[str], list[str]]:
        """Of the products and of the sums: written once, however often the neuron is called."""
        product, total = (f"{self.label}.{name}" if self.label else name for name in ("product", "sum"))
        numbers = _numbers(self.inputs)
        return [product + number for number in numbers], [total + number for number in numbers]

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.weights, self.bias]

    def __repr__(self) -> str:
        return f"Neuron({self.inputs}, {self.activation!r})"


class Layer(Module):
    """Neurons side by side over the same inputs.

    `inputs` is the number of inputs, `size` the number of neurons; the other arguments as for `Neuron`.

    >>> layer = Layer(2, 4, seed=7)
    >>> layer.parameters()[-1].label, len(layer.parameters())
    ('neuron4.b', 12)
    >>> [node.label for node in layer([1.0, 0.5])]
    ['neuron1', 'neuron2', 'neuron3', 'neuron4']
    """

    def __init__(
        self,
        inputs: int,
        size: int,
        activation: str = "relu",
        init: str = "uniform",
        seed: int | Randomness | None = None,
        *,
        label: str = "",
    ) -> None:
        self.inputs = _count("inputs", inputs)
        self.activation = activation
        self.label = label
        prefix, source = f"{label}." if label else "", _source(seed)
        self.neurons = [
            Neuron(inputs, activation, init, source, label=f"{prefix}neuron{i}", fan_out=size)
            for i in range(1, _count("size", size) + 1)
        ]

    def __call__(self, inputs: Inputs) -> Value | list[Value]:
        """The output nodes for one sample; of a layer with one neuron the node itself."""
        return _one_or_all(self.grow(_nodes(inputs, self.inputs)))

    def grow(self, nodes: Sequence[Value]) -> list[Value]:
        """As a call, but always a list, and for nodes whose number is known to be right."""
        return [neuron.grow(nodes) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        """All parameters, neuron by neuron."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer({self.inputs}, {len(self.neurons)}, {self.activation!r})"


class MLP(Module):
    """A multi-layer perceptron: layers in a row, each looking at all outputs of the one before.

    `inputs` is the number of inputs; `sizes` are the neurons of each layer, the output layer being the last, so that
    ``MLP(2, [16, 16, 1])`` has two hidden layers and one output. ``sizes=[1]`` has no hidden layer.
    `activation` is one name for all hidden layers or a list with one a hidden layer, `output` that of the last layer:
    relu, tanh, sigmoid or linear. `init` chooses the first parameters: uniform, playground, xavier or he (see `INITS`).
    `seed` makes them repeatable; None draws from Python's own `random` in the order in which micrograd does, so that
    ``random.seed(1337)`` before it gives the weights that micrograd would have.

    Raises `ShapeError` for counts that do not fit, `OptionError` for unknown names.

    >>> net = MLP(2, [3, 1], activation="tanh", seed=7)
    >>> net([1.0, -2.0]).label
    'layer2.neuron1'
    >>> print(net)
    MLP with 2 inputs
    layer   neurons  activation  parameters
    layer1        3  tanh                 9
    layer2        1  linear               4
    total         4                      13
    """

    def __init__(
        self,
        inputs: int,
        sizes: Sequence[int],
        activation: str | Sequence[str] = "relu",
        output: str = "linear",
        init: str = "uniform",
        seed: int | None = None,
    ) -> None:
        self.inputs = _count("inputs", inputs)
        self.sizes = _sizes(sizes)
        activations = [*_hidden_activations(activation, len(self.sizes) - 1), choose("output", output, ACTIVATIONS)]
        source = _source(seed)
        fans = [inputs, *self.sizes]
        with collector_resting():
            self.layers = [
                Layer(fans[i], size, activations[i], init, source, label=f"layer{i + 1}")
                for i, size in enumerate(self.sizes)
            ]

    def __call__(self, inputs: Inputs) -> Value | list[Value]:
        """Grow the graph by one sample: `inputs` are nodes, or numbers, which become leaves that do not learn.

        Returns the output node, or a list of them when there are several.
        """
        nodes = _nodes(inputs, self.inputs)
        with collector_resting():
            for layer in self.layers:
                nodes = layer.grow(nodes)
        return _one_or_all(nodes)

    def parameters(self) -> list[Value]:
        """All parameters, layer by layer, neuron by neuron: w1, w2, ..., b."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def weights(self) -> list[Value]:
        """The parameters without the biases: what a penalty is put on."""
        return [weight for layer in self.layers for neuron in layer.neurons for weight in neuron.weights]

    def __repr__(self) -> str:
        return f"MLP({self.inputs}, {self.sizes})"

    def __str__(self) -> str:
        counts = [len(layer.parameters()) for layer in self.layers]
        rows = [
            ("layer", "neurons", "activation", "parameters"),
            *(
                (layer.label, str(size), layer.activation, str(count))
                for layer, size, count in zip(self.layers, self.sizes, counts, strict=True)
            ),
            ("total", str(sum(self.sizes)), "", str(sum(counts))),
        ]
        first, second, third, fourth = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = [f"{name:<{first}}  {size:>{second}}  {kind:<{third}}  {n:>{fourth}}" for name, size, kind, n in rows]
        return "\n".join([f"MLP with {self.inputs} input{'s' if self.inputs > 1 else ''}", *lines])


@lru_cache
def _numbers(count: int) -> tuple[str, ...]:
    # Written once for all neurons of a layer: a network of 50,000 weights has 150,000 labels.
    return tuple(str(i) for i in range(1, count + 1))


def _source(seed: int | Randomness | None) -> Randomness:
    if seed is None:
        return random
    return random.Random(seed) if isinstance(seed, int) else seed


def _count(what: str, given: int) -> int:
    if not isinstance(given, int) or given < 1:
        raise ShapeError(f"{what} is {given!r}, but must be a whole number, 1 or more.")
    return given


def _sizes(given: Sequence[int]) -> list[int]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ShapeError(f"sizes is {given!r}, but must list the neurons of each layer, the output last: [16, 16, 1].")
    return [_count(f"the size of layer {i}", size) for i, size in enumerate(given, start=1)]


def _hidden_activations(given: str | Sequence[str], hidden: int) -> list[str]:
    if isinstance(given, str):
        return [choose("activation", given, ACTIVATIONS)] * hidden
    if not isinstance(given, Sequence):
        raise OptionError(f"activation is {given!r}, but must be a name or a list of names, one a hidden layer.")
    if len(given) != hidden:
        raise ShapeError(
            f"activation lists {len(given)} names for {hidden} hidden layers; give one a hidden layer, or a single "
            "name for all of them (the last layer's is called output)."
        )
    return [choose("activation", name, ACTIVATIONS) for name in given]


def _nodes(inputs: Inputs, expected: int) -> list[Value]:
    given = list(inputs) if isinstance(inputs, Iterable) else [inputs]
    if len(given) != expected:
        raise ShapeError(
            f"{len(given)} inputs are given, but {expected} are needed: a list with a node or number for each."
        )
    return [_node(each, position) for position, each in enumerate(given, start=1)]


def _node(given: Value | float, position: int) -> Value:
    if isinstance(given, Value):
        return given
    return Value(given, learnable=False).named(f"x{position}")


def _one_or_all(nodes: list[Value]) -> Value | list[Value]:
    return nodes[0] if len(nodes) == 1 else nodes
