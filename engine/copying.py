"""Copies of graphs, by `copy.deepcopy` and by `pickle`: without recursion, however deep a graph is.

Both go from a thing to what it holds, and would go down a chain of nodes one call within the other. So a root first
hands over all that it stands on, operands before consumers: each node then finds its operands copied already.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mgrad.engine.graph import Value

Reduced = str | tuple[Any, ...]
"""What `__reduce_ex__` returns."""


class _HandedOver(local):
    """The nodes that a root of this thread is handing over, by id."""

    nodes: frozenset[int] = frozenset()


_handed_over = _HandedOver()


class _Bracket:
    """Stands before and behind the nodes that are handed over, and says so at the moment when it is copied itself."""

    def __init__(self, nodes: frozenset[int]) -> None:
        self._nodes = nodes

    def __reduce__(self) -> Reduced:
        _handed_over.nodes = self._nodes
        return _nothing, ()


def reduced(node: Value, plain: Reduced) -> Reduced:
    """How a node is copied, given how a thing is that is copied by itself."""
    if not node.operands or id(node) in _handed_over.nodes:
        return plain
    below = node.nodes()[:-1]
    begin, end = _Bracket(frozenset(map(id, below))), _Bracket(frozenset())
    return _make, (type(node), begin, below, end), plain[2]


def _make(kind: type[Value], *_: object) -> Value:
    return kind.__new__(kind)


def _nothing() -> None:
    return None
