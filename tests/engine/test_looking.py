"""Looking into a trainer: maps, whole batches, answers, health, features; any number is what the template says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.datasets import load
from mgrad.engine import MLP, Trainer
from mgrad.engine.commands import Replace
from mgrad.engine.errors import OptionError, ShapeError, UnknownLabel
from mgrad.engine.features import FEATURES
from mgrad.engine.outline import Outline

SPIRAL = load("spiral", size=80)
IRIS = load("iris")


@pytest.fixture(scope="module")
def spiral() -> Trainer:
    trainer = Trainer(MLP(2, [4, 3, 1], activation=["tanh", "relu"], output="tanh", seed=2), SPIRAL, loss="half_mse")
    trainer.run(epochs=20)
    return trainer


@pytest.fixture(scope="module")
def iris() -> Trainer:
    trainer = Trainer(MLP(4, [3, 3], activation="sigmoid", seed=2), IRIS, loss="softmax")
    trainer.run(epochs=20)
    return trainer


def labels(trainer: Trainer) -> list[str]:
    return [node.label for node in trainer.template.loss.nodes()]


@given(data=st.data(), which=st.sampled_from(["spiral", "iris"]), part=st.sampled_from(["train", "test"]))
def test_a_batch_is_its_samples_side_by_side(
    data: st.DataObject, which: str, part: str, spiral: Trainer, iris: Trainer
) -> None:
    trainer = {"spiral": spiral, "iris": iris}[which]
    label, sample = data.draw(st.sampled_from(labels(trainer))), data.draw(st.integers(0, 39))
    snapshot = trainer.snapshot()

    over, single = trainer.inspect_batch(snapshot, label, part), trainer.inspect(snapshot, sample, part)

    assert over.values[sample] == pytest.approx(single.value(label), rel=1e-9, abs=1e-12)
    assert over.gradients[sample] == pytest.approx(single.gradient(label), rel=1e-9, abs=1e-12)


def test_a_sample_is_followed_to_moments_that_had_other_data() -> None:
    trainer = Trainer(MLP(2, [3, 1], activation="tanh", seed=2), SPIRAL, loss="half_mse")
    before = trainer.snapshot()
    trainer.ask(Replace(load("spiral", size=90, seed=8)))
    trainer.run(epochs=1)
    now = trainer.snapshot()

    followed = trainer.inspect(before, 44, data_of=now)

    assert followed.value("x1") == now.resume.samples.train[0, 44]
    fresh = MLP(2, [3, 1], activation="tanh", seed=2)
    assert followed.value("layer2.neuron1") == fresh(now.resume.samples.train[:2, 44].tolist()).data  # pyright: ignore


def test_a_step_changed_a_node_from_what_it_was_before() -> None:
    trainer = Trainer(MLP(2, [3, 1], seed=2), SPIRAL)
    start = trainer.snapshot()
    trainer.step()
    now = trainer.snapshot()

    for label in ("layer1.neuron2.w1", "layer1.neuron2.pre", "layer2.neuron1", "loss"):
        before, after = (trainer.inspect(moment, 7).value(label) for moment in (start, now))
        assert before != after
        assert trainer.last_change(now, label, 7) == pytest.approx((before, after), rel=1e-12)
        assert trainer.last_change(start, label, 7) is None
    assert trainer.last_change(now, trainer.template.inputs[0].label, 7) is None


def test_the_gradient_over_all_samples_is_that_of_a_full_batch(spiral: Trainer) -> None:
    net = MLP(2, [4, 3, 1], activation=["tanh", "relu"], output="tanh", seed=2)
    full = Trainer(net, SPIRAL, loss="half_mse", batch_size=1000)
    start = full.snapshot()
    full.step()

    taken = full.snapshot().gradients
    told = [full.inspect_batch(start, node.label).gradient for node in net.parameters()]

    assert told == pytest.approx(taken.tolist(), rel=1e-9, abs=1e-12)


@given(data=st.data())
def test_a_map_is_the_node_at_every_point(data: st.DataObject, spiral: Trainer) -> None:
    snapshot, targets = spiral.snapshot(), SPIRAL.train.inputs
    free = [label for label in labels(spiral) if label.startswith(("layer", "x"))]
    label = data.draw(st.sampled_from(free))

    plane = spiral.map(snapshot, label, targets.reshape(4, 10, 2))

    assert plane.shape == (4, 10)
    assert plane.ravel() == pytest.approx(spiral.inspect_batch(snapshot, label).values, rel=1e-12, abs=1e-300)


def test_several_maps_at_once(spiral: Trainer) -> None:
    names = ["layer1.neuron1", "layer2.neuron3", "x2", "layer1.neuron1.product1"]
    grid = np.random.default_rng(1).uniform(-6, 6, (5, 6, 2))

    together = spiral.maps(spiral.snapshot(), names, grid)

    assert together.shape == (4, 5, 6)
    for name, plane in zip(names, together, strict=True):
        assert np.array_equal(plane, spiral.map(spiral.snapshot(), name, grid))


def test_what_has_no_map_says_why(spiral: Trainer) -> None:
    snapshot = spiral.snapshot()
    with pytest.raises(OptionError, match="loss depends on the target"):
        spiral.map(snapshot, "loss", np.zeros((1, 2)))
    with pytest.raises(ShapeError, match="with 2 inputs, but"):
        spiral.map(snapshot, "x1", np.zeros((4, 3)))
    with pytest.raises(UnknownLabel, match="layer1"):
        spiral.map(snapshot, "layer1.neuron9", np.zeros((1, 2)))
    with pytest.raises(OptionError, match="sample is 40, but must be from 0 to 39"):
        spiral.inspect(snapshot, 40)


def test_another_thread_may_train_meanwhile(spiral: Trainer) -> None:
    snapshot = spiral.snapshot()
    before = spiral.map(snapshot, "layer3.neuron1", SPIRAL.train.inputs)
    spiral.run(epochs=3)

    assert np.array_equal(before, spiral.map(snapshot, "layer3.neuron1", SPIRAL.train.inputs))


class TestAnswers:
    @pytest.mark.parametrize("part", ["train", "test"])
    def test_the_confusion_matrix_holds_every_sample_and_its_diagonal_the_right_ones(
        self, iris: Trainer, part: str
    ) -> None:
        snapshot = iris.snapshot()
        answers = iris.answers(snapshot, part)
        metrics = snapshot.train if part == "train" else snapshot.test

        assert answers.confusion is not None
        assert answers.right is not None
        assert metrics
        assert answers.confusion.sum() == 75
        assert np.trace(answers.confusion) == answers.right.sum()
        assert answers.right.mean() == metrics.accuracy
        truth = getattr(IRIS, part).targets.astype(int)
        assert answers.confusion.sum(axis=1).tolist() == np.bincount(truth).tolist()

    def test_signs_have_two_classes(self, spiral: Trainer) -> None:
        answers = spiral.answers(spiral.snapshot(), "train")

        assert answers.confusion is not None
        minus_as_plus = (SPIRAL.train.targets < 0) & (answers.outputs[0] > 0)
        assert answers.confusion.shape == (2, 2)
        assert answers.confusion[0, 1] == minus_as_plus.sum()

    def test_numbers_have_r2_instead(self) -> None:
        trainer = Trainer(MLP(2, [1]), load("plane", size=100), learning_rate=0.01)
        trainer.run(epochs=200)
        snapshot = trainer.snapshot()
        answers = trainer.answers(snapshot)

        assert answers.right is answers.confusion is snapshot.train.accuracy is None
        rest = ((answers.wanted - answers.outputs) ** 2).sum()
        whole = ((answers.wanted - answers.wanted.mean()) ** 2).sum()
        assert snapshot.train.r2 is not None
        assert snapshot.train.r2 == pytest.approx(1 - rest / whole)
        assert snapshot.train.r2 > 0.99
        assert snapshot.curve.train_r2[-1] == snapshot.train.r2


class TestHealth:
    def test_the_update_is_told_as_a_share_of_the_weights(self, spiral: Trainer) -> None:
        snapshot = spiral.snapshot()
        weights = np.array([node.label.startswith("layer1") and ".w" in node.label for node in spiral.net.parameters()])
        moved = (snapshot.parameters - snapshot.before)[weights]

        told = spiral.health(snapshot)[0]

        size = np.sqrt((moved**2).mean()) / np.sqrt((snapshot.before[weights] ** 2).mean())
        assert told.update == pytest.approx(np.log10(size))
        assert told.gradient == pytest.approx(np.sqrt((snapshot.gradients[weights] ** 2).mean()))
        assert spiral.snapshot().curve.updates[-1, 0] == told.update

    def test_before_any_step_nothing_is_known_about_updates(self) -> None:
        trainer = Trainer(MLP(2, [2, 1], activation="relu"), SPIRAL)

        assert [np.isnan(layer.update) for layer in trainer.health(trainer.snapshot())] == [True, True]

    def test_dead_and_saturated_neurons_are_named(self) -> None:
        net = MLP(2, [2, 2, 1], activation=["relu", "tanh"], seed=1)
        net.layers[0].neurons[1].bias.data = -100.0
        net.layers[1].neurons[0].bias.data = 50.0
        relu, tanh, linear = (trainer := Trainer(net, SPIRAL)).health(trainer.snapshot())

        assert (relu.dead, relu.dead_neurons, relu.saturated) == (0.5, ("layer1.neuron2",), None)
        assert "layer2.neuron1" in tanh.saturated_neurons
        assert tanh.saturated is not None
        assert tanh.saturated >= 0.5
        assert (linear.dead, linear.saturated) == (None, None)


class TestFeatures:
    def test_they_are_nodes_and_learn_as_columns_would(self) -> None:
        x1, x2 = SPIRAL.train.inputs.T
        columns = np.stack([x2, x1 * x1, x1 * x2, np.sin(x2)], axis=1)
        nodes = Trainer(
            MLP(4, [3, 1], activation="tanh", seed=1), (SPIRAL.train.inputs, SPIRAL.train.targets),
            features=("x2", "x1²", "x1x2", "sin x2"),
        )  # fmt: skip
        by_hand = Trainer(MLP(4, [3, 1], activation="tanh", seed=1), (columns, SPIRAL.train.targets))

        nodes.run(epochs=10)
        by_hand.run(epochs=10)

        assert nodes.snapshot().parameters == pytest.approx(by_hand.snapshot().parameters, rel=1e-9, abs=1e-12)

    @pytest.mark.parametrize("feature", FEATURES)
    def test_each_is_found_mapped_and_explained(self, feature: str) -> None:
        trainer = Trainer(MLP(1, [2, 1], activation="tanh", seed=1), SPIRAL, features=(feature,))
        trainer.run(epochs=1)
        snapshot = trainer.snapshot()
        inspection = trainer.inspect(snapshot, 3)
        x1, x2 = SPIRAL.train.inputs[3]
        wanted = {"x1": x1, "x2": x2, "x1²": x1 * x1, "x2²": x2 * x2, "x1x2": x1 * x2, "sin x1": np.sin(x1)}

        assert inspection.value(feature) == pytest.approx(wanted.get(feature, np.sin(x2)), rel=1e-12)
        assert trainer.map(snapshot, feature, SPIRAL.train.inputs)[3] == inspection.value(feature)
        account = Outline(trainer.template.loss).account(feature, inspection)
        assert sum(line.part for line in account.lines) == pytest.approx(inspection.gradient(feature), rel=1e-9)

    def test_what_cannot_be_fed_is_refused(self) -> None:
        with pytest.raises(OptionError, match=r"features names 'x1x3'.* Nearest: x1x2"):
            Trainer(MLP(1, [1]), SPIRAL, features=("x1x3",))
        with pytest.raises(ShapeError, match="2 features are named, but the network takes 3 inputs"):
            Trainer(MLP(3, [1]), SPIRAL, features=("x1", "x2"))
        with pytest.raises(OptionError, match="list of different names"):
            Trainer(MLP(2, [1]), SPIRAL, features=("x1", "x1"))
