"""The template: a network and its loss as one scalar graph for one sample.

It is written once, whatever the number of samples: columns of data bind to its leaves by label, and every scalar in it
can be looked at for any sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mgrad.engine.errors import ShapeError
from mgrad.engine.graph import Value
from mgrad.engine.labels import labels_of
from mgrad.engine.network import MLP

LossFunction = Callable[..., Value]


@dataclass(frozen=True, eq=False)
class Template:
    """The leaves `inputs` (x1 ...) and `targets` (target, or target1 ...), the `outputs` of the network, the `loss`."""

    inputs: tuple[Value, ...]
    targets: tuple[Value, ...]
    outputs: tuple[Value, ...]
    loss: Value


def build_template(net: MLP, features: tuple[str, ...], loss: LossFunction) -> Template:
    """Calls the network and the loss once, on labelled leaves."""
    inputs = tuple(Value(0.0, label, learnable=False) for label in features)
    answer = net(list(inputs))
    outputs = tuple(answer) if isinstance(answer, list) else (answer,)
    names = ["target"] if len(outputs) == 1 else [f"target{i + 1}" for i in range(len(outputs))]
    targets = tuple(Value(0.0, name, learnable=False) for name in names)
    root = loss(answer, list(targets) if isinstance(answer, list) else targets[0])
    if not isinstance(root, Value):
        raise ShapeError(f"A loss function returns one node, but {root!r} was returned.")
    nodes = root.named("loss").nodes()
    known = set(map(id, nodes))
    for output in outputs:
        if id(output) not in known:
            raise ShapeError(f"The loss leaves out {output.label!r}: a loss function uses every output of the network.")
    labels_of(nodes)  # two leaves of one label, or repeats: settled before anybody looks
    return Template(inputs, targets, outputs, root)
