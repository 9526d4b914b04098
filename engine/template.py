"""The template: a network and its loss as one scalar graph for one sample.

It is written once, whatever the number of samples: columns of data bind to its leaves by label, and every scalar in it
can be looked at for any sample.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from mgrad.engine.errors import ShapeError
from mgrad.engine.features import grow_features
from mgrad.engine.graph import Value
from mgrad.engine.labels import settle_labels
from mgrad.engine.network import MLP

_serial_of = attrgetter("_serial")
LossFunction = Callable[..., Value]


@dataclass(frozen=True, eq=False)
class Template:
    """The leaves `inputs` (x1 ...) and `targets` (target, or target1 ...), the `features` that the network is fed (the
    inputs, or nodes over them), its `outputs`, and the `loss`."""

    inputs: tuple[Value, ...]
    features: tuple[Value, ...]
    targets: tuple[Value, ...]
    outputs: tuple[Value, ...]
    loss: Value


def build_template(
    net: MLP, columns: tuple[str, ...], loss: LossFunction, features: Sequence[str] | None = None
) -> Template:
    """Calls the network and the loss once, on labelled leaves: one for each column, and `features` over them."""
    inputs = tuple(Value(0.0, label, learnable=False) for label in columns)
    fed = grow_features(features, inputs)
    answer = net(list(fed))
    outputs = tuple(answer) if isinstance(answer, list) else (answer,)
    names = ["target"] if len(outputs) == 1 else [f"target{i + 1}" for i in range(len(outputs))]
    targets = tuple(Value(0.0, name, learnable=False) for name in names)
    root = loss(answer, list(targets) if isinstance(answer, list) else targets[0])
    if not isinstance(root, Value):
        raise ShapeError(f"A loss function returns one node, but {root!r} was returned.")
    nodes = root.named("loss").nodes()
    settle_labels(nodes)  # two leaves of one label, or repeats: before anybody looks
    for output in outputs:
        place = bisect_left(nodes, output._serial, key=_serial_of)
        if place == len(nodes) or nodes[place] is not output:
            raise ShapeError(f"The loss leaves out {output.label!r}: a loss function uses every output of the network.")
    return Template(inputs, fed, targets, outputs, root)
