"""Commands, the log, undo, freezing and stops: what a person does to a run, and what the run then is."""

import weakref
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
from mgrad.engine.errors import MgradError, OptionError, ShapeError, UnknownLabel
from mgrad.engine.executors import available
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.steering import MOST_UNDONE
from mgrad.engine.stops import Stop

GAUSS = load("gauss", size=60, noise=20)
EXECUTORS = available()


def make(executor: str | None = None, **also: Any) -> Trainer:
    net = MLP(2, [3, 1], activation="tanh", output="tanh", seed=3)
    return Trainer(net, GAUSS, **{"loss": "half_mse", "batch_size": 7, "executor": executor, **also})


def parameters(trainer: Trainer) -> list[float]:
    return trainer.snapshot().parameters.tolist()


class TestFreezing:
    @pytest.mark.parametrize("executor", EXECUTORS)
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_what_is_frozen_never_moves_and_the_rest_learns(self, executor: str, optimizer: str) -> None:
        trainer = make(executor, optimizer=optimizer, l1=0.01, l2=0.01)
        trainer.run(steps=5)
        before = trainer.snapshot()

        trainer.ask(Freeze(("layer1.neuron1.w1", "layer2.neuron1.b")))
        trainer.run(steps=20)
        after = trainer.snapshot()

        moved = before.parameters != after.parameters
        still = [label in ("layer1.neuron1.w1", "layer2.neuron1.b") for label in trainer._places]
        assert moved.tolist() == [not each for each in still]
        assert after.frozen == trainer.frozen == {"layer1.neuron1.w1", "layer2.neuron1.b"}

    @pytest.mark.parametrize("executor", EXECUTORS)
    def test_executors_agree_on_a_partly_frozen_run(self, executor: str) -> None:
        first, second = make("numpy", optimizer="adam"), make(executor, optimizer="adam")
        for trainer in (first, second):
            trainer.ask(Freeze(("layer1.neuron2.w2",)))
            trainer.run(steps=50)

        assert parameters(second) == pytest.approx(parameters(first), rel=1e-9, abs=1e-12)

    def test_parameters_that_do_not_learn_are_frozen_from_the_start(self) -> None:
        net = MLP(2, [1], seed=1)
        net.layers[0].neurons[0].bias.learnable = False

        trainer = Trainer(net, GAUSS)
        trainer.run(steps=10)

        assert trainer.frozen == {"layer1.neuron1.b"}
        assert net.layers[0].neurons[0].bias.data == 0.0

    def test_learnable_counts_when_it_is_set_between_two_runs(self) -> None:
        net = MLP(2, [1], seed=1)
        trainer, bias = Trainer(net, GAUSS), net.layers[0].neurons[0].bias
        trainer.run(steps=5)
        moved, start = bias.data, trainer.snapshot()

        bias.learnable = False
        trainer.run(steps=5)
        frozen = trainer.frozen
        trainer.restore(start)
        trainer.run(steps=5)
        held = bias.data
        bias.learnable = True
        trainer.run(steps=5)

        assert frozen == {"layer1.neuron1.b"}
        assert held == moved != bias.data
        assert not trainer.frozen

    def test_a_freeze_is_taken_back_by_its_command_whatever_learnable_says(self) -> None:
        net = MLP(2, [1], seed=1)
        net.layers[0].neurons[0].bias.learnable = False
        trainer = Trainer(net, GAUSS)

        trainer.ask(Freeze(("layer1.neuron1.b",), frozen=False))
        trainer.run(steps=10)

        assert net.layers[0].neurons[0].bias.data != 0.0


class TestCommands:
    def test_they_wait_until_the_next_step_and_are_logged_with_it(self) -> None:
        trainer = make()
        trainer.run(steps=4)
        trainer.ask(SetRate(0.5))
        assert trainer.learning_rate == 0.03

        trainer.run(steps=1)

        assert trainer.learning_rate == 0.5
        assert trainer.log == (Logged(4, SetRate(0.5)),)

    def test_settings_go_the_same_way(self) -> None:
        trainer = make()
        trainer.learning_rate, trainer.batch_size, trainer.l2 = 0.2, 3, 0.1

        assert [entry.command for entry in trainer.log] == [SetRate(0.2), SetBatchSize(3), SetPenalty(0.0, 0.1)]

    def test_an_edit_counts_at_once_for_the_network_and_the_next_snapshot(self) -> None:
        trainer = make()
        trainer.ask(Edit("layer1.neuron1.w1", 0.25))
        trainer.apply()

        assert trainer.net.layers[0].neurons[0].weights[0].data == 0.25
        assert trainer.inspect(trainer.snapshot()).value("layer1.neuron1.w1") == 0.25

    @pytest.mark.parametrize(
        ("command", "error", "sentence"),
        [
            (Edit("layer1.neuron1", 1.0), OptionError, "layer1.neuron1 is not a parameter"),
            (Edit("layer1.neuron1.w9", 1.0), UnknownLabel, "layer1.neuron1.w"),
            (Edit("layer1.neuron1.w1", float("nan")), OptionError, "a parameter is a finite number"),
            (Freeze(("x1",)), OptionError, "x1 is not a parameter"),
            (SetRate(-1.0), OptionError, "learning_rate is -1.0"),
            (SetBatchSize(0), OptionError, "batch_size is 0"),
            (SetPenalty(0.0, -1.0), OptionError, "l2 is -1.0"),
            (Replace(load("iris")), ShapeError, "The data has 4 features"),
            (Replace(load("plane")), ShapeError, "another kind of problem"),
        ],
    )
    def test_a_bad_one_changes_nothing_and_says_why(
        self, command: Command, error: type[MgradError], sentence: str
    ) -> None:
        trainer = make()
        before = parameters(trainer)
        trainer.ask(command)

        with pytest.raises(error, match=sentence):
            trainer.apply()

        assert parameters(trainer) == before
        assert trainer.log == ()
        trainer.run(steps=3)

    def test_undo_remembers_only_the_last_ones(self) -> None:
        trainer = make()
        for number in range(MOST_UNDONE + 5):
            trainer.ask(Edit("layer1.neuron1.w1", float(number)))
            trainer.apply()
        while trainer.undo():
            pass

        assert parameters(trainer)[trainer._places["layer1.neuron1.w1"]] == 4.0

    def test_undo_takes_back_edits_and_freezes_one_by_one(self) -> None:
        trainer = make()
        start = parameters(trainer)
        trainer.ask(Edit("layer1.neuron1.w1", 9.0))
        trainer.ask(Freeze(("layer1.neuron1.w1",)))
        trainer.apply()

        assert trainer.undo() == Freeze(("layer1.neuron1.w1",))
        assert trainer.frozen == frozenset()
        assert trainer.undo() == Edit("layer1.neuron1.w1", 9.0)
        assert parameters(trainer) == start
        assert trainer.undo() is None

    def test_other_samples_keep_the_network_its_optimizer_and_its_counters(self) -> None:
        trainer = make(optimizer="adam")
        trainer.run(epochs=2)
        before = parameters(trainer)

        trainer.ask(Replace(load("gauss", size=40, seed=99)))
        trainer.apply()

        assert parameters(trainer) == before
        assert (trainer.step_count, trainer.epoch_count) == (10, 2)
        assert trainer.samples.train.shape[1] == 20
        assert trainer.epoch() == 3
        trainer.undo()
        assert trainer.samples.train.shape[1] == 30

    def test_the_log_keeps_how_samples_are_made_in_their_place(self) -> None:
        trainer = make()
        exchanged = load("gauss", size=40, seed=99)
        known = weakref.ref(exchanged)
        trainer.ask(Replace(exchanged))
        trainer.apply()
        columns = trainer.samples.train

        trainer.ask(Replace(load("gauss", size=40, seed=100)))
        trainer.apply()
        del exchanged

        assert known() is None
        assert not np.array_equal(trainer.samples.train, columns)
        trainer.undo()
        assert np.array_equal(trainer.samples.train, columns)

    @pytest.mark.parametrize(
        ("command", "again"),
        [
            (SetRate(0.2), SetRate(0.3)),
            (SetBatchSize(3), SetBatchSize(4)),
            (SetPenalty(0.1, 0.0), SetPenalty(0.0, 0.1)),
            (SetStop(Stop(epochs=2)), SetStop(None)),
            (Edit("layer1.neuron1.w1", 1.0), Edit("layer1.neuron1.w1", 2.0)),
            (Freeze(("layer1.neuron1.w1",)), Freeze(("layer1.neuron1.w1",), False)),
            (Replace(load("gauss", size=40, seed=99)), Replace(load("gauss", size=40, seed=100))),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_the_log_forgets_what_was_set_again_before_any_step(self, command: Command, again: Command) -> None:
        first, second = make(), make()
        for trainer, asked in ((first, [command, again, command]), (second, [command])):
            trainer.run(steps=7)
            for each in asked:
                trainer.ask(each)
            trainer.run(epochs=3)

        assert [entry.step for entry in first.log] == [7]
        assert repr(first.log[0].command) == repr(second.log[0].command)
        assert parameters(first) == parameters(second)

    def test_the_log_keeps_what_was_set_for_a_step_or_is_another_thing(self) -> None:
        trainer = make()
        for command in (SetRate(0.2), Edit("layer1.neuron1.w1", 1.0), Edit("layer1.neuron1.w2", 1.0), SetRate(0.3)):
            trainer.ask(command)
        trainer.run(steps=1)
        trainer.learning_rate = 0.4
        trainer.run(steps=1)

        assert [entry.step for entry in trainer.log] == [0, 0, 0, 0, 1]

    def test_a_moment_keeps_its_log_when_the_same_is_set_again_after_it(self) -> None:
        trainer = make()
        trainer.learning_rate = 0.2
        moment = trainer.snapshot()
        trainer.learning_rate = 0.3
        trainer.run(steps=3)

        trainer.restore(moment)

        assert trainer.log == (Logged(0, SetRate(0.2)),)

    def test_the_log_keeps_samples_that_nobody_can_make_again(self) -> None:
        trainer = make()
        pair = np.ones((4, 2)), np.array([1.0, -1.0, 1.0, -1.0])

        trainer.ask(Replace(pair))
        trainer.apply()

        (entry,) = trainer.log
        assert isinstance(entry.command, Replace)
        assert entry.command.dataset is pair


_LABELS = st.sampled_from(["layer1.neuron1.w1", "layer1.neuron3.b", "layer2.neuron1.w2"])
_COMMANDS = st.one_of(
    st.builds(SetRate, st.floats(0, 1)),
    st.builds(SetBatchSize, st.integers(1, 40)),
    st.builds(SetPenalty, st.floats(0, 0.1), st.floats(0, 0.1)),
    st.builds(Edit, _LABELS, st.floats(-2, 2)),
    st.builds(Freeze, st.lists(_LABELS, unique=True, max_size=3).map(tuple), st.booleans()),
    st.just(Replace(load("gauss", size=50, seed=5))),
)
_HISTORY = st.lists(st.tuples(_COMMANDS, st.integers(0, 12)), max_size=6)


class TestLaws:
    @given(_HISTORY, st.sampled_from(sorted(OPTIMIZERS)))
    def test_set_up_seed_and_log_make_the_same_run_again(
        self, history: list[tuple[Command, int]], optimizer: str
    ) -> None:
        first, second = make(optimizer=optimizer), make(optimizer=optimizer)
        for command, steps in history:
            first.ask(command)
            first.run(steps=steps)
        first.apply()

        replay(second, first.log, first.step_count)

        assert parameters(second) == parameters(first)

    @given(_HISTORY, st.integers(0, 30), st.lists(st.integers(1, 9), max_size=4))
    def test_going_on_from_a_moment_gives_what_going_on_then_gave(
        self, history: list[tuple[Command, int]], steps: int, chunks: list[int]
    ) -> None:
        trainer = make(optimizer="adamw", schedule="cosine")
        for command, count in history:
            trainer.ask(command)
            trainer.run(steps=count)
        moment = trainer.snapshot()
        log = trainer.log
        trainer.run(steps=steps + sum(chunks))
        once = trainer.snapshot()
        trainer.ask(Edit("layer1.neuron1.w1", 1.5))
        trainer.run(steps=3)

        trainer.restore(moment)
        assert trainer.log == log
        for count in (*chunks, steps):
            trainer.run(steps=count)
        again = trainer.snapshot()

        assert again.parameters.tolist() == once.parameters.tolist()
        assert (again.step, again.epoch, again.train, again.test) == (once.step, once.epoch, once.train, once.test)
        for name in ("epochs", "train", "updates", "gradients"):
            assert np.array_equal(getattr(again.curve, name), getattr(once.curve, name), equal_nan=True)

    @given(st.lists(st.integers(1, 20), min_size=1, max_size=8))
    def test_the_curve_does_not_depend_on_how_steps_are_asked_for(self, chunks: list[int]) -> None:
        whole, parts = make(), make()
        whole.run(steps=sum(chunks))
        for count in chunks:
            parts.run(steps=count)

        first, second = whole.snapshot(), parts.snapshot()
        assert np.array_equal(first.curve.updates, second.curve.updates, equal_nan=True)
        assert np.array_equal(first.before, second.before)


class TestStops:
    def test_a_run_ends_at_the_epoch_also_where_the_curve_has_no_point(self) -> None:
        trainer = make()
        trainer.run(epochs=300)
        trainer.stop = Stop(epochs=303)

        trainer.run(epochs=100)

        assert trainer.epoch_count == 303
        assert trainer.stopped == "Stopped at epoch 303."

    def test_it_ends_where_the_accuracy_is_reached_and_goes_on_when_asked_again(self) -> None:
        trainer = make(learning_rate=0.1)
        trainer.stop = Stop(accuracy=0.8)

        trainer.run(epochs=500)
        first = trainer.snapshot()

        assert first.test
        assert first.test.accuracy is not None
        assert first.test.accuracy >= 0.8
        assert first.epoch < 500
        assert trainer.stopped == f"Stopped at epoch {first.epoch}: accuracy 80 % reached."
        trainer.run(epochs=2)
        assert trainer.epoch_count == first.epoch + 2

    def test_seconds_end_too(self) -> None:
        trainer = make()
        trainer.stop = Stop(epochs=3)

        assert trainer.run(seconds=60) == 15

    @pytest.mark.parametrize("bad", [{"epochs": 0}, {"accuracy": 1.5}, {"loss": float("nan")}])
    def test_what_can_never_be_met_is_refused(self, bad: dict[str, Any]) -> None:
        with pytest.raises(OptionError, match="must be a number above 0"):
            Stop(**bad)
