"""Laws of a steered run: it can be made again, gone back to and taken back, to the bit, whatever was done to it."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.datasets import load
from mgrad.engine import MLP, Trainer
from mgrad.engine.commands import (
    Command,
    Edit,
    Freeze,
    Logged,
    Replace,
    SetBatchSize,
    SetPenalty,
    SetRate,
    SetStop,
    replay,
)
from mgrad.engine.errors import NotFiniteError, OptionError
from mgrad.engine.executors import available
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.snapshots import Snapshot
from mgrad.engine.stops import Stop

GAUSS, OTHER = load("gauss", size=60, noise=20), load("gauss", size=50, seed=5)
EXECUTORS = available()
W, B = "layer1.neuron1.w1", "layer1.neuron3.b"


def make(executor: str | None = None, **also: Any) -> Trainer:
    net = MLP(2, [3, 1], activation="tanh", output="tanh", seed=3)
    return Trainer(net, GAUSS, **{"loss": "half_mse", "batch_size": 7, "executor": executor, **also})


def linear(executor: str) -> Trainer:
    inputs = np.random.default_rng(0).normal(size=(12, 1))
    net = MLP(1, [1], activation="linear", init="uniform", seed=1)
    return Trainer(net, (inputs, np.zeros(12)), learning_rate=0.001, batch_size=4, executor=executor)


@functools.cache
def late(executor: str) -> Snapshot:
    trainer = linear(executor)
    trainer.run(epochs=3001)
    return trainer.snapshot()


def runaway(executor: str) -> Trainer:
    """One linear neuron, late in a run whose curve has grown sparse; its rate is so high that it soon overflows."""
    trainer = linear(executor)
    trainer.restore(late(executor))
    trainer.learning_rate = 2.0
    return trainer


def until_it_fails(trainer: Trainer, chunk: int) -> Snapshot:
    for _ in range(10_000):
        try:
            trainer.run(steps=chunk)
        except NotFiniteError:
            return trainer.snapshot()
    raise AssertionError("The run did not fail.")


def everything(snapshot: Snapshot) -> list[Any]:
    """All that a snapshot tells, to the bit."""
    curve, batches, memory = snapshot.curve, snapshot.resume.batches, snapshot.resume.memory
    arrays = (
        snapshot.parameters, snapshot.before, snapshot.after, snapshot.gradients, curve.epochs, curve.train, curve.test,
        curve.updates, curve.gradients, memory.first, memory.second, memory.powers, *batches.orders,
    )  # fmt: skip
    metrics = repr((snapshot.train, snapshot.test))  # where one is nan it is not equal to itself
    rest = (snapshot.step, snapshot.epoch, snapshot.learning_rate, metrics, snapshot.frozen)
    return [*rest, batches.epoch, batches.position, batches.random, *(array.tobytes() for array in arrays)]


def told(log: tuple[Logged, ...]) -> list[Any]:
    """A log as plain data; samples count as the same where they are the very same."""
    return [(entry.step, type(entry.command), vars(entry.command)) for entry in log]


_LABELS = st.sampled_from([W, B, "layer2.neuron1.w2"])
_COMMANDS = st.one_of(
    st.builds(SetRate, st.floats(0, 1)),
    st.builds(SetBatchSize, st.integers(1, 40)),
    st.builds(SetPenalty, st.floats(0, 0.1), st.floats(0, 0.1)),
    st.builds(Edit, _LABELS, st.floats(-2, 2)),
    st.builds(Freeze, st.lists(_LABELS, unique=True, max_size=3).map(tuple), st.booleans()),
    st.builds(SetStop, st.none() | st.builds(Stop, epochs=st.integers(1, 9), accuracy=st.none() | st.floats(0.4, 1.0))),
    st.builds(Replace, st.sampled_from([GAUSS, OTHER])),
)
_UNDO: Callable[[Trainer], object] = Trainer.undo
# What is done to a run: a command or an undo, then so many steps.
_HISTORY = st.lists(st.tuples(_COMMANDS | st.just(_UNDO), st.integers(0, 20)), max_size=8)


def live(trainer: Trainer, history: list[tuple[Any, int]]) -> None:
    for touch, steps in history:
        if touch is _UNDO:
            trainer.undo()
        else:
            trainer.ask(touch)
            trainer.apply()
        trainer.run(steps=steps)


class TestReplay:
    @given(_HISTORY, st.sampled_from(sorted(OPTIMIZERS)))
    def test_set_up_seed_and_log_make_the_same_run_again(self, history: list[tuple[Any, int]], optimizer: str) -> None:
        first, second = make(optimizer=optimizer), make(optimizer=optimizer)
        live(first, history)

        replay(second, first.log, first.step_count)

        assert everything(second.snapshot()) == everything(first.snapshot())
        assert second.log == first.log

    def test_a_stop_in_the_log_ends_nothing(self) -> None:
        first, second = make(), make()
        first.stop = Stop(epochs=3)
        first.run(epochs=10)
        first.run(epochs=10)
        first.learning_rate = 0.1
        first.run(steps=4)

        replay(second, first.log, first.step_count)

        assert second.step_count == first.step_count == 69
        assert everything(second.snapshot()) == everything(first.snapshot())

    def test_a_trainer_that_is_past_the_log_is_refused(self) -> None:
        trainer = make()
        trainer.run(steps=5)

        with pytest.raises(OptionError, match="at step 5, past step 2"):
            replay(trainer, [Logged(2, SetRate(0.1))], 9)

    @pytest.mark.parametrize("executor", EXECUTORS)
    def test_a_run_that_failed_and_went_on_is_made_again(self, executor: str) -> None:
        first, second = runaway(executor), runaway(executor)
        until_it_fails(first, 10_000)
        done = len(first.log)
        calm: list[Command] = [Edit("layer1.neuron1.w1", 0.5), Edit("layer1.neuron1.b", 0.5), SetRate(0.01)]
        for command in (*calm, Replace((np.arange(9.0)[:, None] / 9, np.zeros(9)))):
            first.ask(command)
        first.run(steps=7)

        replay(second, first.log[done:], first.step_count)

        assert second.snapshot().parameters.tolist() == first.snapshot().parameters.tolist()


class TestRestore:
    @given(_HISTORY, _HISTORY, _HISTORY)
    def test_going_on_from_a_moment_is_never_having_left_it(
        self, past: list[tuple[Any, int]], future: list[tuple[Any, int]], aside: list[tuple[Any, int]]
    ) -> None:
        trainer = make(optimizer="adamw", schedule="cosine")
        live(trainer, past)
        moment, log, undoable = trainer.snapshot(), told(trainer.log), trainer.can_undo
        live(trainer, future)
        once, whole_log = trainer.snapshot(), told(trainer.log)
        live(trainer, aside)

        trainer.restore(moment)
        assert everything(trainer.snapshot()) == everything(moment)
        assert (told(trainer.log), trainer.can_undo) == (log, undoable)
        live(trainer, future)

        assert everything(trainer.snapshot()) == everything(once)
        assert told(trainer.log) == whole_log

    @given(_HISTORY, _HISTORY)
    def test_a_moment_of_a_branch_that_was_left_brings_its_own_log_back(
        self, left: list[tuple[Any, int]], taken: list[tuple[Any, int]]
    ) -> None:
        trainer = make()
        start = trainer.snapshot()
        live(trainer, left)
        end, log = trainer.snapshot(), trainer.log
        trainer.restore(start)
        live(trainer, taken)

        trainer.restore(end)

        assert trainer.log == log
        again = make()
        replay(again, trainer.log, trainer.step_count)
        assert again.snapshot().parameters.tolist() == end.parameters.tolist()

    def test_undo_after_going_back_takes_back_what_was_done_before_that_moment(self) -> None:
        trainer = make()
        trainer.ask(Edit(W, 1.0))
        trainer.apply()
        moment = trainer.snapshot()
        trainer.undo()
        trainer.ask(Edit(B, 5.0))
        trainer.apply()

        trainer.restore(moment)

        assert trainer.undo() == Edit(W, 1.0)


class TestUndo:
    @given(st.lists(st.builds(Edit, _LABELS, st.floats(-2, 2)) | st.builds(Freeze, st.just((W, B))), max_size=6))
    def test_one_by_one_it_gives_back_every_number_and_what_was_frozen(self, touches: list[Command]) -> None:
        trainer = make()
        trainer.run(steps=9)
        states = []
        for touch in touches:
            states.append((trainer.snapshot().parameters.tolist(), trainer.frozen))
            trainer.ask(touch)
            trainer.apply()

        for touch, state in zip(reversed(touches), reversed(states), strict=True):
            assert trainer.undo() == touch
            assert (trainer.snapshot().parameters.tolist(), trainer.frozen) == state
        assert trainer.undo() is None

    def test_samples_that_were_taken_back_have_their_batches_again(self) -> None:
        trainer = make(batch_size=25)
        trainer.ask(Replace(load("gauss", size=20, seed=9)))
        trainer.apply()
        assert trainer.batch_size == 10

        trainer.undo()

        assert trainer.batch_size == 25


class TestFreezing:
    @pytest.mark.parametrize("executor", EXECUTORS)
    @given(data=st.data())
    def test_what_is_frozen_stays_with_its_memory(self, executor: str, data: st.DataObject) -> None:
        optimizer = data.draw(st.sampled_from(sorted(OPTIMIZERS)))
        l1, l2 = data.draw(st.tuples(st.floats(0, 0.1), st.floats(0, 0.1)))
        trainer = make(executor, optimizer=optimizer, l1=l1, l2=l2)
        labels = list(trainer._places)
        cold = tuple(data.draw(st.lists(st.sampled_from(labels), unique=True)))
        trainer.run(steps=data.draw(st.integers(0, 20)))
        before = trainer.snapshot()

        trainer.ask(Freeze(cold))
        for steps in data.draw(st.lists(st.integers(1, 30), max_size=3)):
            trainer.run(steps=steps)

        after, places = trainer.snapshot(), [labels.index(label) for label in cold]
        for then, now in (
            (before.parameters, after.parameters),
            (before.resume.memory.first, after.resume.memory.first),
            (before.resume.memory.second, after.resume.memory.second),
        ):
            assert now[places].tobytes() == then[places].tobytes()

    def test_a_large_layer_thaws_as_fast_as_it_freezes(self) -> None:
        net = MLP(50, [400, 1], seed=1)
        trainer = Trainer(net, (np.zeros((4, 50)), np.zeros(4)), executor="numpy")
        labels = tuple(trainer._places)
        for frozen in (True, False):
            trainer.ask(Freeze(labels, frozen))
            trainer.apply()  # one look at the frozen set for each label would take minutes here
            assert trainer.frozen == frozenset(labels if frozen else ())


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("chunk", [1, 3, 10_000])
def test_a_step_that_fails_leaves_no_trace(executor: str, chunk: int) -> None:
    failed, clean = runaway(executor), runaway(executor)

    found = until_it_fails(failed, chunk)
    clean.run(steps=found.step - clean.step_count)

    assert everything(found) == everything(clean.snapshot())


def test_an_edit_is_not_an_update() -> None:
    trainer = make()
    trainer.run(steps=10)
    before = [layer.update for layer in trainer.health(trainer.snapshot())]

    trainer.ask(Edit(W, 50.0))
    trainer.apply()
    trainer.net.parameters()[1].data = 30.0  # by hand

    snapshot = trainer.snapshot()
    assert [layer.update for layer in trainer.health(snapshot)] == before
    trainer.restore(snapshot)
    assert [layer.update for layer in trainer.health(trainer.snapshot())] == before
    trainer.run(steps=1)
    assert trainer.snapshot().after is not snapshot.after


def test_each_condition_of_a_stop_ends_a_run_once() -> None:
    trainer = make(learning_rate=0.1)
    trainer.stop = Stop(epochs=40, accuracy=0.6)

    trainer.run(epochs=200)
    assert "accuracy 60 % reached" in trainer.stopped
    assert trainer.epoch_count < 40
    trainer.run(epochs=200)

    assert (trainer.epoch_count, trainer.stopped) == (40, "Stopped at epoch 40.")
    trainer.run(epochs=5)
    assert (trainer.epoch_count, trainer.stopped) == (45, "")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Edit(W, 10**400), "a parameter is a finite number"),
        (SetRate(10**400), "must be a number from 0 up"),
        (Freeze(W), "takes a tuple of labels"),  # pyright: ignore[reportArgumentType]
        (Replace(7), "must be a dataset or a pair of arrays"),
        (SetStop(3), "must be a Stop"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_what_is_no_such_thing_is_refused_with_a_sentence(command: Command, sentence: str) -> None:
    trainer = make()
    before = everything(trainer.snapshot())
    trainer.ask(command)

    with pytest.raises(OptionError, match=sentence) as caught:
        trainer.apply()

    assert len(str(caught.value)) < 150
    assert (trainer.log, everything(trainer.snapshot())) == ((), before)
