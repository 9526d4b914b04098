"""Where nodes stand: found from below, the same as by reading the whole graph from the top."""

import random
from itertools import pairwise

import pytest

from mgrad.engine import MLP, Trainer
from mgrad.engine.graph import Value
from mgrad.engine.homes import Use, operand_of
from mgrad.engine.outline import Outline


def homes_by_reading(outline: Outline) -> dict[Value, Use]:
    """Goes through all rows from the top, each node opened where it is met first."""
    first: dict[Value, Use] = {}
    waiting = list(reversed(outline._shown(outline.root)[0]))
    while waiting:
        use = waiting.pop()
        node = operand_of(use)
        if node not in first:
            first[node] = use
            waiting.extend(reversed(outline._shown(node)[0] if node.operands else []))
    return first


def any_graph(seed: int) -> Value:
    draw = random.Random(seed)
    nodes = [Value(draw.uniform(0.5, 2.0), f"w{i}") for i in range(3)]
    for i in range(draw.randrange(1, 40)):
        left, right = draw.choice(nodes[-6:]), draw.choice(nodes)
        made = draw.choice([left + right, left + right, left * right, left**2, left.tanh(), 3 + left])
        nodes.append(made.labelled(f"place{i % 3}.node{i}") if draw.random() < 0.2 else made)
    return nodes[-1]


@pytest.mark.parametrize("seed", range(150))
def test_a_home_is_the_first_use_in_the_order_of_reading(seed: int) -> None:
    root = any_graph(seed)
    read = homes_by_reading(Outline(root))
    asked = list(read)
    random.Random(seed).shuffle(asked)
    outline = Outline(root)  # asked in any order, it says the same

    assert {node: outline._homes.first(node) for node in asked} == read


@pytest.mark.parametrize("seed", range(50))
def test_every_node_stands_somewhere(seed: int) -> None:
    root = any_graph(seed)
    outline = Outline(root)

    for node in root.nodes():
        path = outline.path_to(node)
        assert path[0] == outline.top
        for above, below in pairwise(path):
            assert below in outline.children(above)


def test_a_deep_chain_needs_no_stack() -> None:
    node = Value(0.5, "w")
    for _ in range(20_000):
        node = node + node.tanh()

    assert len(Outline(node).path_to("w")) > 10_000


def test_a_large_network_is_looked_at_only_where_somebody_looks() -> None:
    inputs = [[0.1] * 784, [0.2] * 784]
    loss = Trainer(MLP(784, [20, 10], seed=1), (inputs, [[0.0] * 10] * 2), executor="numpy").template.loss
    outline = Outline(loss)

    path = outline.path_to("layer1.neuron7.w300")

    assert [row.label for row in path[-3:]] == [
        "layer1.neuron7.pre",
        "layer1.neuron7.product300",
        "layer1.neuron7.w300",
    ]
    assert len(outline._homes._depth) < 200  # of 47,000 nodes
