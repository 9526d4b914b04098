"""Derivatives against jax: gradients of random expressions, Jacobians, and the Hessian along a direction.

Every expression is written once, over the names of its operations, and grown twice: from Values and from jax's numbers.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Value, hessian_vector_product, jacobian
from mgrad.engine.operations import OPERATIONS

jax = pytest.importorskip("jax", reason="jax is not installed: pip install -e '.[peers]'")
jnp = jax.numpy
jax.config.update("jax_enable_x64", True)

# How each operation is called: the names of Values on the left, jax's functions on the right.
JAX: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "neg": lambda a: -a,
    "exp": jnp.exp,
    "log": jnp.log,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "sqrt": jnp.sqrt,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "abs": jnp.abs,
    "softplus": jax.nn.softplus,
    "maximum": jnp.maximum,
    "minimum": jnp.minimum,
}
INFIX = {name: JAX[name] for name in ("add", "sub", "mul", "div", "pow", "neg")}
OURS: dict[str, Callable[..., Any]] = {
    name: INFIX.get(name, lambda *operands, name=name: getattr(operands[0], name)(*operands[1:])) for name in JAX
}


def test_every_operation_has_its_peer() -> None:
    assert set(JAX) == set(OPERATIONS)


# ---------------------------------------------------------------- random expressions
Step = tuple[str, int, int]
steps = st.lists(st.tuples(st.sampled_from(list(JAX)), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=15)
leaves = st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=4)


def grow(table: dict[str, Callable[..., Any]], recipe: Sequence[Step], numbers: Sequence[Any]) -> Any:
    """Each step takes earlier numbers by their place from the end, and keeps to where its operation is defined."""
    made = list(numbers)
    for name, i, j in recipe:
        a, b = made[-1 - i % len(made)], made[-1 - j % len(made)]
        if name in ("log", "sqrt", "pow"):
            a = a * a + 0.5
        if name in ("pow", "exp"):
            a, b = (a, table["tanh"](b)) if name == "pow" else (table["tanh"](a), b)
        if name == "div":
            b = b * b + 0.5
        made.append(table[name](a, b) if OPERATIONS[name].arity == 2 else table[name](a))
    return functools.reduce(table["add"], made)


def grown(recipe: Sequence[Step], numbers: Sequence[float]) -> tuple[Value, list[Value]]:
    values = [Value(number, f"w{k}") for k, number in enumerate(numbers, 1)]
    return grow(OURS, recipe, values), values


def smooth_and_ordinary(loss: Value) -> bool:
    """No kinked node stands at its kink, where each library may choose; no number is so large that rounding counts."""
    for node in loss.nodes():
        operands = [operand.data for operand in node.operands]
        if node.operation is not None and node.operation.kinked:
            distance = operands[0] - operands[1] if len(operands) == 2 else operands[0]
            if abs(distance) < 1e-6:
                return False
        if not (abs(node.data) < 1e4 and abs(node.grad) < 1e4):
            return False
    return True


@given(recipe=steps, numbers=leaves)
@settings(max_examples=60)  # each shape is traced anew
def test_gradients_of_random_expressions(recipe: list[Step], numbers: list[float]) -> None:
    loss, values = grown(recipe, numbers)
    loss.backward()
    assume(smooth_and_ordinary(loss))

    value, gradient = jax.value_and_grad(lambda at: grow(JAX, recipe, list(at)))(jnp.array(numbers))

    size = max(1.0, max(abs(node.grad) for node in loss.nodes()), max(abs(node.data) for node in loss.nodes()))
    assert loss.data == pytest.approx(float(value), rel=1e-9, abs=1e-12 * size)
    assert [leaf.grad for leaf in values] == pytest.approx(np.asarray(gradient), rel=1e-9, abs=1e-12 * size)


# ---------------------------------------------------------------- graphs with a point
POINT = [0.7, -1.3, 0.4, 1.9]
GRAPHS: dict[str, Callable[[dict[str, Callable[..., Any]], Sequence[Any]], Any]] = {
    "rosenbrock": lambda f, w: sum(
        100.0 * (after - before**2) ** 2 + (1.0 - before) ** 2 for before, after in itertools.pairwise(w)
    ),
    "a neuron": lambda f, w: (f["tanh"](w[0] * 0.3 + w[1] * 1.7 + w[2]) * w[3] - 0.2) ** 2.0,
    "kinks apart": lambda f, w: f["relu"](w[0] * w[1] + 2.0) * f["abs"](w[1]) + f["maximum"](w[2], w[3]) ** 3.0 * w[0],
    "everything smooth": lambda f, w: f["exp"](f["sin"](w[0]) * w[1])
    + f["log"](w[3] + f["softplus"](w[2])) * f["sqrt"](w[3])
    + f["sigmoid"](w[1] / w[3]) ** 2.5
    - f["cos"](w[0] * w[2]) * f["pow"](w[3], w[0]),
    "a leaf many times": lambda f, w: w[0] * w[0] / (w[0] + w[3]) + f["tanh"](w[0] * f["tanh"](w[0])) + w[1] * w[2],
}  # fmt: skip
on_every_graph = pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)


def written(graph: Callable[..., Any]) -> tuple[Value, list[Value]]:
    values = [Value(number, f"w{k}") for k, number in enumerate(POINT, 1)]
    return graph(OURS, values), values


@on_every_graph
@pytest.mark.parametrize("direction", [[1.0, 0.0, 0.0, 0.0], [0.3, -1.0, 2.0, 0.5]])
def test_the_hessian_along_a_direction(graph: Callable[..., Any], direction: list[float]) -> None:
    loss, values = written(graph)

    found = hessian_vector_product(loss, {f"w{k}": number for k, number in enumerate(direction, 1)})

    gradient = jax.grad(lambda at: graph(JAX, list(at)))
    _, expected = jax.jvp(gradient, (jnp.array(POINT),), (jnp.array(direction),))
    used = {node.label for node in loss.parameters()}
    assert [found.get(leaf.label, 0.0) for leaf in values] == pytest.approx(np.asarray(expected), rel=1e-10, abs=1e-12)
    assert set(found) == used


def test_the_jacobian_of_several_outputs() -> None:
    values = [Value(number, f"w{k}") for k, number in enumerate(POINT, 1)]

    found = jacobian([graph(OURS, values) for graph in GRAPHS.values()], values)

    together = lambda at: jnp.stack([graph(JAX, list(at)) for graph in GRAPHS.values()])  # noqa: E731
    assert found == pytest.approx(np.asarray(jax.jacobian(together)(jnp.array(POINT))), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_a_networks_jacobian_by_its_inputs(activation: str) -> None:
    net = MLP(3, [6, 5, 2], activation=activation, seed=7)
    point = [0.3, -1.1, 0.8]
    inputs = [Value(number, f"x{k}") for k, number in enumerate(point, 1)]
    outputs = net(inputs)
    assert isinstance(outputs, list)

    found = jacobian(outputs, inputs)

    def forward(x: Any) -> Any:
        for layer in net.layers:
            weights = jnp.array([[weight.data for weight in neuron.weights] for neuron in layer.neurons])
            x = weights @ x + jnp.array([neuron.bias.data for neuron in layer.neurons])
            x = JAX[layer.activation](x) if layer.activation != "linear" else x
        return x

    assert found == pytest.approx(np.asarray(jax.jacobian(forward)(jnp.array(point))), rel=1e-10, abs=1e-12)
