"""From a network to its first step: what a wide network costs before it learns, with kernels in the cache."""

from __future__ import annotations

from statistics import median

from benchmarks.results import Measure
from benchmarks.timing import seconds_of
from benchmarks.workloads import WORKLOADS
from mgrad.engine import Value
from mgrad.engine.losses import softmax

PART = "lowering"
_WIDE = WORKLOADS["W5"]


def measure_lowering() -> list[Measure]:
    """Lowering a node, and the way from `MLP(...)` through `Trainer(...)` to the end of the first step."""
    WORKLOADS["W4"].trainer(WORKLOADS["W4"].network()).step()  # the kernels are loaded from here on
    loss, inputs = _template()
    count = loss.count()
    first = median(_first_compile() for _ in range(5))
    lowering = median(seconds_of(lambda: loss.compile(inputs)) for _ in range(5))
    starting = median(seconds_of(_first_step) for _ in range(5))
    return [
        Measure(PART, "nodes of the loss of 784-64-10", count, ""),
        Measure(PART, "loss.compile() with 784 columns, a node", lowering / count * 1e6, "µs", 0.5),
        Measure(PART, "of a graph whose root keeps no shape yet", first / count * 1e6, "µs"),
        Measure(PART, "784-64-10 from MLP(...) to the end of the first step", starting, "s", 0.5),
    ]


def _first_compile() -> float:
    loss, inputs = _template()
    loss.nodes()  # their order is kept since the graph was grown
    return seconds_of(lambda: loss.compile(inputs))


def _first_step() -> None:
    _WIDE.trainer(_WIDE.network()).step()


def _template() -> tuple[Value, list[Value]]:
    inputs = [Value(0.0, f"x{i}", learnable=False) for i in range(1, _WIDE.sizes[0] + 1)]
    targets = [Value(0.1, f"target{i}", learnable=False) for i in range(1, _WIDE.sizes[-1] + 1)]
    outputs = _WIDE.network()(inputs)
    return softmax(outputs, targets), [*inputs, *targets]
