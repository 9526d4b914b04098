"""Growing many nodes at once: what operators make, without looking at each thing that is given.

A network makes its weighted sums by the ten thousand, out of nodes that it made itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from mgrad.engine.graph import Binary, Value, serials
from mgrad.engine.operations import OPERATIONS

_ADD, _MUL = OPERATIONS["add"], OPERATIONS["mul"]


def weighted_sum(
    first: Value, weights: Sequence[Value], sources: Sequence[Value], products: Sequence[str], sums: Sequence[str]
) -> Value:
    """first + weight1 * source1 + weight2 * source2 + ..., each product and each sum with a suggested label."""
    make, multiply, add = Binary.__new__, _MUL.forward, _ADD.forward
    total = first
    for weight, source, product_label, sum_label in zip(weights, sources, products, sums, strict=True):
        product = make(Binary)
        product.operation = _MUL
        product.operands = (weight, source)
        product.data = multiply(weight.data, source.data)
        product.grad = 0.0
        product._serial = next(serials)
        product._label = product_label
        product._kept = None
        product._given = False
        before, total = total, make(Binary)
        total.operation = _ADD
        total.operands = (before, product)
        total.data = add(before.data, product.data)
        total.grad = 0.0
        total._serial = next(serials)
        total._label = sum_label
        total._kept = None
        total._given = False
    return total
