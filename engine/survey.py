"""A survey of a graph before it is lowered: every node by a number, and what the passes over it need to know.

Lowering looks at each node several times; plain lists of whole numbers make that quick.
"""

from __future__ import annotations

from collections.abc import Sequence

from mgrad.engine.errors import LabelError
from mgrad.engine.graph import Constant, Value
from mgrad.engine.tape import CODES


class Survey:
    """The nodes of a graph in topological order, and lists that say of node k:

    `operands[k]` its operands' numbers, `kinds[k]` its operation's code (-1 for a leaf), `varying[k]` whether it
    depends on a column, `wanted[k]` whether somebody wants its gradient, `uses[k]` how often it is used.
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
        columns = set(map(id, inputs))
        found = root.nodes()
        if parameters is None:
            parameters = [node for node in found if node.learnable and id(node) not in columns]
        self.parameters = tuple(parameters)
        known = set(map(id, found))
        outside = [node for node in (*self.parameters, *self.inputs) if id(node) not in known]
        self.nodes = [*outside, *found]
        self.index = dict(zip(map(id, self.nodes), range(len(self.nodes)), strict=True))
        self._walk()
        if every_gradient:
            self.wanted = [not isinstance(node, Constant) for node in self.nodes]
        for node in (*keep, root):
            self.uses[self.index[id(node)]] = 2  # somebody outside looks at it: not to be swallowed by a sum

    def of(self, node: Value) -> int:
        """The number of a node."""
        return self.index[id(node)]

    def _walk(self) -> None:
        index, count = self.index, len(self.nodes)
        self.varying = varying = [False] * count
        self.wanted = wanted = [False] * count
        self.uses = uses = [0] * count
        self.kinds = kinds = [-1] * count
        self.operands: list[tuple[int, ...]] = [()] * count
        numbers = self.operands
        for node in self.inputs:
            varying[index[id(node)]] = True
        for node in self.parameters:
            wanted[index[id(node)]] = True
        for k, node in enumerate(self.nodes):
            operation = node.operation
            if operation is None:
                continue
            kinds[k] = CODES[operation.name]
            operands = node.operands
            a = index[id(operands[0])]
            uses[a] += 1
            if len(operands) == 2:
                b = index[id(operands[1])]
                uses[b] += 1
                numbers[k] = (a, b)
                varying[k] = varying[a] or varying[b]
                wanted[k] = wanted[a] or wanted[b]
            else:
                numbers[k] = (a,)
                varying[k], wanted[k] = varying[a], wanted[a]
