"""Labels of a graph: each node by one name.

Labels that were given are unique, or the graph is refused; generated ones give way, and a repeat becomes `label~2`,
`label~3` in topological order.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from mgrad.engine.errors import LabelError

if TYPE_CHECKING:
    from mgrad.engine.graph import Value

_label_of = attrgetter("_label")


def labels_of(nodes: Iterable[Value]) -> dict[str, Value]:
    """The nodes by label, in their order; renames generated repeats in place.

    Raises `LabelError` when a given label stands on two different nodes.
    """
    nodes = list(nodes)
    found = dict(zip(labels_in_order(nodes), nodes, strict=True))
    if len(found) == len(nodes):  # no label stands twice
        return found
    found = {}
    for node in nodes:
        if node._given:
            label = node.label
            if label in found:
                raise LabelError(f"Two nodes of this graph are labelled {label!r}: give one of them another label.")
            found[label] = node
    repeats: dict[str, int] = {}
    for node in nodes:
        if not node._given:
            label = node.label
            if label in found:
                label = _free(label.partition("~")[0], found, repeats)
                node.named(label)
            found[label] = node
    return found


def labels_in_order(nodes: Iterable[Value]) -> list[str]:
    """The label of each node; `node.label` for many at once."""
    nodes = list(nodes)
    labels = list(map(_label_of, nodes))
    return labels if all(labels) else [label or node.label for label, node in zip(labels, nodes, strict=True)]


def _free(base: str, taken: dict[str, Value], repeats: dict[str, int]) -> str:
    number = repeats.get(base, 1) + 1
    while f"{base}~{number}" in taken:
        number += 1
    repeats[base] = number
    return f"{base}~{number}"


def settle_labels(nodes: list[Value]) -> None:
    """As `labels_of`, for the sake of what it refuses and renames."""
    labels = set(map(_label_of, nodes))
    if len(labels) < len(nodes) or None in labels:
        labels_of(nodes)


class Given:
    """How many labels were given so far: what had no label twice has none as long as there are no more."""

    count = 0


def check_given(nodes: Iterable[Value]) -> None:
    """Raises `LabelError` when a given label stands on two different nodes; generated ones can wait."""
    given = [node for node in nodes if node._given]
    if len(set(map(_label_of, given))) != len(given):
        labels_of(given)
