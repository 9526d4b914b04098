"""One neuron forward, in numbers: each weight times what comes in, the bias, their sum, and the activation of it."""

from dataclasses import dataclass

from mgrad.engine.graph import Value
from mgrad.engine.inspection import Inspection
from mgrad.engine.network import MLP, Neuron


@dataclass(frozen=True)
class Term:
    """`weight` × `value` is the `part` that comes in through one link."""

    weight: str
    source: str
    factor: float
    value: float

    @property
    def part(self) -> float:
        return self.factor * self.value


@dataclass(frozen=True)
class NeuronSum:
    """The terms and the bias add up to `pre`; `answer` is the activation of it (pre itself where that is linear)."""

    label: str
    activation: str
    terms: tuple[Term, ...]
    bias: float
    pre: float
    answer: float


def neuron_of(net: MLP, label: str) -> Neuron | None:
    """The neuron that a node belongs to: its output, its weights, its sums; None for a node outside the network.

    >>> net = MLP(2, [3, 1], seed=7)
    >>> neuron_of(net, "layer1.neuron3.w2").label, neuron_of(net, "layer2.neuron1").label, neuron_of(net, "loss")
    ('layer1.neuron3', 'layer2.neuron1', None)
    """
    return next((each for layer in net.layers for each in layer.neurons if _belongs(label, each.label)), None)


def neuron_sum(net: MLP, inspection: Inspection, label: str) -> NeuronSum | None:
    """What the neuron of a node computes; None for a node outside the network."""
    neuron = neuron_of(net, label)
    if neuron is None:
        return None
    output = inspection.root.find(neuron.label)
    if output is None:
        return None
    pre = output if neuron.activation == "linear" else output.operands[0]
    terms: list[Term] = []
    total: Value = pre
    for _ in neuron.weights:  # a sum holds its last product second, and the sum before it first
        total, product = total.operands
        weight, source = product.operands
        terms.append(Term(weight.label, source.label, inspection.value(weight), inspection.value(source)))
    bias, whole, answer = inspection.value(neuron.bias), inspection.value(pre), inspection.value(output)
    return NeuronSum(neuron.label, neuron.activation, tuple(reversed(terms)), bias, whole, answer)


def parameters_at(net: MLP, label: str) -> tuple[str, ...]:
    """The parameters that a label stands for: itself, or all of its neuron, or of its layer.

    >>> net = MLP(2, [3, 1], seed=7)
    >>> parameters_at(net, "layer2.neuron1.b"), parameters_at(net, "layer1.neuron2"), len(parameters_at(net, "layer1"))
    (('layer2.neuron1.b',), ('layer1.neuron2.w1', 'layer1.neuron2.w2', 'layer1.neuron2.b'), 9)
    """
    for layer in net.layers:
        if label == layer.label:
            return tuple(parameter.label for parameter in layer.parameters())
    neuron = neuron_of(net, label)
    if neuron is None:
        return ()
    labels = tuple(parameter.label for parameter in neuron.parameters())
    return (label,) if label in labels else labels


def _belongs(label: str, neuron: str) -> bool:
    return label == neuron or label.startswith(f"{neuron}.") or label.startswith(f"{neuron}~")
