"""The functions that have no exact answer, against mpmath's 60 digits: at most 4 units in the last place off.

Also in the tails, where a careless formula overflows, cancels or comes to rest too early.
"""

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import Value
from mgrad.engine.executors import available
from mgrad.engine.operations import OPERATIONS

mpmath = pytest.importorskip("mpmath", reason="mpmath is not installed: pip install -e '.[peers]'")

FUNCTIONS: dict[str, Callable] = {
    "exp": lambda x: mpmath.exp(x),
    "log": lambda x: mpmath.log(x),
    "tanh": lambda x: mpmath.tanh(x),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}
SLOPES: dict[str, Callable] = {
    "tanh": lambda x: 1 - mpmath.tanh(x) ** 2,
    "sigmoid": lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2,
}
SIZES = [
    5e-324, 2.3e-308, 1e-300, 1e-100, 1e-20, 1e-16, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.34, 0.5, 0.54, 0.55, 0.69, 0.9999,
    1.0, 1.0001, 1.5, 2.0, math.e, 3.0, 5.0, 9.0, 14.0, 18.0, 19.06, 19.1, 20.0, 22.0, 36.0, 36.7, 37.0, 40.0, 88.0,
    100.0, 300.0, 700.0, 708.3, 708.4, 709.0, 709.7, 730.0, 744.0, 745.0, 746.0, 1e4, 1e100, 1e308,
]  # fmt: skip
WAYS = ("interpreter", *available())
on_every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(autouse=True)
def _sixty_digits() -> Iterator[None]:
    before, mpmath.mp.dps = mpmath.mp.dps, 60
    yield
    mpmath.mp.dps = before


def places(name: str) -> list[float]:
    even = np.linspace(-50.0, 50.0, 401).tolist() if name != "log" else np.geomspace(1e-3, 1e3, 401).tolist()
    return [*SIZES, *(() if name == "log" else (-size for size in SIZES)), *(x for x in even if name != "log" or x > 0)]


def answers(name: str, way: str, numbers: list[float]) -> list[float]:
    if way == "interpreter":
        return [OPERATIONS[name].forward(number) for number in numbers]
    root = getattr(Value(1.0, "x"), name)(label="y")
    program = root.compile(inputs=["x"], executor=way)
    program.recalculate({"x": numbers})
    return program.values("y").tolist()


def slopes(name: str, way: str, numbers: list[float]) -> list[float]:
    """The derivatives as they are computed: from the answer, `partials[0](y, a)`."""
    return [
        OPERATIONS[name].partials[0](y, number) for y, number in zip(answers(name, way, numbers), numbers, strict=True)
    ]


def ulps_off(name: str, number: float, found: float) -> float:
    exact = FUNCTIONS[name](mpmath.mpf(number))
    nearest = float(exact)
    if not math.isfinite(nearest) or not math.isfinite(found):
        return 0.0 if found == nearest else math.inf
    return float(abs(mpmath.mpf(found) - exact) / math.ulp(nearest))


@on_every_way
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_four_ulp_from_the_truth(name: str, way: str) -> None:
    numbers = places(name)

    wrong = [
        (number, found, off)
        for number, found in zip(numbers, answers(name, way, numbers), strict=True)
        if not (off := ulps_off(name, number, found)) <= 4.0
    ]

    assert wrong == []


@pytest.mark.parametrize("name", FUNCTIONS)
@given(numbers=st.lists(st.floats(-800.0, 800.0), min_size=1, max_size=40))
def test_anywhere(name: str, numbers: list[float]) -> None:
    if name == "log":
        numbers = [abs(number) + 5e-324 for number in numbers]

    for way in WAYS:
        found = answers(name, way, numbers)
        assert max(itertools.starmap(ulps_off, zip([name] * len(numbers), numbers, found, strict=True))) <= 4.0


@on_every_way
@pytest.mark.parametrize("name", SLOPES)
def test_slopes_that_are_made_from_the_answer(name: str, way: str) -> None:
    numbers = [number for number in places(name) if abs(number) < 1e5]

    wrong = [
        (number, found)
        for number, found in zip(numbers, slopes(name, way, numbers), strict=True)
        if not abs(SLOPES[name](mpmath.mpf(number)) - found) <= 1e-12
    ]

    assert wrong == []
