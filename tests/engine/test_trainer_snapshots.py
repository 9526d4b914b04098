"""Looking at a training: snapshots that never change, curves that never grow, and every number for any sample."""

import math
import threading
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer, Value
from mgrad.engine.curve import DENSE, MOST_POINTS, CurveRecorder, Metrics
from mgrad.engine.errors import NotFiniteError, OptionError, UnknownLabel
from mgrad.engine.executors import available
from mgrad.engine.losses import LOSSES

on_every_executor = pytest.mark.parametrize("executor", available())


def made(executor: str | None = "numpy", **options: Any) -> Trainer:
    inputs = np.random.default_rng(5).uniform(-1.0, 1.0, (23, 2))
    data = inputs, np.where(inputs[:, 1] > inputs[:, 0] ** 2, 1.0, -1.0)
    options = {"net": MLP(2, [4, 3, 1], activation="tanh", seed=3), "dataset": data, "batch_size": 5} | options
    return Trainer(**options, executor=executor)


# ---------------------------------------------------------------- snapshots


@on_every_executor
class TestSnapshots:
    def test_it_tells_where_the_run_stands(self, executor: str) -> None:
        trainer = made(executor, schedule="step", learning_rate=0.5)
        trainer.run(epochs=100)
        trainer.run(steps=2)

        snapshot = trainer.snapshot()

        assert (snapshot.step, snapshot.epoch) == (502, 100)
        assert snapshot.learning_rate == 0.25
        assert snapshot.test is None
        assert snapshot.parameters.tolist() == [parameter.data for parameter in trainer.net.parameters()]

    def test_it_keeps_the_order_of_its_epoch_but_none_that_was_drawn_with_it(self, executor: str) -> None:
        trainer = made(executor)
        trainer.run(steps=1002)

        (order,) = trainer.snapshot().resume.batches.orders

        assert len(order) == 23
        assert order.base is None or order.base.nbytes == order.nbytes

    def test_its_memory_grows_with_the_order_of_a_begun_epoch(self, executor: str) -> None:
        trainer = made(executor)
        trainer.run(epochs=1)
        whole = trainer.snapshot()
        trainer.step()
        begun = trainer.snapshot()

        assert begun.nbytes - whole.nbytes == 8 * 23

    def test_moments_hold_the_points_of_their_curve_once_and_none_changes_those_of_another(self, executor: str) -> None:
        trainer = made(executor)
        early, late = [(trainer.run(epochs=3), trainer.snapshot())[1] for _ in range(2)]
        assert np.shares_memory(early.curve.train, late.curve.train)

        then = late.curve.train.tolist()
        trainer.restore(early)
        trainer.learning_rate = 0.5
        trainer.run(epochs=3)

        assert late.curve.train.tolist() == then != trainer.snapshot().curve.train.tolist()

    def test_it_is_measured_with_its_own_parameters(self, executor: str) -> None:
        trainer = made(executor)
        trainer.run(steps=7)
        inputs, targets = np.hsplit(trainer.samples.train.T, [2])

        outputs = [trainer.net(sample) for sample in inputs.tolist()]

        answers = np.array([output.data for output in outputs if isinstance(output, Value)])
        metrics = trainer.snapshot().train
        assert metrics.loss == pytest.approx(float(((answers - targets[:, 0]) ** 2).mean()), rel=1e-12)
        assert metrics.accuracy == (answers * targets[:, 0] > 0).mean()

    def test_later_steps_do_not_touch_it(self, executor: str) -> None:
        trainer = made(executor)
        snapshot = trainer.snapshot()
        kept = snapshot.parameters.tolist(), snapshot.train, snapshot.curve.train.tolist()

        trainer.run(epochs=5)

        assert (snapshot.parameters.tolist(), snapshot.train, snapshot.curve.train.tolist()) == kept
        assert snapshot.parameters.tolist() != trainer.snapshot().parameters.tolist()

    def test_it_cannot_be_written(self, executor: str) -> None:
        snapshot = made(executor).snapshot()

        with pytest.raises(FrozenInstanceError):
            snapshot.step = 5  # pyright: ignore[reportAttributeAccessIssue]
        for array in (snapshot.parameters, snapshot.curve.train, snapshot.curve.epochs):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1.0

    def test_a_loss_that_has_overflowed_is_shown_as_inf(self, executor: str, recwarn: pytest.WarningsRecorder) -> None:
        trainer = made(executor)
        for parameter in trainer.net.parameters():
            parameter.data = 1e200

        assert trainer.snapshot().train.loss == math.inf
        assert [str(warning.message) for warning in recwarn] == []

    def test_a_test_part_is_measured_too(self, executor: str) -> None:
        class Part:
            def __init__(self, inputs: list[list[float]], targets: list[float]) -> None:
                self.inputs, self.targets = np.array(inputs).reshape(-1, 2), np.array(targets)

        class Data:
            features, classes = ("x1", "x2"), ("no", "yes")
            train = Part([[0.0, 1.0], [1.0, 0.0]], [-1.0, 1.0])
            test = Part([[0.5, 0.5]], [1.0])

        trainer = made(executor, dataset=Data())
        trainer.run(epochs=2)

        snapshot = trainer.snapshot()

        assert snapshot.test is not None
        assert snapshot.test.accuracy in (0.0, 1.0)
        output = trainer.net([0.5, 0.5])
        assert isinstance(output, Value)
        assert snapshot.test.loss == pytest.approx((output.data - 1.0) ** 2)
        assert len(snapshot.curve.test) == 3
        assert snapshot.curve.test[-1] == snapshot.test.loss


# ---------------------------------------------------------------- curves


def recorded(epochs: int) -> CurveRecorder:
    """As a trainer records: a point at the start and at each epoch that is due."""
    recorder = CurveRecorder()
    recorder.add(0, Metrics(0.0, None), None)
    epoch = 0
    while (epoch := recorder.next_epoch(epoch)) <= epochs:
        recorder.add(epoch, Metrics(float(epoch), None), Metrics(-float(epoch), 0.5))
    return recorder


class TestCurves:
    @given(epochs=st.integers(0, 20_000))
    @settings(max_examples=40)
    def test_there_are_never_too_many_points_and_none_is_far_from_the_next(self, epochs: int) -> None:
        curve = recorded(epochs).curve()

        assert 1 <= len(curve) <= MOST_POINTS <= 1024
        assert curve.epochs[0] == 0
        reached = np.append(curve.epochs, epochs)
        assert (np.diff(reached) <= np.maximum(1.0, reached[1:] / (DENSE / 2))).all()
        assert curve.train.tolist() == curve.epochs.tolist()

    def test_the_first_epochs_have_a_point_each(self) -> None:
        assert recorded(DENSE).curve().epochs.tolist() == list(range(DENSE + 1))

    def test_a_run_of_a_hundred_million_epochs_keeps_few_points(self) -> None:
        recorder, epoch = CurveRecorder(), 0
        while epoch < 10**8:
            recorder.add(epoch, Metrics(0.0, None), None)
            epoch = recorder.next_epoch(epoch)

        assert len(recorder.curve()) <= MOST_POINTS

    def test_a_point_that_is_not_due_is_not_kept(self) -> None:
        recorder = recorded(2000)
        before = len(recorder.curve())

        recorder.add(2001, Metrics(0.0, None), None)

        assert len(recorder.curve()) == before

    def test_what_there_is_not_is_nan(self) -> None:
        curve = recorded(1).curve()

        assert curve.test.tolist()[1:] == [-1.0]
        assert math.isnan(curve.test[0])
        assert np.isnan(curve.train_accuracy).all()
        assert curve.test_accuracy.tolist()[1:] == [0.5]

    def test_a_trainer_records_each_epoch_at_first_and_then_ever_fewer(self) -> None:
        trainer = made(net=MLP(2, [1], seed=1), batch_size=23, learning_rate=0.001)

        trainer.run(epochs=100)
        short = trainer.snapshot().curve
        trainer.run(epochs=1000)
        long = trainer.snapshot().curve

        assert short.epochs.tolist() == list(range(101))
        assert long.epochs[:101].tolist() == short.epochs.tolist()
        assert long.train[:101].tolist() == short.train.tolist()
        assert np.diff(long.epochs).max() == 1100 - 1100 % 16 - long.epochs[-2] == 16


# ---------------------------------------------------------------- inspection


@on_every_executor
@pytest.mark.parametrize("loss", LOSSES)
def test_an_inspection_is_the_graph_of_that_sample(executor: str, loss: str) -> None:
    classes = 3 if loss == "softmax" else 1
    inputs = np.random.default_rng(2).uniform(-1, 1, (9, 2))
    targets = np.arange(9) % 3 if classes == 3 else np.where(np.arange(9) % 2, 1.0, -1.0)
    net = MLP(2, [3, classes], activation=["relu"], seed=3)
    trainer = Trainer(net, (inputs, targets), loss, batch_size=4, executor=executor)
    trainer.run(steps=3)
    template, snapshot = trainer.template, trainer.snapshot()

    for sample in (0, 4, 8):
        inspection = trainer.inspect(snapshot, sample)

        for leaf, number in zip((*template.inputs, *template.targets), trainer.samples.train[:, sample], strict=True):
            leaf.data = float(number)
        template.loss.recalculate()
        template.loss.backward()
        for node in template.loss.nodes():
            assert inspection.value(node) == pytest.approx(node.data, rel=1e-12, abs=1e-14), node
            assert inspection.gradient(node) == pytest.approx(node.grad, rel=1e-12, abs=1e-14), node
        assert inspection.value("loss") == inspection.value(template.loss)
        assert inspection.value("x1") == inputs[sample, 0]


@on_every_executor
class TestInspection:
    def test_it_shows_the_snapshots_parameters_whatever_was_learned_since(self, executor: str) -> None:
        trainer = made(executor)
        snapshot = trainer.snapshot()
        before = trainer.inspect(snapshot, 3)
        numbers = [before.value(node) for node in trainer.template.loss.nodes()]

        trainer.run(epochs=3)
        after = trainer.inspect(snapshot, 3)
        today = trainer.inspect(trainer.snapshot(), 3)

        assert [after.value(node) for node in trainer.template.loss.nodes()] == numbers
        assert [before.value(node) for node in trainer.template.loss.nodes()] == numbers
        assert today.value("loss") != after.value("loss")

    def test_looking_does_not_change_the_run(self, executor: str) -> None:
        looked_at, alone = made(executor), made(executor)

        for _ in range(10):
            looked_at.step()
            looked_at.inspect(looked_at.snapshot(), 2)
        alone.run(steps=10)

        assert looked_at.snapshot().parameters.tolist() == alone.snapshot().parameters.tolist()

    def test_numbers_that_are_not_finite_are_shown(self, executor: str) -> None:
        trainer = made(executor)
        trainer.net.parameters()[0].data = math.inf

        inspection = trainer.inspect(trainer.snapshot(), 0)

        assert inspection.value("layer1.neuron1.w1") == math.inf

    @pytest.mark.parametrize("sample", [-1, 23])
    def test_a_sample_that_is_none(self, executor: str, sample: int) -> None:
        trainer = made(executor)

        with pytest.raises(OptionError, match=f"sample is {sample}, but must be from 0 to 22"):
            trainer.inspect(trainer.snapshot(), sample)

    def test_a_node_that_is_none(self, executor: str) -> None:
        trainer = made(executor)
        inspection = trainer.inspect(trainer.snapshot())

        with pytest.raises(UnknownLabel, match="No node is labelled 'layer9'"):
            inspection.value("layer9")
        with pytest.raises(UnknownLabel, match="No node is labelled 'stranger'"):
            inspection.gradient(Value(1.0, "stranger"))


# ---------------------------------------------------------------- threads


def in_threads(*tasks: Any) -> None:
    """Runs the tasks side by side; an error in one of them is an error here."""
    errors: list[BaseException] = []

    def guarded(task: Any) -> None:
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@on_every_executor
class TestThreads:
    def test_somebody_may_look_while_a_run_goes_on(self, executor: str) -> None:
        trainer, alone = made(executor), made(executor)
        snapshot = trainer.snapshot()
        expected = [trainer.inspect(snapshot, k).value("loss") for k in range(23)]
        done = threading.Event()
        seen: list[list[float]] = []

        def run() -> None:
            for _ in range(100):
                trainer.run(steps=10)
            done.set()

        def look() -> None:
            while not (seen and done.is_set()):
                seen.append([trainer.inspect(snapshot, k).value("loss") for k in range(23)])

        in_threads(run, look)
        alone.run(steps=1000)

        assert seen
        assert all(row == expected for row in seen)
        assert trainer.snapshot().parameters.tolist() == alone.snapshot().parameters.tolist()

    def test_a_run_that_stops_does_not_disturb_who_looks(self, executor: str) -> None:
        trainer = made(executor)
        snapshot = trainer.snapshot()
        expected = trainer.inspect(snapshot, 5).value("loss")
        trainer.net.parameters()[0].data = math.nan
        done = threading.Event()
        seen: set[float] = set()

        def stop_again_and_again() -> None:
            try:
                for _ in range(30):
                    with pytest.raises(NotFiniteError):
                        trainer.step()
            finally:
                done.set()

        def look() -> None:
            while not done.is_set():
                seen.add(trainer.inspect(snapshot, 5).value("loss"))

        in_threads(stop_again_and_again, look)

        assert seen <= {expected}

    def test_two_trainers_in_two_threads(self, executor: str) -> None:
        first, second, alone = (made(executor) for _ in range(3))

        in_threads(lambda: first.run(steps=500), lambda: second.run(steps=500))
        alone.run(steps=500)

        wanted = alone.snapshot().parameters.tolist()
        assert first.snapshot().parameters.tolist() == second.snapshot().parameters.tolist() == wanted
