"""Features: what a network may be fed beside its plain inputs, as nodes over them.

A feature is part of the graph and not a column of the data, so that maps and explanations see where it comes from. The
five are those of TensorFlow Playground. To add one is to add a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mgrad.engine.errors import OptionError, ShapeError, nearest
from mgrad.engine.graph import Value


@dataclass(frozen=True)
class Feature:
    """A name and the node that it stands for, grown from the leaves x1 and x2."""

    name: str
    grow: Callable[[Value, Value], Value]


FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("x1", lambda x1, x2: x1),
        Feature("x2", lambda x1, x2: x2),
        Feature("x1²", lambda x1, x2: x1 * x1),
        Feature("x2²", lambda x1, x2: x2 * x2),
        Feature("x1x2", lambda x1, x2: x1 * x2),
        Feature("sin x1", lambda x1, x2: x1.sin()),
        Feature("sin x2", lambda x1, x2: x2.sin()),
    )
}
"""By name, in the order in which they are shown."""


def grow_features(names: Sequence[str] | None, inputs: Sequence[Value]) -> tuple[Value, ...]:
    """The nodes that a network is fed: for each name an input leaf, or a feature over the first two; None: all inputs.

    Raises OptionError for a name that is neither, or comes twice, and ShapeError where a feature needs more inputs than
    there are.

    >>> x1, x2 = Value(3.0, "x1", learnable=False), Value(0.5, "x2", learnable=False)
    >>> [(node.label, node.data) for node in grow_features(["x2", "x1²"], [x1, x2])]
    [('x2', 0.5), ('x1²', 9.0)]
    """
    if names is None:
        return tuple(inputs)
    leaves = {leaf.label: leaf for leaf in inputs}
    if isinstance(names, str) or not names or len(set(names)) != len(names):
        raise OptionError(f"features is {names!r}, but must be a list of different names, at least one.")
    return tuple(leaves[name] if name in leaves else _grown(name, leaves) for name in names)


def _grown(name: str, leaves: dict[str, Value]) -> Value:
    known = [*leaves, *(each for each in FEATURES if each not in leaves and len(leaves) >= 2)]
    if name not in FEATURES:
        near = nearest(name, known)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise OptionError(
            f"features names {name!r}, but must name inputs or be one of {', '.join(list(known)[:20])}.{hint}"
        )
    if not {"x1", "x2"} <= leaves.keys():
        raise ShapeError(f"The feature {name} needs the inputs x1 and x2, but the data has {', '.join(leaves)}.")
    return FEATURES[name].grow(leaves["x1"], leaves["x2"]).named(name)
