"""What a root keeps of its graph: operands never change, so nodes are looked for once and put in order once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from mgrad.engine.labels import Given, check_given

if TYPE_CHECKING:
    from mgrad.engine.backpropagation import WayBack
    from mgrad.engine.graph import Value
    from mgrad.engine.shape import Shape

_serial_of = attrgetter("_serial")


@dataclass(slots=True, eq=False)
class Kept:
    """The nodes below a root, operands first; among them the leaves that may learn, and the constants.

    The root itself is not kept, so that no graph is a cycle.
    """

    below: list[Value]
    leaves: list[Value]
    constants: list[Value]
    labels: dict[str, Value] | None = None  # the nodes below by label, from the first look-up on
    shape: Shape | None = None  # with the root, from the first time on that somebody needs it
    went_back: bool = False  # once, which may remain the only time
    way_back: WayBack | None = None
    unique_among: int = -1  # so many given labels had been given when there was none twice

    @classmethod
    def of(cls, operands: tuple[Value, ...]) -> Kept:
        """What a root with these operands keeps."""
        found: set[Value] = set()
        waiting = [*operands]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += node.operands
        # A node is made after its operands, so the order of making is topological.
        below = sorted(found, key=_serial_of)
        leaves: tuple[list[Value], list[Value]] = [], []
        for node in below:
            if node.operation is None:
                leaves[node.constant].append(node)
        return cls(below, *leaves)

    def check_labels(self, root: Value) -> None:
        """Raises `LabelError` when a given label stands on two nodes of the graph."""
        count = Given.count
        if self.unique_among != count:
            check_given(chain(self.below, (root,)))
            self.unique_among = count

    def shape_of(self, nodes: Sequence[Value]) -> Shape:
        """The shape of the graph; `nodes` are those below and the root that keeps this."""
        if self.shape is None:
            from mgrad.engine.shape import Shape  # it needs numpy, a graph does not

            self.shape = Shape.of(nodes, [*self.constants, *([nodes[-1]] if nodes[-1].constant else ())])
        return self.shape
