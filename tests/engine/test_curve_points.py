"""Points of a curve: a run keeps their numbers, and measures them when somebody asks; no bit depends on when."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer, training
from mgrad.engine.commands import Edit, Freeze, Replace, SetBatchSize, SetRate, SetStop
from mgrad.engine.curve import Curve, CurveRecorder
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.executors import available, make_executor
from mgrad.engine.executors.base import Looks, Memory, Penalty, Steps
from mgrad.engine.health import LayerSizes
from mgrad.engine.losses import LOSSES
from mgrad.engine.lowering import lower
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.stops import Stop
from mgrad.engine.template import build_template

on_every_executor = pytest.mark.parametrize("executor", available())
Data = tuple[np.ndarray, np.ndarray]


def data(samples: int = 23, seed: int = 5, inputs: int = 2) -> Data:
    columns = np.random.default_rng(seed).uniform(-1.0, 1.0, (samples, inputs))
    return columns, np.where(columns[:, 1] > columns[:, 0] ** 2, 1.0, -1.0)


def made(executor: str | None = "numpy", **options: Any) -> Trainer:
    net = MLP(2, [4, 3, 1], activation="tanh", seed=3)
    options = {"net": net, "dataset": data(), "batch_size": 5, "learning_rate": 0.05} | options
    return Trainer(**options, executor=executor)


def numbers_of(curve: Curve) -> list[bytes]:
    return [array.tobytes() for array in vars(curve).values()]


# ---------------------------------------------------------------- who fills them


@on_every_executor
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("batch_size", [1, 4, 9])
@pytest.mark.parametrize("inputs", [2, 17])
def test_looks_see_what_somebody_sees_who_goes_step_by_step(
    executor: str, optimizer: str, batch_size: int, inputs: int
) -> None:
    net = MLP(inputs, [9, 1], seed=3)
    template = build_template(net, tuple(f"x{i + 1}" for i in range(inputs)), LOSSES["mse"].function)
    tape = lower(template.loss, (*template.inputs, *template.targets), parameters=net.parameters())
    columns = np.ascontiguousarray(np.column_stack(data(18, inputs=inputs)).T)
    count, steps = len(tape.parameters), 18 // batch_size
    starts = np.arange(steps) * batch_size
    plan = Steps(np.arange(18)[::-1].copy(), starts, np.full(steps, batch_size), np.full(steps, 0.01))
    penalty = Penalty(0.0, 0.0, np.zeros(count, dtype=bool))
    at_once, by_step = make_executor(tape, executor), make_executor(tape, executor)
    parts = LayerSizes(net).parts
    looks, memory = Looks.at(np.arange(0, steps, 2), parts), Memory.of(count)

    assert at_once.train(columns, plan, optimizer, Memory.of(count), penalty, looks) == steps

    before = last = np.zeros(0)
    for k in range(steps):
        before = by_step.uniforms[:count].copy()
        by_step.train(columns, plan.part(k, k + 1), optimizer, memory, penalty)
        if k % 2 == 0:
            after, gradients, last = by_step.uniforms[:count], by_step.gradients[:count], before
            assert np.array_equal(looks.numbers[k // 2], after)
            assert looks.squares[k // 2] == pytest.approx(parts.squares(after, before, gradients), rel=1e-12)
    assert np.array_equal(looks.before, last)


# ---------------------------------------------------------------- when they are measured

PIECES = st.lists(
    st.one_of(
        st.tuples(st.just("steps"), st.integers(1, 12)),
        st.tuples(st.just("epochs"), st.integers(1, 4)),
        st.sampled_from([
            ("ask", Edit("layer1.neuron1.w1", 0.25)), ("ask", SetRate(0.01)), ("ask", SetBatchSize(23)),
            ("ask", Freeze(("layer1.neuron2.w1",))), ("ask", Replace(data(31, seed=6))),
        ]),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@on_every_executor
@given(pieces=PIECES, optimizer=st.sampled_from(list(OPTIMIZERS)))
@settings(max_examples=15)
def test_a_curve_is_the_same_whether_somebody_watched_or_not(
    executor: str, pieces: list[tuple[str, Any]], optimizer: str
) -> None:
    watched, alone = made(executor, optimizer=optimizer), made(executor, optimizer=optimizer)

    for what, how in pieces:
        for trainer in (watched, alone):
            if what == "ask":
                trainer.ask(how)
                trainer.apply()
        if what != "ask":
            steps = alone.run(**{what: how})
            for _ in range(steps):
                watched.step()
                watched.snapshot()

    assert numbers_of(watched.snapshot().curve) == numbers_of(alone.snapshot().curve)
    assert watched.snapshot().train == alone.snapshot().train


def test_a_point_is_measured_on_the_samples_of_its_moment() -> None:
    trainer = made()
    trainer.run(epochs=3)
    then = trainer.snapshot()
    trainer.restore(then)
    trainer.run(epochs=1)

    trainer.ask(Replace(data(5, seed=9)))
    trainer.apply()

    fourth = made()
    fourth.run(epochs=4)
    assert trainer.snapshot().curve.train.tolist() == fourth.snapshot().curve.train.tolist()
    assert trainer.snapshot().train != fourth.snapshot().train


def test_no_more_waits_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    at_ease, in_need = made(), made()
    at_ease.run(epochs=200)

    monkeypatch.setattr(training, "_MOST_WAITING", 1)
    in_need.run(epochs=200)

    assert not in_need._waiting
    assert numbers_of(at_ease.snapshot().curve) == numbers_of(in_need.snapshot().curve)


def test_points_that_wait_are_forgotten_by_a_way_back() -> None:
    trainer = made()
    trainer.run(epochs=2)
    second = trainer.snapshot()
    trainer.run(epochs=5)

    trainer.restore(second)

    assert numbers_of(trainer.snapshot().curve) == numbers_of(second.curve)


@on_every_executor
def test_a_run_that_fails_has_the_points_up_to_there(executor: str) -> None:
    columns, targets = data(12, inputs=2)
    trainer = made(executor, net=MLP(2, [1], seed=3), dataset=(1e3 * columns, targets), learning_rate=0.05)

    with pytest.raises(NotFiniteError):
        trainer.run(epochs=100)

    curve = trainer.snapshot().curve
    assert curve.epochs.tolist() == list(range(trainer.epoch_count + 1))
    assert len(curve) > 2
    assert np.isfinite(curve.updates[1:]).all()
    assert math.isnan(curve.updates[0, 0])


def test_a_stop_is_met_at_the_first_point_that_meets_it() -> None:
    watched, stopped = made(learning_rate=0.002), made(learning_rate=0.002)
    while watched.snapshot().train.loss > 0.6:
        watched.epoch()

    stopped.ask(SetStop(Stop(loss=0.6)))
    stopped.run(epochs=1000)

    assert stopped.epoch_count == watched.epoch_count > 3
    assert numbers_of(stopped.snapshot().curve) == numbers_of(watched.snapshot().curve)


@given(after=st.integers(0, 5000), more=st.integers(0, 3000))
def test_points_are_due_at_the_same_epochs_one_by_one_and_all_at_once(after: int, more: int) -> None:
    recorder, one_by_one, epoch = CurveRecorder(), [], after
    while (epoch := recorder.next_epoch(epoch)) <= after + more:
        one_by_one.append(epoch)

    assert recorder.due(after, after + more).tolist() == one_by_one
