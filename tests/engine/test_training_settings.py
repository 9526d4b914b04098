"""Settings of a training: they may change between steps, penalties keep to weights, and nonsense is refused."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer
from mgrad.engine.errors import NotFiniteError, OptionError
from mgrad.engine.executors import available

on_every_executor = pytest.mark.parametrize("executor", available())


def moons(samples: int = 23, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Something to learn: the sign of a bent line, ±1."""
    inputs = np.random.default_rng(seed).uniform(-1.0, 1.0, (samples, 2))
    return inputs, np.where(inputs[:, 1] > np.sin(3.0 * inputs[:, 0]), 1.0, -1.0)


def network(seed: int = 3, activation: str = "tanh") -> MLP:
    return MLP(2, [4, 3, 1], activation=activation, seed=seed)


def made(executor: str | None = "numpy", **options: Any) -> Trainer:
    options = {"net": network(), "dataset": moons(), "batch_size": 5, "learning_rate": 0.05} | options
    return Trainer(**options, executor=executor)


def numbers(net: MLP) -> list[float]:
    return [parameter.data for parameter in net.parameters()]


def weight_places(net: MLP) -> np.ndarray:
    weights = {id(weight) for weight in net.weights()}
    return np.array([id(parameter) in weights for parameter in net.parameters()])


# ---------------------------------------------------------------- live settings


@on_every_executor
class TestLiveSettings:
    def test_a_rate_of_zero_changes_nothing(self, executor: str) -> None:
        trainer = made(executor)
        trainer.run(steps=3)
        before = numbers(trainer.net)

        trainer.learning_rate = 0.0
        trainer.run(steps=3)

        assert numbers(trainer.net) == before

    @pytest.mark.parametrize(("name", "number"), [("learning_rate", 0.2), ("l1", 0.1), ("l2", 0.1)])
    def test_a_change_between_steps_counts_from_there(self, executor: str, name: str, number: float) -> None:
        changed, fresh = made(executor), made(executor)
        changed.run(steps=4)
        fresh.run(steps=4)

        setattr(changed, name, number)
        changed.run(steps=4)
        fresh.run(steps=4)

        assert getattr(changed, name) == number
        assert numbers(changed.net) != numbers(fresh.net)

    @given(sizes=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 6)), max_size=6))
    @settings(max_examples=25)
    def test_batches_of_changing_sizes_still_use_every_sample_once(
        self, executor: str, sizes: list[tuple[int, int]]
    ) -> None:
        net = MLP(1, [1], seed=1)
        samples = np.arange(1.0, 24.0)
        trainer = Trainer(
            net, (samples[:, None], np.full(23, 0.5)), lambda output, target: output + 0.0 * target, batch_size=4,
            learning_rate=1.0, executor=executor,
        )  # fmt: skip
        start, moved, sums = numbers(net)[0], 0, [0.0]

        def step() -> None:
            before, position = numbers(net)[0], trainer.epoch_count
            left = 23 - moved % 23
            trainer.step()
            size = min(trainer.batch_size, left)
            sums[0] += (before - numbers(net)[0]) * size  # a step moves by the mean of its batch
            counted[0] += size
            assert trainer.epoch_count - position == (1 if size == left else 0)

        counted = [0]
        for size, steps in [*sizes, (4, 1)]:
            trainer.batch_size = size
            for _ in range(steps):
                moved = counted[0]
                step()
        while counted[0] % 23:
            moved = counted[0]
            step()

        assert sums[0] == pytest.approx(counted[0] / 23 * samples.sum(), rel=1e-9)
        assert start != numbers(net)[0]

    @given(changes=st.lists(st.tuples(st.sampled_from([3, 5, 8, 23, 40]), st.integers(1, 12)), max_size=5))
    @settings(max_examples=25)
    def test_chunks_do_not_change_a_bit_while_sizes_change(self, executor: str, changes: list[tuple[int, int]]) -> None:
        at_once, one_by_one = made(executor), made(executor)

        for size, steps in changes:
            at_once.batch_size = one_by_one.batch_size = size
            at_once.run(steps=steps)
            for _ in range(steps):
                one_by_one.step()

        assert numbers(at_once.net) == numbers(one_by_one.net)
        assert (at_once.step_count, at_once.epoch_count) == (one_by_one.step_count, one_by_one.epoch_count)

    def test_orders_that_were_planned_are_not_lost_on_epochs_of_a_single_batch(self, executor: str) -> None:
        """A run that stops has planned more epochs than one that is asked for step by step."""
        at_once, one_by_one = made(executor), made(executor)
        for trainer, pieces in ((at_once, [50]), (one_by_one, [1] * 10)):
            trainer.run(steps=10)
            kept = numbers(trainer.net)[0]
            trainer.net.parameters()[0].data = math.nan
            for steps in pieces:
                with pytest.raises(NotFiniteError):
                    trainer.run(steps=steps)
            trainer.net.parameters()[0].data = kept
            trainer.batch_size = 23
            trainer.run(steps=3)
            trainer.batch_size = 5
            trainer.run(steps=10)

        assert numbers(at_once.net) == numbers(one_by_one.net)

    def test_a_parameter_set_by_hand_counts(self, executor: str) -> None:
        trainer, other = made(executor), made(executor, net=network())
        trainer.run(steps=3)
        by_hand = trainer.net.layers[0].neurons[0].weights[0]

        by_hand.data = 2.5
        measured = trainer.snapshot()
        trainer.learning_rate = 0.0
        trainer.run(steps=1)

        other.run(steps=3)
        assert by_hand.data == 2.5
        assert measured.parameters[0] == 2.5
        assert measured.train != other.snapshot().train

    def test_a_parameter_set_to_nan_is_named(self, executor: str) -> None:
        trainer = made(executor)
        trainer.net.parameters()[0].data = math.nan

        with pytest.raises(NotFiniteError, match=r"^Step 1: layer1\.neuron1\.w1 is \+?nan"):
            trainer.step()


@on_every_executor
class TestPenalty:
    def still(self, executor: str, **options: Any) -> Trainer:
        """A training in which only the penalty moves anything."""
        zero = lambda output, target: output * 0.0 + target * 0.0  # noqa: E731
        return made(executor, loss=zero, learning_rate=0.1, batch_size=23, **options)

    def test_l1_takes_weights_to_exactly_zero_and_leaves_biases(self, executor: str) -> None:
        trainer = self.still(executor, net=MLP(2, [4, 3, 1], init="playground", seed=3), l1=0.5)

        trainer.run(steps=15)

        assert {weight.data for weight in trainer.net.weights()} == {0.0}
        biases = [neuron.bias.data for layer in trainer.net.layers for neuron in layer.neurons]
        assert biases == [0.1] * 8

    def test_l1_moves_a_weight_by_rate_times_l1(self, executor: str) -> None:
        trainer = self.still(executor, l1=0.5)
        before = [weight.data for weight in trainer.net.weights()]

        trainer.step()

        expected = [math.copysign(max(abs(w) - 0.05, 0.0), w) for w in before]
        assert [weight.data for weight in trainer.net.weights()] == pytest.approx(expected, abs=1e-16)

    def test_a_weight_may_leave_zero_again(self, executor: str) -> None:
        trainer = made(executor, l1=100.0)
        trainer.run(steps=20)
        assert {weight.data for weight in trainer.net.weights()} == {0.0}

        trainer.l1 = 0.0
        trainer.net.layers[-1].neurons[0].weights[0].data = 0.5
        trainer.net.layers[1].neurons[0].weights[0].data = 0.5
        trainer.run(steps=20)

        assert trainer.net.layers[0].neurons[0].weights[0].data != 0.0

    def test_a_strong_gradient_overcomes_l1_at_zero(self, executor: str) -> None:
        net = MLP(1, [1], seed=1)
        net.parameters()[0].data = 0.0
        slope = lambda output, target: output * -3.0 + target * 0.0  # noqa: E731
        trainer = Trainer(net, ([[1.0]], [0.5]), slope, l1=1.0, learning_rate=0.1, executor=executor)

        trainer.step()

        assert net.parameters()[0].data == pytest.approx(0.1 * (3.0 - 1.0))

    def test_l2_shrinks_weights_in_proportion(self, executor: str) -> None:
        trainer = self.still(executor, l2=0.5)
        before, biases = np.array([w.data for w in trainer.net.weights()]), numbers(trainer.net)

        trainer.run(steps=3)

        assert [w.data for w in trainer.net.weights()] == pytest.approx((before * 0.95**3).tolist())
        places = weight_places(trainer.net)
        assert np.array(numbers(trainer.net))[~places].tolist() == np.array(biases)[~places].tolist()


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"optimizer": "adm"}, "optimizer is 'adm', but must be one of sgd, .*Did you mean 'adam'"),
        ({"loss": "mean"}, "loss is 'mean', but must be one of mse,"),
        ({"schedule": "fast"}, "schedule is 'fast', but must be one of constant,"),
        ({"executor": "gpu"}, "executor is 'gpu', but must be one of native, numpy"),
        ({"learning_rate": -0.1}, "learning_rate is -0.1, but must be a number from 0 up"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"learning_rate": "0.1"}, "learning_rate is '0.1'"),
        ({"learning_rate": None}, "learning_rate is None"),
        ({"l1": -1}, "l1 is -1, but must be a number from 0 up"),
        ({"l2": math.inf}, "l2 is inf"),
        ({"batch_size": 0}, "batch_size is 0, but must be a whole number from 1 up"),
        ({"batch_size": 2.0}, "batch_size is 2.0"),
        ({"batch_size": True}, "batch_size is True"),
        ({"seed": -1}, "seed is -1, but must be a whole number from 0 up"),
        ({"seed": "x"}, "seed is 'x'"),
    ],
)
def test_options_that_are_none(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        Trainer(network(), moons(), **options)


@pytest.mark.parametrize("name", ["learning_rate", "l1", "l2"])
def test_a_refused_setting_leaves_the_old_one(name: str) -> None:
    trainer = made()
    before = getattr(trainer, name)

    with pytest.raises(OptionError):
        setattr(trainer, name, -1.0)

    assert getattr(trainer, name) == before
