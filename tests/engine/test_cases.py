"""Reference values and gradients (torch, mpmath) that every executor meets to 1e-9 relative or 1e-12 absolute.

An executor takes an expression and the numbers of its names, and returns the value and the gradient of each name. To
test another one, add it to EXECUTORS.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mgrad.engine.executors import available
from mgrad.engine.parsing import parse

Answer = tuple[float, dict[str, float]]
Executor = Callable[[str, dict[str, float]], Answer]

FOLDER = Path(__file__).parent.parent / "cases"
CASES: list[dict[str, Any]] = [
    json.loads(line)
    for file in ("expressions.jsonl", "special.jsonl")
    for line in (FOLDER / file).read_text().splitlines()
]


def interpreter(expression: str, at: dict[str, float]) -> Answer:
    root = parse(expression, learnable=True, **at)
    root.backward()
    return root.data, {label: root[label].grad for label in at}


def compiled(executor: str, every_x_is_a_column: bool) -> Executor:
    """As a program: of single numbers, or with the case in two of three lanes."""

    def run(expression: str, at: dict[str, float]) -> Answer:
        columns = {label: [number, 0.5, number] for label, number in at.items() if label.startswith("x")}
        columns = columns if every_x_is_a_column else {}
        program = parse(expression, learnable=True, **at).compile(columns, executor=executor)
        if not columns:
            return program.data, {label: program[label].grad for label in at}
        program.recalculate({label: [numbers[0]] for label, numbers in columns.items()})
        program.backward()
        gradients = {label: program[label].grad for label in at}
        program.recalculate(columns)
        first, _, last = program.values(program.root.label).tolist()
        assert repr(first) == repr(last)
        return first, gradients

    return run


EXECUTORS: dict[str, Executor] = {
    "interpreter": interpreter,
    **{name: compiled(name, False) for name in available()},
    **{f"{name} over columns": compiled(name, True) for name in available()},
}


def agree(found: float, expected: float) -> bool:
    if math.isnan(expected) or math.isinf(expected):
        return repr(found) == repr(expected)
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS)
@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['expr'][:50]} at {next(iter(case['at'].values()), '')}"
)
def test_value_and_gradients_are_those_of_the_reference(executor: Executor, case: dict[str, Any]) -> None:
    at = {label: float(number) for label, number in case["at"].items()}  # inf and nan are written as texts
    expected = {label: float(number) for label, number in case["grad"].items() if number is not None}

    value, gradients = executor(case["expr"], at)

    assert agree(value, float(case["value"])), f"value {value}, expected {case['value']}"
    wrong = {
        label: (gradients[label], number) for label, number in expected.items() if not agree(gradients[label], number)
    }
    assert wrong == {}


def test_there_are_cases() -> None:
    assert len(CASES) == 109
