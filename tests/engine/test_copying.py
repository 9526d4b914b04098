"""Copies of graphs: as deep as they are, and with every node that is shared still shared."""

import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

import pytest

from mgrad.engine import MLP, Value, parse


def _pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def _pickled_in_python(thing: Any) -> Any:
    return pickle.loads(pickle._dumps(thing))  # pyright: ignore[reportAttributeAccessIssue]


COPIES = pytest.mark.parametrize("copied", [deepcopy, _pickled, _pickled_in_python])


@COPIES
def test_a_chain_of_100_000_nodes_is_copied(copied: Callable[[Value], Value]) -> None:
    root = leaf = Value(1.0, "x")
    for _ in range(50_000):
        root = root + 1.0

    twin = copied(root)

    assert twin.count() == root.count() == 100_001
    twin["x"].data = 2.0
    assert (twin.recalculate(), root.recalculate(), leaf.data) == (50_002.0, 50_001.0, 1.0)


@COPIES
def test_a_copy_is_the_same_graph_of_other_nodes(copied: Callable[[Value], Value]) -> None:
    root = parse("tanh(x1*w1 + x2*w2 + b)", x1=2.0, w1=-3.0, x2=0.0, w2=1.0, b=6.88)
    root.backward()

    twin = copied(root)

    for one, other in zip(root.nodes(), twin.nodes(), strict=True):
        assert one is not other
        assert (one.data, one.grad, one.label, one.learnable) == (other.data, other.grad, other.label, other.learnable)
        assert one.operation is other.operation or one.operation == other.operation
    twin.backward()
    assert [node.grad for node in twin.nodes()] == [node.grad for node in root.nodes()]


@COPIES
def test_what_is_shared_stays_shared(copied: Callable[[Any], Any]) -> None:
    net = MLP(2, [3, 2], seed=1)
    outputs = net([1.0, 2.0])
    assert isinstance(outputs, list)
    shared = outputs[0].operands[0]

    twins, net_twin, shared_twin = copied((outputs, net, shared))

    assert set(net_twin.parameters()) < set(twins[0].nodes()) | set(twins[1].nodes())
    assert twins[0].operands[0] is shared_twin
    assert {node.label for node in twins[0].nodes()} == {node.label for node in outputs[0].nodes()}


@COPIES
def test_a_square_keeps_its_one_operand(copied: Callable[[Value], Value]) -> None:
    x = Value(3.0, "x")

    twin = copied(x * x)

    assert twin.operands[0] is twin.operands[1]
    assert twin.operands[0] is not x


def test_a_shallow_copy_has_the_same_operands() -> None:
    root = Value(3.0, "x") * 2.0

    assert copy(root).operands[0] is root.operands[0]
