"""The shape of a graph, in arrays: which node is made by which operation, and out of which others.

Operands never change, so a root keeps its shape with the order of its nodes. What a loop in C can ask of all nodes at
once is asked here. A large graph fills no cache, so such loops wait for memory: each object is asked as rarely as can
be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.operations import OPERATIONS, Operation

if TYPE_CHECKING:
    from mgrad.engine.graph import Value

Ints = NDArray[np.int64]
_serial_of, _operation_of = attrgetter("_serial"), attrgetter("operation")


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
    def of(cls, nodes: Sequence[Value], constants: Sequence[Value]) -> Self:
        """The shape of nodes that are in this order, with all their operands; `constants` are those among them."""
        codes = _Codes()
        serials = _whole(map(_serial_of, nodes), len(nodes))
        kinds = _whole(map(codes.__getitem__, map(_operation_of, nodes)), len(nodes))
        operations = tuple(row for row in codes if row)
        arity = _arity(operations, kinds)
        ends = np.cumsum(arity)
        used = [operand._serial for node in nodes for operand in node.operands]
        constant = np.zeros(len(nodes), dtype=bool)
        constant[np.searchsorted(serials, _whole(map(_serial_of, constants), len(constants)))] = True
        return cls(operations, serials, kinds, ends - arity, _places(serials, _whole(used, len(used))), constant)

    def without_root(self) -> Self:
        """The shape of all nodes but the last."""
        last = slice(None, -1)
        used = self.used[: self.starts[-1]]
        return type(self)(
            self.operations, self.serials[last], self.kinds[last], self.starts[last], used, self.constant[last]
        )

    @cached_property
    def arity(self) -> Ints:
        """How many operands each node has."""
        return _arity(self.operations, self.kinds)

    @cached_property
    def operands(self) -> tuple[Ints, Ints]:
        """The first operand of each node and the second one, by number; -1 where there is none."""
        a, b = np.full((2, len(self.kinds)), -1)
        one, two = np.flatnonzero(self.arity), np.flatnonzero(self.arity == 2)
        a[one] = self.used[self.starts[one]]
        b[two] = self.used[self.starts[two] + 1]
        return a, b

    @cached_property
    def uses(self) -> Ints:
        """How often each node is used."""
        return np.bincount(self.used, minlength=len(self.kinds))


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
