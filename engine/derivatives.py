"""Derivatives beyond the gradient: the Hessian along a direction, and the Jacobian of several outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.duals import DUAL_RULES, Dual, as_dual
from mgrad.engine.errors import LabelError, ShapeError
from mgrad.engine.graph import Constant, Value


def hessian_vector_product(loss: Value, direction: Mapping[str, float] | Sequence[float]) -> dict[str, float]:
    """How the gradient of `loss` changes along a direction: the Hessian times that vector, by parameter.

    `direction` gives a number for each parameter: by label (those left out are 0), or in the order of
    `loss.parameters()`. The graph stays as it is, with its numbers. Exact, by running forward and backward on dual
    numbers (Pearlmutter 1994, "Fast exact multiplication by the Hessian"): no matrix is made.

    >>> x = Value(3.0, "x"); y = Value(2.0, "y")
    >>> hessian_vector_product(x**2 * y, {"x": 1.0})     # the first column of [[2y, 2x], [2x, 0]]
    {'x': 4.0, 'y': 6.0}
    """
    nodes, parameters = loss.nodes(), loss.parameters()
    along = _along(loss, parameters, direction)
    numbers: dict[int, Dual] = {}
    for node in nodes:
        if node.operation is None:
            numbers[id(node)] = Dual(node.data, along.get(id(node), 0.0))
        else:
            operands = [numbers[id(operand)] for operand in node.operands]
            numbers[id(node)] = as_dual(DUAL_RULES[node.operation.name].forward(*operands))
    gradients = {id(node): Dual(0.0, 0.0) for node in nodes} | {id(loss): Dual(1.0, 0.0)}
    for node in reversed(nodes):
        if node.operation is None:
            continue
        operands = [numbers[id(operand)] for operand in node.operands]
        for operand, partial in zip(node.operands, DUAL_RULES[node.operation.name].partials, strict=True):
            if not isinstance(operand, Constant):
                part = gradients[id(node)] * partial(numbers[id(node)], *operands)
                gradients[id(operand)] = gradients[id(operand)] + part
    return {node.label: gradients[id(node)].change for node in parameters}


def jacobian(outputs: Sequence[Value], inputs: Sequence[Value]) -> NDArray[np.float64]:
    """The derivative of every output by every input, (outputs, inputs); an input that an output does not use gives 0.

    Gradients that stand in the graph stay as they are.

    >>> x = Value(3.0, "x"); y = Value(2.0, "y")
    >>> jacobian([x * y, x + 5.0 * y], [x, y]).tolist()
    [[2.0, 3.0], [1.0, 5.0]]
    """
    rows = []
    for output in outputs:
        nodes = output.nodes()
        before = [node.grad for node in nodes]
        output.backward()
        slopes = {id(node): node.grad for node in nodes}
        for node, gradient in zip(nodes, before, strict=True):
            node.grad = gradient
        rows.append([slopes.get(id(node), 0.0) for node in inputs])
    return np.array(rows, dtype=float).reshape(len(outputs), len(inputs))


def _along(loss: Value, parameters: list[Value], direction: Mapping[str, float] | Sequence[float]) -> dict[int, float]:
    if isinstance(direction, Mapping):
        for label in direction:
            if loss[label].operands:
                raise LabelError(f"A direction has a number for each of some leaves, but {label!r} is computed.")
        return {id(loss[label]): float(number) for label, number in direction.items()}
    if len(direction) != len(parameters):
        raise ShapeError(f"The direction has {len(direction)} numbers, but there are {len(parameters)} parameters.")
    return {id(node): float(number) for node, number in zip(parameters, direction, strict=True)}
