"""Training: the same bits however it is asked for, and the numbers of a loop that anybody could write."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer, Value
from mgrad.engine.commands import Command, Replace, SetBatchSize
from mgrad.engine.errors import NotFiniteError, OptionError
from mgrad.engine.executors import available
from mgrad.engine.losses import LOSSES
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.schedules import SCHEDULES, rate_at

on_every_executor = pytest.mark.parametrize("executor", available())
Data = tuple[np.ndarray, np.ndarray]


def moons(samples: int = 23, seed: int = 5) -> Data:
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


# ---------------------------------------------------------------- the same bits

chunks = st.lists(
    st.one_of(
        st.tuples(st.just("steps"), st.integers(0, 9)),
        st.tuples(st.just("epochs"), st.integers(0, 2)),
        st.just(("snapshot", 0)),
    ),
    max_size=8,
)


@on_every_executor
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@given(
    pieces=chunks,
    schedule=st.sampled_from(list(SCHEDULES)),
    batch_size=st.sampled_from([1, 5, 8, 23]),
    penalties=st.sampled_from([(0.0, 0.0), (0.01, 0.02)]),
)
@settings(max_examples=12)
def test_chunks_do_not_change_a_bit(
    executor: str, optimizer: str, pieces: list[Any], schedule: str, batch_size: int, penalties: tuple[float, float]
) -> None:
    def start() -> Trainer:
        return made(
            executor, optimizer=optimizer, schedule=schedule, batch_size=batch_size, l1=penalties[0], l2=penalties[1]
        )

    at_once, in_pieces = start(), start()

    for what, amount in pieces:
        if what == "snapshot":
            in_pieces.snapshot()
        else:
            in_pieces.run(**{what: amount})
    at_once.run(steps=in_pieces.step_count)

    assert numbers(at_once.net) == numbers(in_pieces.net)
    first, second = at_once.snapshot(), in_pieces.snapshot()
    assert (first.step, first.epoch, first.train) == (second.step, second.epoch, second.train)
    assert first.curve.epochs.tolist() == second.curve.epochs.tolist()
    assert first.curve.train.tolist() == second.curve.train.tolist()


@on_every_executor
def test_by_the_clock_it_is_the_same_run(executor: str) -> None:
    by_clock, by_steps = made(executor), made(executor)

    steps = sum(by_clock.run(seconds=0.01) for _ in range(3))

    assert steps == by_clock.step_count == by_steps.run(steps=steps) > 0
    assert numbers(by_clock.net) == numbers(by_steps.net)


@on_every_executor
def test_a_seed_is_a_run(executor: str) -> None:
    def after(seed: int) -> list[float]:
        trainer = made(executor, seed=seed)
        assert trainer.run(steps=20) == 20
        return numbers(trainer.net)

    assert after(1) == after(1) != after(2)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_executors_agree_on_a_run(loss: str, optimizer: str) -> None:
    def after(executor: str) -> np.ndarray:
        net = MLP(2, [5, 2 if loss == "softmax" else 1], activation="tanh", seed=3)
        inputs, targets = moons(150)
        data = (inputs, (targets > 0).astype(float)) if loss == "softmax" else (inputs, targets)
        trainer = Trainer(net, data, loss, optimizer, 0.01, batch_size=140, l1=0.001, l2=0.01, executor=executor)
        trainer.run(steps=30)
        return np.array(numbers(net))

    expected = after("numpy")

    for executor in available():
        assert after(executor) == pytest.approx(expected, rel=1e-9, abs=1e-9)


# ---------------------------------------------------------------- the numbers of a plain loop


@pytest.mark.parametrize("batch_size", [1, 9, 32, 150])
@pytest.mark.parametrize("inputs", [8, 13, 64, 131, 300])
def test_executors_agree_on_a_run_with_many_inputs(inputs: int, batch_size: int) -> None:
    """Wide layers read samples where they lie, from so many inputs on, in blocks."""
    source = np.random.default_rng(2)
    data = source.uniform(-1.0, 1.0, (150, inputs)), np.where(source.random(150) < 0.5, -1.0, 1.0)
    ends = []
    for executor in available():
        net = MLP(inputs, [7, 12, 1], activation=["relu", "sigmoid"], init="xavier", seed=3)
        trainer = made(executor, net=net, dataset=data, batch_size=batch_size)
        trainer.run(steps=25)
        ends.append([*numbers(net), trainer.snapshot().train.loss])

    for end in ends:
        assert end == pytest.approx(ends[-1], rel=1e-9, abs=1e-12)


def batches(samples: int, size: int, seed: int) -> Iterator[tuple[float, np.ndarray]]:
    """Each batch, with the epoch (and its fraction) at which it begins."""
    random, epoch = np.random.default_rng(seed), 0
    while True:
        order = random.permutation(samples)
        for start in range(0, samples, size):
            yield epoch + start / samples, order[start : start + size]
        epoch += 1


def gradient(net: MLP, data: Data, batch: np.ndarray, loss: Callable[..., Value]) -> np.ndarray:
    """By a graph that is written out for the whole batch."""
    inputs, targets = data
    outputs = [net(inputs[sample].tolist()) for sample in batch]
    losses = [loss(output, float(targets[sample])) for output, sample in zip(outputs, batch, strict=True)]
    mean = sum(losses) / len(losses)
    assert isinstance(mean, Value)
    mean.backward()
    return np.array([parameter.grad for parameter in net.parameters()])


def weight_places(net: MLP) -> np.ndarray:
    weights = {id(weight) for weight in net.weights()}
    return np.array([id(parameter) in weights for parameter in net.parameters()])


Update = Callable[[np.ndarray, np.ndarray, float, int], np.ndarray]


def rule(optimizer: str) -> Update:
    """The rules once more, each as its paper writes it; `t` counts from 1."""
    memory: dict[str, Any] = {"velocity": 0.0, "square": 0.0}

    def sgd(w: np.ndarray, g: np.ndarray, rate: float, t: int) -> np.ndarray:
        return w - rate * g

    def momentum(w: np.ndarray, g: np.ndarray, rate: float, t: int) -> np.ndarray:
        memory["velocity"] = 0.9 * memory["velocity"] + g
        return w - rate * memory["velocity"]

    def nesterov(w: np.ndarray, g: np.ndarray, rate: float, t: int) -> np.ndarray:
        memory["velocity"] = 0.9 * memory["velocity"] + g
        return w - rate * g - rate * 0.9 * memory["velocity"]

    def rmsprop(w: np.ndarray, g: np.ndarray, rate: float, t: int) -> np.ndarray:
        memory["square"] = 0.99 * memory["square"] + 0.01 * g**2
        return w - rate * g / (np.sqrt(memory["square"]) + 1e-8)

    def adam(w: np.ndarray, g: np.ndarray, rate: float, t: int) -> np.ndarray:
        memory["velocity"] = 0.9 * memory["velocity"] + 0.1 * g
        memory["square"] = 0.999 * memory["square"] + 0.001 * g**2
        velocity, square = memory["velocity"] / (1 - 0.9**t), memory["square"] / (1 - 0.999**t)
        return w - rate * velocity / (np.sqrt(square) + 1e-8)

    def adamw(w: np.ndarray, g: np.ndarray, rate: float, t: int) -> np.ndarray:
        return adam(w, g, rate, t) - rate * 0.01 * w

    return {each.__name__: each for each in (sgd, momentum, nesterov, rmsprop, adam, adamw)}[optimizer]


@on_every_executor
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.02, 0.0), (0.0, 0.05), (0.01, 0.03)])
def test_it_is_the_loop_that_anybody_could_write(executor: str, optimizer: str, l1: float, l2: float) -> None:
    trained, by_hand, data = network(), network(), moons(13)
    trainer = Trainer(
        trained, data, "half_mse", optimizer, 0.04, "linear", batch_size=5, l1=l1, l2=l2, seed=9, executor=executor
    )
    update, weights = rule(optimizer), weight_places(by_hand)

    trainer.run(steps=11)

    for t, (epoch, batch) in zip(range(1, 12), batches(13, 5, seed=9), strict=False):
        rate = rate_at("linear", 0.04, epoch)
        w = np.array(numbers(by_hand))
        g = gradient(by_hand, data, batch, LOSSES["half_mse"].function) + l2 * w * weights
        w = update(w, g, rate, t)
        shrunk = np.sign(w) * np.maximum(np.abs(w) - rate * l1, 0.0)
        for parameter, number in zip(by_hand.parameters(), np.where(weights, shrunk, w).tolist(), strict=True):
            parameter.data = number
    assert numbers(trained) == pytest.approx(numbers(by_hand), rel=1e-9, abs=1e-12)


@on_every_executor
def test_a_run_by_hand_with_learn(executor: str) -> None:
    """With all samples in a batch, sgd is `learn` and `recalculate` of the mean loss."""
    net, graph_net, (inputs, targets) = network(), network(), moons(6)
    losses: list[Value] = []
    for sample, target in zip(inputs.tolist(), targets.tolist(), strict=True):
        output = graph_net(sample)
        assert isinstance(output, Value)
        losses.append((output - target) ** 2)
    mean = sum(losses) / len(losses)
    assert isinstance(mean, Value)
    trainer = Trainer(net, (inputs, targets), learning_rate=0.1, batch_size=6, executor=executor)

    for _ in range(5):
        mean.learn(0.1)
        mean.recalculate()
    trainer.run(epochs=5)

    assert numbers(net) == pytest.approx(numbers(graph_net), rel=1e-10)
    assert trainer.snapshot().train.loss == pytest.approx(mean.data, rel=1e-10)


# ---------------------------------------------------------------- counting


@on_every_executor
class TestCounting:
    def test_steps_and_epochs_are_counted_and_returned(self, executor: str) -> None:
        trainer = made(executor)  # 23 samples in batches of 5: 5 steps an epoch

        assert trainer.step() == 1
        assert trainer.run(steps=7) == 7
        assert (trainer.step_count, trainer.epoch_count) == (8, 1)
        assert trainer.epoch() == 2  # to the end of the present one
        assert (trainer.step_count, trainer.epoch_count) == (10, 2)
        assert trainer.epoch() == 5
        assert trainer.run(epochs=3) == 15
        assert trainer.run(steps=0) == trainer.run(epochs=0) == trainer.run(seconds=0) == 0
        assert (trainer.step_count, trainer.epoch_count) == (30, 6)

    def test_a_batch_larger_than_the_data_is_the_data(self, executor: str) -> None:
        trainer = made(executor, batch_size=1000)

        assert trainer.batch_size == 23
        assert trainer.epoch() == 1

    def test_every_sample_counts_once_an_epoch(self, executor: str) -> None:
        """A loss that is linear in one weight moves it by the sum of the samples, whatever their order."""
        net = MLP(1, [1], seed=1)
        samples = [[1.0], [10.0], [100.0], [1000.0], [10000.0]]
        start = numbers(net)[0]
        trainer = Trainer(
            net, (samples, [0.5] * 5), lambda output, target: output + 0.0 * target, batch_size=1, learning_rate=1.0,
            executor=executor,
        )  # fmt: skip

        trainer.epoch()

        assert start - numbers(net)[0] == pytest.approx(11111.0, rel=1e-12)

    def test_a_new_epoch_has_a_new_order(self, executor: str) -> None:
        net = MLP(1, [1], seed=1)
        trainer = Trainer(
            net, ([[float(k)] for k in range(50)], [0.5] * 50), lambda output, target: output * 1.0 + target,
            batch_size=1, learning_rate=1.0, executor=executor,
        )  # fmt: skip

        def order() -> list[int]:
            moves = [numbers(net)[0]]
            for _ in range(50):
                trainer.step()
                moves.append(numbers(net)[0])
            return [round(before - after) for before, after in pairwise(moves)]

        first, second = order(), order()

        assert sorted(first) == sorted(second) == list(range(50))
        assert first != second

    @pytest.mark.parametrize(
        ("samples", "size", "change"),
        [(1000, 1, SetBatchSize(1000)), (10, 1000, Replace((np.ones((1000, 2)), np.ones(1000))))],
        ids=["larger batches", "more samples"],
    )
    def test_steps_that_become_dearer_do_not_make_a_run_for_seconds_longer(
        self, executor: str, samples: int, size: int, change: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = np.ones((samples, 2)), np.ones(samples)
        trainer = made(executor, net=MLP(2, [1], seed=1), dataset=data, batch_size=size)
        clock, train = 0.0, trainer._executor.train

        def slowly(columns: Any, steps: Any, *others: Any) -> int:
            nonlocal clock
            clock += 1e-5 * steps.counts.sum() + 1e-4
            return train(columns, steps, *others)

        monkeypatch.setattr(trainer._executor, "train", slowly)
        monkeypatch.setattr("mgrad.engine.training.perf_counter", lambda: clock)
        trainer.run(seconds=0.1)
        trainer.run(seconds=0.1)
        assert clock == pytest.approx(0.2, rel=0.2)

        trainer.ask(change)
        trainer.run(seconds=0.1)

        assert clock == pytest.approx(0.3, rel=0.2)

    @pytest.mark.parametrize("request_", [{}, {"steps": 1, "epochs": 1}, {"steps": 1, "seconds": 1.0}])
    def test_run_takes_exactly_one_amount(self, executor: str, request_: dict[str, Any]) -> None:
        with pytest.raises(OptionError, match="run takes exactly one of steps, epochs and seconds"):
            made(executor).run(**request_)

    @pytest.mark.parametrize(
        "request_", [{"steps": -1}, {"steps": 1.5}, {"epochs": "2"}, {"seconds": -1.0}, {"seconds": math.inf}]
    )
    def test_amounts_that_are_none(self, executor: str, request_: dict[str, Any]) -> None:
        trainer = made(executor)

        with pytest.raises(OptionError, match=r"run was asked for .*, but the amount must be a (whole )?number, 0 or"):
            trainer.run(**request_)

        assert trainer.step_count == 0


# ---------------------------------------------------------------- numbers that stop being finite


@on_every_executor
class TestStopping:
    def too_fast(self, executor: str) -> Trainer:
        return made(executor, net=network(activation="relu"), loss="mse", learning_rate=50.0)

    def test_it_stops_before_the_update_and_names_step_and_node(self, executor: str) -> None:
        trainer, twin = self.too_fast(executor), self.too_fast(executor)

        with pytest.raises(NotFiniteError) as caught:
            trainer.run(steps=10_000)

        error = caught.value
        assert error.step == trainer.step_count + 1
        assert str(error).startswith(f"Step {error.step}: ")
        assert trainer.template.loss.find(error.label) is not None
        assert not math.isfinite(error.number)
        twin.run(steps=trainer.step_count)
        assert numbers(trainer.net) == numbers(twin.net)
        assert all(map(math.isfinite, numbers(trainer.net)))

    def test_the_memory_of_the_optimizer_is_as_before_too(self, executor: str) -> None:
        trainer, twin = made(executor, optimizer="adam"), made(executor, optimizer="adam")
        trainer.run(steps=7)
        kept = trainer.net.parameters()[0].data
        trainer.net.parameters()[0].data = math.inf
        with pytest.raises(NotFiniteError):
            trainer.run(steps=3)

        trainer.net.parameters()[0].data = kept
        trainer.run(steps=8)
        twin.run(steps=15)

        assert numbers(trainer.net) == numbers(twin.net)

    def test_it_tries_the_same_batch_again_and_goes_on_with_other_settings(self, executor: str) -> None:
        trainer = self.too_fast(executor)
        with pytest.raises(NotFiniteError) as first:
            trainer.run(steps=10_000)
        with pytest.raises(NotFiniteError) as second:
            trainer.step()
        assert str(first.value) == str(second.value)

        for parameter, number in zip(trainer.net.parameters(), numbers(network()), strict=True):
            parameter.data = number
        trainer.learning_rate = 0.01
        done = trainer.run(epochs=2)

        assert done > 0
        assert trainer.step_count == first.value.step - 1 + done  # pyright: ignore[reportOptionalOperand]
        assert math.isfinite(trainer.snapshot().train.loss)

    def test_one_bad_sample_is_enough(self, executor: str) -> None:
        net = MLP(1, [1], seed=1)
        inverse = lambda output, target: output * 0.0 + 1.0 / target  # noqa: E731
        trainer = Trainer(
            net, ([[1.0]] * 201, [1.0] * 150 + [0.0] + [1.0] * 50), inverse, batch_size=201, executor=executor
        )
        before = numbers(net)

        with pytest.raises(NotFiniteError, match=r"is \+inf"):
            trainer.step()

        assert numbers(net) == before


# ---------------------------------------------------------------- from end to end


@on_every_executor
def test_xor_is_learned(executor: str) -> None:
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1]
    net = MLP(2, [4, 1], activation="tanh", seed=1)
    trainer = Trainer(net, (inputs, targets), loss="mse", learning_rate=0.1, batch_size=4, executor=executor)

    trainer.run(epochs=500)

    learned = trainer.snapshot().train
    assert (learned.accuracy, learned.loss < 0.01) == (1.0, True)
    assert [round(answer.data) for answer in map(net, inputs) if isinstance(answer, Value)] == targets


@on_every_executor
def test_two_trainings_side_by_side_do_not_meet(executor: str) -> None:
    first, second, alone = made(executor), made(executor, net=network(8), seed=8), made(executor)

    for _ in range(5):
        first.run(steps=3)
        second.run(steps=2)
    alone.run(steps=15)

    assert numbers(first.net) == numbers(alone.net) != numbers(second.net)
