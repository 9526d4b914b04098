"""Random graphs over lanes, and what the interpreter says about them: the measure of every executor."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from mgrad.engine import Constant, Value
from mgrad.engine.executors.base import Executor
from mgrad.engine.tape import Tape


@dataclass(frozen=True)
class Random:
    """A recipe for a graph: each step takes earlier nodes by their place from the end."""

    uniforms: list[float]
    columns: int
    steps: list[tuple[str, int, int, float]]
    keep: bool


STEPS = [
    "add", "add", "add", "mul", "mul", "weigh", "weigh", "weigh", "weigh", "sum", "sum", "shift", "scale", "sub", "neg",
    "tanh", "relu", "sigmoid", "sin", "square", "maximum", "minimum", "abs", "softplus", "quotient", "again",
]  # fmt: skip
recipes = st.builds(
    Random,
    uniforms=st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=4),
    columns=st.integers(1, 3),
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 30), st.integers(0, 30), st.sampled_from([0.5, -1.25, 2.0])),
        min_size=1,
        max_size=25,
    ),
    keep=st.booleans(),
)


class Grown:
    """A graph made from a recipe; its leaves are `w1...` and `x1...`."""

    def __init__(self, recipe: Random) -> None:
        self.weights = [Value(number, f"w{k}") for k, number in enumerate(recipe.uniforms, 1)]
        self.inputs = [Value(0.0, f"x{k}", learnable=False) for k in range(1, recipe.columns + 1)]
        self.made: list[Value] = [*self.weights, *self.inputs]
        for step in recipe.steps:
            self.made.append(self.grow(*step))
        self.root = self.made[-1]
        if recipe.keep:  # all loose ends count, else only what the last node stands on
            used = {id(operand) for node in self.made for operand in node.operands}
            for node in self.made[:-1]:
                if id(node) not in used:
                    self.root = self.root + node

    def grow(self, name: str, i: int, j: int, number: float) -> Value:
        a, b = self.made[-1 - i % len(self.made)], self.made[-1 - j % len(self.made)]
        weight = self.weights[j % len(self.weights)]
        column = self.inputs[i % len(self.inputs)]
        match name:
            case "weigh":
                return weight * column
            case "sum":  # what a neuron is, with one weight twice and one row twice
                return self.weights[0] + weight * column + weight * self.inputs[0] + b * self.weights[-1] + a
            case "again":
                return weight * column + weight * column
            case "shift":
                return a + number
            case "scale":
                return number * a
            case "square":
                return a.tanh() ** 2
            case "quotient":
                return a / (b * b + 1.5)
            case "mul":
                return a.tanh() * b
            case "neg":
                return -a
            case "add" | "sub":
                return {"add": a + b, "sub": a - b}[name]
            case "maximum" | "minimum":
                return getattr(a, name)(b)
        return getattr(a, name)()


@dataclass
class Reference:
    """What the interpreter says: values and gradients by node and lane, and the sizes that rounding is measured by."""

    values: np.ndarray
    slopes: np.ndarray
    value_sizes: np.ndarray
    slope_sizes: np.ndarray
    at_a_kink: bool = False


def interpret(root: Value, inputs: list[Value], columns: np.ndarray) -> Reference:
    nodes = root.nodes()
    shape = len(nodes), columns.shape[1]
    answer = Reference(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape))
    for lane in range(columns.shape[1]):
        for leaf, number in zip(inputs, columns[:, lane].tolist(), strict=True):
            leaf.data = number
        root.recalculate()
        root.backward()
        answer.values[:, lane] = [node.data for node in nodes]
        answer.slopes[:, lane] = [node.grad for node in nodes]
        answer.value_sizes[:, lane], answer.slope_sizes[:, lane] = sizes(nodes)
        room = dict(zip(nodes, (1e-9 * answer.value_sizes[:, lane]).tolist(), strict=True))
        answer.at_a_kink |= any(at_a_kink(node, room) for node in nodes)
    return answer


def at_a_kink(node: Value, room: dict[Value, float]) -> bool:
    """Whether rounding may settle which side of a kink this node is on; a node beside itself is a tie everywhere."""
    if node.operation is None or not node.operation.kinked:
        return False
    a, *others = node.operands
    if not others:
        return abs(a.data) <= room[a]
    return a is not others[0] and abs(a.data - others[0].data) <= room[a] + room[others[0]]


def sizes(nodes: list[Value]) -> tuple[list[float], list[float]]:
    """How large the terms are that a value and a gradient are the sum of: the same passes over absolute numbers."""
    value: dict[int, float] = {}
    for node in nodes:
        below = [value[id(operand)] for operand in node.operands]
        if node.operation is None:
            value[id(node)] = abs(node.data)
        elif node.operation.name == "mul":
            value[id(node)] = below[0] * below[1]
        else:
            slopes = partials(node)
            value[id(node)] = abs(node.data) + sum(abs(s) * size for s, size in zip(slopes, below, strict=True))
    slope = dict.fromkeys(map(id, nodes), 0.0)
    slope[id(nodes[-1])] = 1.0
    for node in reversed(nodes):
        for operand, s in zip(node.operands, partials(node), strict=True):
            # a partial that cancels, as 1 - y², is as uncertain as its terms
            slope[id(operand)] += slope[id(node)] * (abs(s) + 1.0 + value[id(node)] + value[id(operand)])
    return list(value.values()), [slope[id(node)] for node in nodes]


def partials(node: Value) -> list[float]:
    if node.operation is None:
        return []
    numbers = [operand.data for operand in node.operands]
    return [
        0.0 if isinstance(operand, Constant) else partial(node.data, *numbers)
        for operand, partial in zip(node.operands, node.operation.partials, strict=True)
    ]


def ordinary(reference: Reference) -> bool:
    """No number is so large that its rounding is larger than others, and rounding settles no gradient."""
    return not reference.at_a_kink and bool(
        np.isfinite(reference.slope_sizes).all() and reference.slope_sizes.max() < 1e9
    )


def disagreements(tape: Tape, executor: Executor, root: Value, reference: Reference) -> list[str]:
    wrong = []
    lanes = reference.values.shape[1]
    for k, node in enumerate(root.nodes()):
        if id(node) not in tape.place:
            continue  # inside a fused chain
        place = tape.place[id(node)]
        varies = place < 0
        values = reference.values[k] if varies else reference.values[k, :1]
        slopes = reference.slopes[k] / lanes if varies else reference.slopes[k].mean(keepdims=True)
        value_room = 1e-9 * (reference.value_sizes[k] if varies else reference.value_sizes[k, :1]) + 1e-12
        sizes = reference.slope_sizes[k]
        slope_room = 1e-9 * (sizes / lanes if varies else sizes.mean(keepdims=True)) + 1e-12
        if not (np.abs(executor.values(place) - values) <= value_room).all():
            wrong.append(f"value of {node.formula()}: {executor.values(place)}, expected {values}")
        if node.operands or node.learnable or varies:
            difference = np.abs(executor.slopes(place) - slopes)
            if not (difference <= slope_room).all():
                wrong.append(f"gradient of {node.formula()}: {executor.slopes(place)}, expected {slopes}")
    return wrong


# lanes around the vector of 8 and the tile of 128
LANES = st.sampled_from([1, 2, 3, 7, 8, 9, 15, 16, 17, 64])
numbers = st.integers(0, 2**32 - 1)


def column_numbers(count: int, lanes: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2.0, 2.0, (count, lanes))
