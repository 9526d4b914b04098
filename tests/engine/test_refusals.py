"""Steps that would lead to inf or nan are not done: parameters and optimizer stay as before, whoever runs them."""

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer, Value
from mgrad.engine.commands import Freeze
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.executors import available
from mgrad.engine.optimizers import OPTIMIZERS

on_every_executor = pytest.mark.parametrize("executor", available())
SAMPLES = np.random.default_rng(1).uniform(0.5, 1.0, (19, 3)), np.ones(19)


def steep(slope: float):
    """A loss whose gradient by each weight is about that: large numbers that stay finite on the way."""
    return lambda output, target: (output - target) * slope


def made(executor: str, outputs: int = 1, **options: Any) -> Trainer:
    return Trainer(MLP(3, [outputs], seed=4), SAMPLES, batch_size=19, executor=executor, **options)


@on_every_executor
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("rate", "slope"), [(1e307, 50.0), (1.0, 1e308), (1e155, 1e154), (1e9, 1e300)])
def test_parameters_are_as_before_the_bad_step(executor: str, optimizer: str, rate: float, slope: float) -> None:
    def start() -> Trainer:
        return made(executor, optimizer=optimizer, learning_rate=rate, loss=steep(slope))

    trainer, twin = start(), start()

    with pytest.raises(NotFiniteError) as caught:
        trainer.run(steps=100_000)

    assert caught.value.step == trainer.step_count + 1
    twin.run(steps=trainer.step_count)
    for numbers in (trainer.snapshot().parameters, trainer.snapshot().resume.memory.first):
        assert np.isfinite(numbers).all()
    assert (trainer.snapshot().parameters == twin.snapshot().parameters).all()
    for part in ("first", "second", "powers"):
        assert (getattr(trainer.snapshot().resume.memory, part) == getattr(twin.snapshot().resume.memory, part)).all()


powers_of_ten = st.integers(-10, 307).map(lambda power: 10.0**power)
penalties = st.sampled_from([0.0, 0.1, 1e200])


@given(
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    rate=powers_of_ten,
    slope=powers_of_ten,
    l1=penalties,
    l2=penalties,
    batch_size=st.integers(1, 19),
    steps=st.integers(1, 40),
)
def test_whatever_the_numbers_all_stays_finite_and_executors_refuse_the_same_step(
    optimizer: str, rate: float, slope: float, l1: float, l2: float, batch_size: int, steps: int
) -> None:
    moments = []
    for executor in available():
        trainer = Trainer(
            MLP(3, [1], seed=4), SAMPLES, steep(slope), optimizer, rate, batch_size=batch_size, l1=l1, l2=l2,
            executor=executor,
        )  # fmt: skip
        with suppress(NotFiniteError):
            trainer.run(steps=steps)
        moments.append(trainer.snapshot())

    for moment in moments:
        for numbers in (moment.parameters, moment.resume.memory.first, moment.resume.memory.second):
            assert np.isfinite(numbers).all()
        assert moment.step == moments[0].step
        assert moment.parameters == pytest.approx(moments[0].parameters, rel=1e-9, abs=1e-9)


@on_every_executor
@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "adamw"])
def test_a_mean_square_that_overflows_is_no_still_parameter(executor: str, optimizer: str) -> None:
    """Divided by the root of inf, every later step would be 0 without a word."""
    trainer = made(executor, optimizer=optimizer, learning_rate=0.01, loss=steep(1e200))

    with pytest.raises(NotFiniteError, match=r"^Step 1: the update of layer1\.neuron1\.w1 is \+inf\. The learning"):
        trainer.step()


@on_every_executor
def test_an_update_is_named_with_its_parameter(executor: str) -> None:
    trainer = made(executor, learning_rate=1e308, loss=steep(100.0))

    with pytest.raises(NotFiniteError, match=r"^Step 1: the update of layer1\.neuron1\.w1 is -inf\.") as caught:
        trainer.step()

    assert (caught.value.quantity, caught.value.number) == ("update", -math.inf)


@on_every_executor
def test_a_penalty_that_overflows_is_named_as_a_gradient(executor: str) -> None:
    trainer = made(executor, loss=steep(1.0), l2=1e10)
    trainer.net.layers[0].neurons[0].weights[1].data = 1e300

    with pytest.raises(NotFiniteError, match=r"^Step 1: the gradient of layer1\.neuron1\.w2 is \+inf"):
        trainer.step()


@on_every_executor
def test_huge_numbers_that_stay_finite_are_learned_from(executor: str) -> None:
    options = {"learning_rate": 1e50, "loss": steep(1e100), "optimizer": "momentum"}
    expected, found = made("numpy", **options), made(executor, **options)

    for trainer in (expected, found):
        trainer.run(steps=5)

    assert found.snapshot().parameters == pytest.approx(expected.snapshot().parameters, rel=1e-12)
    assert abs(found.snapshot().parameters).max() > 1e150


@on_every_executor
def test_a_frozen_parameter_that_would_overflow_stops_nothing(executor: str) -> None:
    trainer = made(executor, learning_rate=1e300, loss=lambda output, target: output * 1e-300)
    trainer.ask(Freeze(("layer1.neuron1.b",)))
    trainer.net.layers[0].neurons[0].bias.data = 1.7e308

    trainer.run(steps=3)

    assert trainer.net.layers[0].neurons[0].bias.data == 1.7e308


@on_every_executor
@pytest.mark.parametrize("inputs", [[], ["x"]])
def test_a_program_does_not_learn_an_infinite_number(executor: str, inputs: list[str]) -> None:
    w, x = Value(1.0, "w"), Value(2.0, "x", learnable=False)
    program = (w * x * 1e10).compile(inputs, executor=executor)

    with pytest.raises(NotFiniteError, match=r"^The update of w is -inf"):
        program.learn(1e300)
    with pytest.raises(NotFiniteError, match=r"^Step 1: the update of w is -inf"):
        program.learn(1e300, steps=3)

    assert program["w"].data == 1.0


def test_a_graph_does_not_learn_an_infinite_number() -> None:
    v, w = Value(1.0, "v"), Value(1.0, "w")
    loss = v + w * 1e10

    with pytest.raises(NotFiniteError, match=r"^The update of w is -inf"):
        loss.learn(1e300)

    assert (v.data, w.data) == (1.0, 1.0)
