"""The benchmark "learning" of a Rust port of micrograd, done here.

Three samples, 3-2-2-1 tanh, squared differences: one graph, compiled. There one learn and one recalculate take 3.6 µs.
"""

from __future__ import annotations

from benchmarks.results import Measure
from benchmarks.timing import Contender, interleave
from mgrad.engine import MLP, Value

PART = "crate"
_SAMPLES = [([2.0, 3.0, -1.0], 1.0), ([3.0, -1.0, 0.5], -1.0), ([0.5, 1.0, 1.0], -1.0)]
_RATE = 0.01


def measure_crate() -> list[Measure]:
    """Microseconds of a step, many a call and one a call."""
    net = MLP(3, [2, 2, 1], activation="tanh", output="tanh", seed=7)
    program = _loss(net).compile()

    def one_a_call(calls: int) -> None:
        for _ in range(calls):
            program.learn(_RATE)

    def with_recalculate(calls: int) -> None:
        for _ in range(calls):
            program.learn(_RATE)
            program.recalculate()

    found = interleave(
        {
            "many": Contender(lambda steps: program.learn(_RATE, steps=steps)),
            "one": Contender(one_a_call),
            "both": Contender(with_recalculate),
        },
        2.0,
    ).microseconds
    return [
        Measure(PART, "program.learn(rate, steps=n), a step", found["many"], "µs", 1.0),
        Measure(PART, "program.learn(rate), a call", found["one"], "µs", 4.0),
        Measure(PART, "program.learn(rate) and program.recalculate()", found["both"], "µs"),
    ]


def _loss(net: MLP) -> Value:
    outputs = [net(inputs) for inputs, _ in _SAMPLES]
    first, *others = [
        (output - target) ** 2
        for output, (_, target) in zip(outputs, _SAMPLES, strict=True)
        if isinstance(output, Value)
    ]
    return sum(others, first)
