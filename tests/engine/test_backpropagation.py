"""From the second time on a graph goes back by a prepared way: the same arithmetic, so the same bits."""

import random

import pytest

from mgrad.engine import Binary, Constant, Unary, Value, parse
from mgrad.engine.operations import OPERATIONS


def gradients(root: Value) -> list[str]:
    root.backward()
    return [node.grad.hex() for node in root.nodes()]  # nan is nan here


def random_graph(seed: int) -> Value:
    """Sixty nodes of all operations, over each other and over a few leaves and constants."""
    source = random.Random(seed)
    nodes: list[Value] = [Value(source.uniform(-2.0, 2.0)) for _ in range(3)] + [Constant(2.0), Constant(-1.0)]
    for _ in range(60):
        row = source.choice(list(OPERATIONS.values()))
        a, b = source.choice(nodes[-8:]), source.choice(nodes)
        nodes.append(Unary(row, a) if row.arity == 1 else Binary(row, a, b))
    return sum(nodes[5:], nodes[4])


@pytest.mark.parametrize("seed", range(40))
def test_again_gives_the_same_bits(seed: int) -> None:
    root = random_graph(seed)

    first = gradients(root)

    assert gradients(root) == first
    assert gradients(root) == first


@pytest.mark.parametrize(
    "text", ["w", "w * 1", "w + w", "-w", "tanh(w)", "w ** 2", "(w * v + tanh(w) - v ** 2) * w", "2 / w"]
)
def test_small_graphs_too(text: str) -> None:
    root = parse(text, w=0.5, v=-3.0) if "v" in text else parse(text, w=0.5)

    first = gradients(root)

    assert gradients(root) == first


def test_it_follows_the_numbers() -> None:
    w = Value(3.0, "w")
    root = (w * w).tanh() + w * 2.0
    for _ in range(3):
        root.backward()

    w.data = 0.25
    root.recalculate()
    root.backward()

    assert w.grad == pytest.approx(2.0 + 0.5 * (1.0 - root.operands[0].data ** 2), rel=1e-15)
