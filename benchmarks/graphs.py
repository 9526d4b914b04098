"""Whole unrolled graphs: the loss of W1 written out for all 100 samples, one graph of scalars, as in micrograd's demo.

No batches and no layers here: it is the graph itself that is run, by the compiled program and in plain Python, beside
micrograd's own classes over the same expression. Python's garbage collector looks through a graph that large again and
again, which is told apart.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.results import Measure
from benchmarks.timing import collector_clock, seconds_of
from benchmarks.workloads import LEARNING_RATE, WORKLOADS
from mgrad.engine import Value

PART = "graphs"
_W1 = WORKLOADS["W1"]


@dataclass(frozen=True)
class _Cost:
    milliseconds: float  # of one call, the collector's time among them
    collector: float  # its milliseconds


@dataclass(frozen=True)
class _Account:
    building: _Cost  # the graph, from the network to the loss
    learning: _Cost  # one step on it


def measure_graphs() -> list[Measure]:
    """Compiling and running the unrolled graph, and learning on it in plain Python beside micrograd."""
    accounts: dict[str, list[_Account]] = {"mgrad": [], "micrograd": []}
    for _ in range(3):  # in turns, and never both graphs at once: the collector would look through both
        accounts["mgrad"].append(_ours())
        accounts["micrograd"].append(_micrograd())
    learning = {name: _middle(each.learning for each in found) for name, found in accounts.items()}
    building = {name: _middle(each.building for each in found) for name, found in accounts.items()}
    ours, theirs = learning["mgrad"], learning["micrograd"]
    without_collector = (theirs.milliseconds - theirs.collector) / (ours.milliseconds - ours.collector)
    return [
        *_compiled(),
        *_told_apart("mgrad in plain Python: building the graph", building["mgrad"]),
        *_told_apart("micrograd: building the graph", building["micrograd"]),
        *_told_apart("mgrad in plain Python: loss.learn()", ours),
        *_told_apart("micrograd: zero_grad, backward and update", theirs),
        Measure(PART, "learning: micrograd's time by ours", theirs.milliseconds / ours.milliseconds, "×", 3.0, True),
        Measure(PART, "the same without the collector", without_collector, "×"),
    ]


def _told_apart(caption: str, cost: _Cost) -> list[Measure]:
    return [
        Measure(PART, caption, cost.milliseconds, "ms"),
        Measure(PART, "of it the garbage collector", cost.collector, "ms"),
    ]


def _compiled() -> list[Measure]:
    loss = _loss(_W1.network(), lambda number: Value(number, learnable=False))
    count = loss.count()
    loss.compile()
    compiling = median(seconds_of(loss.compile) for _ in range(5))
    program = loss.compile()
    running = median(seconds_of(program.backward) for _ in range(100))
    return [
        Measure(PART, "nodes of W1 written out for 100 samples", count, ""),
        Measure(PART, "loss.compile(), a node", compiling / count * 1e6, "µs", 0.5),
        Measure(PART, "program.backward(): forward and backward, a node", running / count * 1e9, "ns", 3.0),
    ]


def _ours() -> _Account:
    net = _W1.network()
    building, loss = _built(lambda: _loss(net, lambda number: Value(number, learnable=False)))
    return _Account(building, _timed(lambda: loss.learn(LEARNING_RATE)))


def _micrograd() -> _Account:
    from micrograd.engine import Value as Scalar
    from micrograd.nn import MLP

    net = MLP(_W1.sizes[0], list(_W1.sizes[1:]))
    for theirs, ours in zip(net.parameters(), _W1.network().parameters(), strict=True):
        theirs.data = ours.data
    building, loss = _built(lambda: _loss(net, Scalar))

    def learn() -> None:
        net.zero_grad()
        loss.backward()
        for parameter in net.parameters():
            parameter.data -= LEARNING_RATE * parameter.grad

    return _Account(building, _timed(learn))


def _loss(net: Callable[[list[Any]], Any], leaf: Callable[[float], Any]) -> Any:
    """The mean hinge loss over all samples, of nodes of whichever library `net` and `leaf` are from."""
    inputs, targets = (array.tolist() for array in _W1.data)
    margins = [-target * net([leaf(number) for number in row]) for row, target in zip(inputs, targets, strict=True)]
    first, *others = [(1.0 + margin).relu() for margin in margins]
    return sum(others, first) * (1.0 / len(inputs))


def _built(build: Callable[[], Any]) -> tuple[_Cost, Any]:
    gc.collect()
    with collector_clock() as clock:
        start = perf_counter()
        loss = build()
        seconds = perf_counter() - start
    return _Cost(seconds * 1e3, clock.seconds * 1e3), loss


def _timed(learn: Callable[[], None], repetitions: int = 5) -> _Cost:
    learn()
    gc.collect()
    with collector_clock() as clock:
        seconds = sum(seconds_of(learn) for _ in range(repetitions))
    return _Cost(seconds / repetitions * 1e3, clock.seconds / repetitions * 1e3)


def _middle(found: Iterable[_Cost]) -> _Cost:
    ordered = sorted(found, key=lambda cost: cost.milliseconds)
    return ordered[len(ordered) // 2]
