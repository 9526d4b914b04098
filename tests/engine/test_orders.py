"""Orders of samples: compiled code draws numpy's own, and leaves numpy's generator where numpy would."""

import numpy as np
import pytest

from mgrad.engine.executors import available, order_draw
from mgrad.engine.executors.orders import compiled_draw, draw_orders


def _one_by_one(random: np.random.Generator, times: int, samples: int) -> np.ndarray:
    return np.array([random.permutation(samples) for _ in range(times)]).reshape(times, samples)


@pytest.mark.parametrize("executor", available())
@pytest.mark.parametrize("samples", [1, 2, 3, 64, 65, 1000, 1437, 70_000])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_orders_are_those_of_permutation_one_by_one(executor: str, samples: int, times: int) -> None:
    ours, theirs = np.random.default_rng(samples), np.random.default_rng(samples)
    draw = order_draw(executor)

    for _ in range(2):  # the second begins where the first has left half of a number
        found, expected = draw(ours, times, samples), _one_by_one(theirs, times, samples)
        assert np.array_equal(found, expected)
        assert ours.bit_generator.state == theirs.bit_generator.state


def test_without_times_nothing_is_drawn() -> None:
    random = np.random.default_rng(7)
    before = random.bit_generator.state

    assert draw_orders(random, 0, 5).shape == (0, 5)
    assert random.bit_generator.state == before


def test_where_compiled_code_comes_to_another_order_numpy_draws() -> None:
    assert compiled_draw(lambda _: 0) is draw_orders  # a kernel that does nothing
