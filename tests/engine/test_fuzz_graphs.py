"""Graphs of a special make, at random: wide ones, whose neighbours become blocks of rows, and deep ones.

In a wide graph operands cross: what is the left operand of one node is the right one of the next, or the same for all.
A deep one is a chain of steps that each shrink an error, so that rounding does not grow on the way.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mgrad.engine import Value
from mgrad.engine.executors import available, make_executor
from mgrad.engine.lowering import lower
from tests.engine.random_graphs import LANES, column_numbers, disagreements, interpret, numbers, ordinary

on_every_executor = pytest.mark.parametrize("executor", available())
fused_and_not = pytest.mark.parametrize("fuse", [True, False], ids=["fused", "unfused"])

# ---------------------------------------------------------------- wide

BINARY = ("add", "sub", "mul", "maximum", "minimum")
UNARY = ("tanh", "relu", "neg", "sin", "sigmoid", "abs")


@dataclass(frozen=True)
class Level:
    """As many nodes as the graph is wide; node j has as operands a + j·a_step and b + j·b_step of the levels below.

    The second operand may be `back` levels further down.
    """

    operation: str
    a: int
    a_step: int
    b: int
    b_step: int
    back: int


levels = st.builds(
    Level,
    operation=st.sampled_from(BINARY + UNARY),
    a=st.integers(0, 12),
    a_step=st.sampled_from([1, 1, 0, -1, 2]),
    b=st.integers(0, 12),
    b_step=st.sampled_from([1, 1, 0, -1, 2]),
    back=st.integers(0, 2),
)


def braid(width: int, columns: int, made: list[Level]) -> tuple[Value, list[Value]]:
    """The graph, with every node of the last level in its root, and the leaves that are to be columns."""
    inputs = [Value(0.0, f"x{k}", learnable=False) for k in range(columns)]
    weights = [Value(0.1 * k - 0.45, f"w{k}") for k in range(width)]
    rows = [[inputs[k] if k < columns else weights[k] for k in range(width)]]
    for level in made:
        left, right = rows[-1], rows[-1 - min(level.back, len(rows) - 1)]
        row = []
        for j in range(width):
            a, b = left[(level.a + j * level.a_step) % width], right[(level.b + j * level.b_step) % width]
            if level.operation in UNARY:
                row.append(-a if level.operation == "neg" else getattr(a, level.operation)())
            elif level.operation in ("maximum", "minimum"):
                row.append(getattr(a, level.operation)(b))
            else:
                row.append({"add": a + b, "sub": a - b, "mul": a * b}[level.operation])
        rows.append(row)
    root = rows[-1][0] * weights[0]
    for k, node in enumerate(rows[-1][1:], 1):
        root = root + (node * weights[k] if k % 3 else node)
    return root, inputs


@on_every_executor
@fused_and_not
@given(
    width=st.integers(2, 12),
    columns=st.integers(1, 12),
    made=st.lists(levels, min_size=1, max_size=6),
    lanes=LANES,
    seed=numbers,
)
@example(width=3, columns=2, made=[Level("add", 0, 1, 1, 0, 0)], lanes=1, seed=0)
@example(width=8, columns=8, made=[Level("mul", 0, 1, 1, 1, 0), Level("sub", 1, 1, 0, 1, 0)], lanes=9, seed=0)
def test_wide_graphs_whose_operands_cross(
    executor: str, fuse: bool, width: int, columns: int, made: list[Level], lanes: int, seed: int
) -> None:
    root, inputs = braid(width, min(width, columns), made)
    numbers_of = column_numbers(len(inputs), lanes, seed)
    reference = interpret(root, inputs, numbers_of)
    assume(ordinary(reference))
    tape = lower(root, inputs, fuse=fuse, every_gradient=True)
    found = make_executor(tape, executor)

    found.run(numbers_of)

    assert disagreements(tape, found, root, reference) == []


# ---------------------------------------------------------------- deep

STEPS = {
    "a neuron": lambda node, before, w, x: (0.9 * node * w + x * 0.1 - 0.2).tanh(),
    "a mean": lambda node, before, w, x: 0.5 * node + 0.5 * x,
    "a mean with what was before": lambda node, before, w, x: (node + before) * 0.5,
    "a product": lambda node, before, w, x: node.tanh() * w,
    "a quotient": lambda node, before, w, x: node / (1.0 + x * x),
    "a sine": lambda node, before, w, x: node.sin(),
    "the larger": lambda node, before, w, x: (node * 0.9).maximum(0.1 * x),
    "a softplus": lambda node, before, w, x: node.softplus() - 0.5,
}
"""Each moves its answer by no more than its operand was moved."""


@on_every_executor
@fused_and_not
@given(
    steps=st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=6),
    length=st.integers(1, 300),
    lanes=st.sampled_from([1, 2, 9]),
    seed=numbers,
)
def test_deep_graphs(executor: str, fuse: bool, steps: list[str], length: int, lanes: int, seed: int) -> None:
    w, x = Value(0.8, "w"), Value(0.0, "x", learnable=False)
    before, node = x, w * x
    for k in range(length):
        before, node = node, STEPS[steps[k % len(steps)]](node, before, w, x)
    columns = column_numbers(1, lanes, seed)
    values, slopes = [], []
    for x.data in columns[0].tolist():
        values.append(node.recalculate())
        node.backward()
        slopes.append(w.grad)
    tape = lower(node, [x], fuse=fuse)
    found = make_executor(tape, executor)

    found.run(columns)

    assert found.values(tape.root_place) == pytest.approx(values, rel=1e-9, abs=1e-12)
    assert found.gradients[0] == pytest.approx(np.mean(slopes), rel=1e-9, abs=1e-12 * length)
