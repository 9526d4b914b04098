"""What optimizers remember fades away to 0, and not to the smallest numbers there are, on which processors are slow."""

import operator
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import Value
from mgrad.engine.executors import available, make_executor
from mgrad.engine.executors.base import Floats, Memory, Penalty, Steps
from mgrad.engine.lowering import lower
from mgrad.engine.optimizers import OPTIMIZERS, TINY, settled, squared

on_every_executor = pytest.mark.parametrize("executor", available())
with_every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS)

COUNT = 11  # more than a register, and not a whole number of them


def trained(
    executor: str, optimizer: str, weights: Floats, gradients: Floats, memory: Memory, steps: int, l2: float = 0.0
) -> Floats:
    """The weights after steps that meet the same gradients each time; the memory is changed."""
    leaves = [Value(weight, f"w{k}") for k, weight in enumerate(weights.tolist())]
    inputs = [Value(0.0, f"x{k}", learnable=False) for k in range(len(leaves))]
    root = reduce(operator.add, (w * x for w, x in zip(leaves, inputs, strict=True)))
    tape = lower(root, inputs, parameters=leaves)
    made = make_executor(tape, executor)
    plan = Steps(np.array([0]), np.zeros(steps, dtype=np.int64), np.ones(steps, dtype=np.int64), np.full(steps, 0.5))
    penalty = Penalty(0.0, l2, np.ones(len(leaves), dtype=bool))
    assert made.train(np.ascontiguousarray(gradients[:, None]), plan, optimizer, memory, penalty) == steps
    return made.uniforms[: len(leaves)].copy()


def faint(numbers: Floats) -> Floats:
    """The numbers that should not be."""
    return numbers[(numbers != 0.0) & (np.abs(numbers) < TINY)]


@given(st.floats())
def test_only_tiny_numbers_are_settled(number: float) -> None:
    expected = 0.0 if abs(number) < TINY else number

    assert repr(float(settled(number))) == repr(expected)


@given(st.floats(-1e150, 1e150))
def test_a_square_is_not_faint(g: float) -> None:
    square = float(squared(g))

    assert square == g * g or (square == 0.0 and g * g < TINY)
    assert square == 0.0 or square >= TINY


NUMBERS = st.builds(
    lambda sign, share, power: sign * share * 10.0**power,
    st.sampled_from([-1.0, 1.0]), st.floats(0.1, 1.0), st.integers(-323, 3),
)  # fmt: skip
ARRAYS = st.lists(st.one_of(st.just(0.0), NUMBERS), min_size=COUNT, max_size=COUNT).map(np.array)


@on_every_executor
@with_every_optimizer
@given(weights=ARRAYS, gradients=ARRAYS, first=ARRAYS, second=ARRAYS)
def test_nothing_faint_is_remembered(
    executor: str, optimizer: str, weights: Floats, gradients: Floats, first: Floats, second: Floats
) -> None:
    remembers = OPTIMIZERS[optimizer].remembers
    memory = Memory(
        first if "m" in remembers else np.zeros(COUNT), np.abs(second) if "v" in remembers else np.zeros(COUNT)
    )

    trained(executor, optimizer, weights, gradients, memory, steps=1)

    assert not faint(memory.first).size
    assert not faint(memory.second).size


@on_every_executor
@with_every_optimizer
def test_a_long_run_without_gradients_comes_to_rest(executor: str, optimizer: str) -> None:
    remembers, start = OPTIMIZERS[optimizer].remembers, np.linspace(1.5, 2.0, COUNT) * TINY
    memory = Memory(start * ("m" in remembers), start * ("v" in remembers))

    trained(executor, optimizer, np.ones(COUNT), np.zeros(COUNT), memory, steps=1000)

    assert not memory.first.any()
    assert not memory.second.any()


@on_every_executor
@with_every_optimizer
def test_weights_that_only_a_penalty_moves_do_not_become_faint(executor: str, optimizer: str) -> None:
    memory = Memory.of(COUNT)

    ended = trained(executor, optimizer, np.linspace(-9.0, 9.0, COUNT) * TINY, np.zeros(COUNT), memory, 200, l2=0.2)

    assert not faint(ended).size


@on_every_executor
def test_weights_that_decay_do_not_become_faint(executor: str) -> None:
    ended = trained(executor, "adamw", np.full(COUNT, 1.1 * TINY), np.zeros(COUNT), Memory.of(COUNT), steps=50)

    assert not ended.any()


@on_every_executor
@with_every_optimizer
def test_nothing_is_remembered_behind_the_last_parameter(executor: str, optimizer: str) -> None:
    first, second = np.zeros(COUNT + 8), np.zeros(COUNT + 8)
    first[COUNT:] = second[COUNT:] = np.nan
    memory = Memory(first[:COUNT], second[:COUNT])

    trained(executor, optimizer, np.ones(COUNT), np.ones(COUNT), memory, steps=3)

    remembers = OPTIMIZERS[optimizer].remembers
    assert (first[:COUNT] != 0.0).all() == ("m" in remembers)
    assert (second[:COUNT] != 0.0).all() == ("v" in remembers)
    assert np.isnan(first[COUNT:]).all()
    assert np.isnan(second[COUNT:]).all()


@on_every_executor
@given(weights=ARRAYS)
def test_weights_that_nothing_moves_stay_to_the_last_bit(executor: str, weights: Floats) -> None:
    ended = trained(executor, "sgd", weights, np.zeros(COUNT), Memory.of(COUNT), steps=3)

    assert ended.tobytes() == weights.tobytes()
