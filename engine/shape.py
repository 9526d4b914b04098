"""The shape of a graph, in arrays: which node is made by which operation, and out of which others.

Operands never change, so a root keeps its shape with the order of its nodes. What a loop in C can ask of all nodes at
once is asked here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.operations import OPERATIONS, Operation

if TYPE_CHECKING:
    from mgrad.engine.graph import Value

Ints = NDArray[np.int64]
_serial_of, _operands_of, _operation_of, _constant_of = map(
    attrgetter, ("_serial", "operands", "operation", "constant")
)


class _Codes(dict[Operation | None, int]):
    """The codes of operations: their places in the table, and behind it those of operations that are not in it."""

    def __init__(self) -> None:
        super().__init__({None: -1} | {row: code for code, row in enumerate(OPERATIONS.values())})

    def __missing__(self, operation: Operation | None) -> int:
        self[operation] = len(self) - 1
        return self[operation]


@dataclass(frozen=True, eq=False)
class Shape:
    """Node k, in the order in which nodes were made: `kinds[k]` is its operation's code (-1 for a leaf), and its
    operands are the nodes `used[starts[k]]`, ..., one or two; `constant[k]` says whether it is a number in an
    expression. `operations` are those of the table, and what other ones there are in the graph."""

    operations: tuple[Operation, ...]
    serials: Ints
    kinds: Ints
    starts: Ints
    used: Ints
    constant: NDArray[np.bool_]

    @classmethod
    def of(cls, nodes: Sequence[Value]) -> Self:
        """The shape of nodes that are in this order, with all their operands."""
        codes = _Codes()
        serials = _whole(map(_serial_of, nodes), len(nodes))
        kinds = _whole(map(codes.__getitem__, map(_operation_of, nodes)), len(nodes))
        operations = tuple(row for row in codes if row)
        arity = _arity(operations, kinds)
        ends = np.cumsum(arity)
        uses = map(_serial_of, chain.from_iterable(map(_operands_of, nodes)))
        used = _places(serials, _whole(uses, int(ends[-1]) if len(ends) else 0))
        leaves = np.flatnonzero(kinds < 0)
        constant = np.zeros(len(nodes), dtype=bool)
        constant[leaves] = list(map(_constant_of, map(nodes.__getitem__, leaves.tolist())))
        return cls(operations, serials, kinds, ends - arity, used, constant)

    def with_root(self, root: Value) -> Self:
        """One node more: the root of all others."""
        serials = np.append(self.serials, root._serial)
        known = self.operations
        if root.operation and root.operation not in known:
            known = (*known, root.operation)
        kinds = np.append(self.kinds, known.index(root.operation) if root.operation else -1)
        operands = np.searchsorted(serials, _whole(map(_serial_of, root.operands), len(root.operands)))
        used, constant = np.append(self.used, operands), np.append(self.constant, root.constant)
        return type(self)(known, serials, kinds, np.append(self.starts, len(self.used)), used, constant)

    @property
    def arity(self) -> Ints:
        """How many operands each node has."""
        return _arity(self.operations, self.kinds)


def _arity(operations: tuple[Operation, ...], kinds: Ints) -> Ints:
    return np.array([*(row.arity for row in operations), 0])[kinds]  # the last for leaves


def _places(known: Ints, serials: Ints) -> Ints:
    """The places of serials among the known ones, which ascend."""
    if not serials.size:
        return serials
    first, last = int(known[0]), int(known[-1])
    if last - first > 8 * len(known):
        return np.searchsorted(known, serials)
    # Nodes of one graph were mostly made one after the other: then a table is quick.
    table = np.empty(last - first + 1, dtype=np.int64)
    table[known - first] = np.arange(len(known))
    return table[serials - first]


def _whole(numbers: Iterable[int], count: int) -> Ints:
    return np.fromiter(numbers, dtype=np.int64, count=count)
