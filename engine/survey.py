"""A survey of a graph before it is lowered: every node by a number, and what is known of all of them, in arrays.

A large network has 150,000 nodes. What can be asked of many at once is asked in a loop that runs in C; only what a node
inherits from its operands goes from node to node.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.errors import LabelError, OperandError
from mgrad.engine.graph import Constant, Value
from mgrad.engine.operations import OPERATIONS
from mgrad.engine.shape import Shape
from mgrad.engine.tape import Ints

Flags = NDArray[np.bool_]
_serial_of = attrgetter("_serial")
# Where it is kept: a parameter tells it in a roundabout way.
_learns = Value.learnable.__get__  # pyright: ignore[reportAttributeAccessIssue]
_VARYING, _WANTED = 1, 2


class Survey:
    """The nodes of a graph in topological order, and arrays that say of node k:

    `kinds[k]` its operation's code (-1 for a leaf), `a[k]` and `b[k]` its operands' numbers (-1 where there is none),
    `varying[k]` whether it depends on a column, `wanted[k]` whether somebody wants its gradient, `uses[k]` how often it
    is used.
    """

    def __init__(
        self,
        root: Value,
        inputs: Sequence[Value],
        parameters: Sequence[Value] | None,
        keep: Sequence[Value],
        every_gradient: bool,
    ) -> None:
        for node in inputs:
            if node.operands or isinstance(node, Constant):
                raise LabelError(f"Only a leaf can become a column, but {node.label!r} is computed.")
        self.root, self.inputs = root, tuple(inputs)
        self.nodes = root.nodes()
        kept = root._kept or root._keep()
        self._shape = kept.shape_of(self.nodes)
        self._leaves = kept.leaves if root.operands or root.constant else [root]
        self._take_in([*self.inputs, *(parameters or ())])
        self._look_at_operands()
        self.input_numbers = self.of(self.inputs)
        if parameters is None:
            self.parameter_numbers, self.parameters = self._learnable()
        else:
            self.parameter_numbers, self.parameters = self.of(parameters), tuple(parameters)
        self._hand_down(every_gradient)
        self.root_number = int(self.of([root])[0])
        self.uses[self.of([*keep, root])] = 2  # somebody outside looks at it: not to be swallowed by a sum

    def of(self, nodes: Sequence[Value]) -> Ints:
        """The numbers of nodes."""
        return np.searchsorted(self._shape.serials, _serials(nodes))

    def _take_in(self, leaves: list[Value]) -> None:
        """Leaves that stand outside the graph come to the others, in the order in which all were made."""
        known, serials = self._shape.serials, _serials(leaves)
        outside = known[np.minimum(np.searchsorted(known, serials), len(known) - 1)] != serials
        if outside.any():
            constants = list(compress(self.nodes, self._shape.constant.tolist()))
            self.nodes = sorted({*self.nodes, *compress(leaves, outside)}, key=_serial_of)
            self._shape = Shape.of(self.nodes, constants)
            self._leaves = [node for node in self.nodes if not (node.operands or node.constant)]

    def _look_at_operands(self) -> None:
        shape = self._shape
        for row in shape.operations[len(OPERATIONS) :]:
            raise OperandError(f"Only operations of the table can be compiled, and {row.name!r} is not one of them.")
        self.a, b = shape.operands
        self.kinds, self.b, self.uses = shape.kinds.copy(), b.copy(), shape.uses.copy()  # lowering changes some

    def _learnable(self) -> tuple[Ints, tuple[Value, ...]]:
        """The leaves that learn, without the columns; their numbers before them."""
        leaves, numbers = self._leaves, np.flatnonzero((self.kinds < 0) & ~self._shape.constant)
        learns = np.fromiter(map(_learns, leaves), dtype=bool, count=len(leaves))
        learns[np.searchsorted(numbers, self.input_numbers)] = False
        return numbers[learns], tuple(compress(leaves, learns.tolist()))

    def _hand_down(self, every_gradient: bool) -> None:
        """What depends on a column varies; what depends on a parameter has a gradient that is wanted."""
        flags = np.zeros(len(self.nodes), dtype=np.uint8)
        flags[self.parameter_numbers] = _WANTED
        flags[self.input_numbers] |= _VARYING
        if self.inputs or not every_gradient:
            computed = self.kinds >= 0
            a, b = self.a, np.where(self.b < 0, self.a, self.b)
            first = np.flatnonzero(computed & ~computed[a] & ~computed[b])  # half of all: products of leaves
            flags[first] = flags[a[first]] | flags[b[first]]
            computed[first] = False
            sure = computed & ((flags[a] | flags[b]) == _VARYING | _WANTED)  # sums of such products, by one of them
            flags[sure] = _VARYING | _WANTED
            computed[sure] = False
            rest, marks = np.flatnonzero(computed), bytearray(flags)
            for k, left, right in zip(rest.tolist(), a[rest].tolist(), b[rest].tolist(), strict=True):
                marks[k] = marks[left] | marks[right]
            flags = np.frombuffer(marks, dtype=np.uint8)
        self.varying: Flags = (flags & _VARYING) > 0
        self.wanted: Flags = ~self._shape.constant if every_gradient else (flags & _WANTED) > 0


def _serials(nodes: Sequence[Value]) -> Ints:
    return np.fromiter(map(_serial_of, nodes), dtype=np.int64, count=len(nodes))
