"""Data, loss and network have to fit: what is made of targets, what counts as right, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mgrad.engine import MLP, Trainer, Value
from mgrad.engine.errors import LabelError, OptionError, ShapeError
from mgrad.engine.samples import prepare_samples

SQUARE = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


class Part:
    def __init__(self, inputs: Any, targets: Any) -> None:
        self.inputs, self.targets = np.array(inputs, dtype=float), np.array(targets, dtype=float)


class Data:
    """As much of a dataset as a trainer needs."""

    def __init__(self, targets: list[float], classes: int, test: list[float] | None = None) -> None:
        self.features = ("x1", "x2")
        self.classes = tuple(f"class {k}" for k in range(classes))
        self.train = Part(SQUARE[: len(targets)], targets)
        test = test or []
        self.test = Part(np.array(SQUARE[: len(test)]).reshape(-1, 2), test)


def targets_of(data: Any, outputs: int, loss: str, encoding: str) -> list[list[float]]:
    return prepare_samples(data, 2, outputs, loss, encoding).train[2:].tolist()


# ---------------------------------------------------------------- targets


@pytest.mark.parametrize(
    ("data", "outputs", "loss", "encoding", "expected"),
    [
        pytest.param((SQUARE, [1, 2, 3, 4.5]), 1, "mse", "signs", [[1, 2, 3, 4.5]], id="numbers stay"),
        pytest.param((SQUARE, [-1, 1, 1, -1]), 1, "mse", "signs", [[-1, 1, 1, -1]], id="signs stay"),
        pytest.param((SQUARE, [-1, 1, 1, -1]), 1, "bce", "bits", [[0, 1, 1, 0]], id="signs become bits"),
        pytest.param((SQUARE, [0, 1, 1, 0]), 1, "bce", "bits", [[0, 1, 1, 0]], id="bits stay for bce"),
        pytest.param((SQUARE, [0, 1, 1, 0]), 1, "hinge", "signs", [[-1, 1, 1, -1]], id="bits become signs"),
        pytest.param((SQUARE, [0, 1, 1, 0]), 1, "mse", "signs", [[0, 1, 1, 0]], id="0 and 1 may be numbers"),
        pytest.param((SQUARE, [[5], [6], [7], [8]]), 1, "mse", "signs", [[5, 6, 7, 8]], id="one column"),
        pytest.param((SQUARE, [0, 2, 1, 1]), 3, "softmax", "bits", [[1, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0]]),
        pytest.param((SQUARE, [0, 1, 1, 0]), 2, "mse", "signs", [[1, 0, 0, 1], [0, 1, 1, 0]], id="classes for mse"),
        pytest.param((SQUARE, [0, 1, 1, 0]), 2, "hinge", "signs", [[1, -1, -1, 1], [-1, 1, 1, -1]]),
        pytest.param((SQUARE, [[5, 1], [6, 2], [7, 3], [8, 4]]), 2, "mse", "signs", [[5, 6, 7, 8], [1, 2, 3, 4]]),
        pytest.param(Data([-1, 1, 1, -1], 2), 1, "bce", "bits", [[0, 1, 1, 0]], id="dataset of two classes"),
        pytest.param(Data([-1, 1, 1, -1], 2), 2, "softmax", "bits", [[1, 0, 0, 1], [0, 1, 1, 0]]),
        pytest.param(Data([1, 1, 1, 1], 2), 2, "softmax", "bits", [[0, 0, 0, 0], [1, 1, 1, 1]], id="one class only"),
        pytest.param(Data([2, 1, 0, 2], 3), 3, "softmax", "bits", [[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]]),
        pytest.param([SQUARE, [1, 2, 3, 4]], 1, "mse", "signs", [[1, 2, 3, 4]], id="a list is a pair too"),
    ],
)
def test_targets_become_columns(data: Any, outputs: int, loss: str, encoding: str, expected: list[list[float]]) -> None:
    assert targets_of(data, outputs, loss, encoding) == expected


# ---------------------------------------------------------------- accuracy


def accuracy(outputs: list[list[float]], data: Any, loss: str, encoding: str) -> float | None:
    samples = prepare_samples(data, 2, len(outputs), loss, encoding)
    return samples.accuracy(np.array(outputs, dtype=float), samples.train)


class TestAccuracy:
    def test_by_signs(self) -> None:
        data = (SQUARE, [-1, 1, 1, -1])

        assert accuracy([[-3, 0.1, 2, -0.5]], data, "mse", "signs") == 1.0
        assert accuracy([[-3, -0.1, 2, 0.5]], data, "mse", "signs") == 0.5

    def test_an_undecided_answer_is_not_right(self) -> None:
        assert accuracy([[0, 0, 0, 0]], (SQUARE, [-1, 1, 1, -1]), "mse", "signs") == 0.0

    def test_by_bits(self) -> None:
        assert accuracy([[-3, 0.1, 2, 0.5]], (SQUARE, [0, 1, 1, 0]), "bce", "bits") == 0.75

    def test_by_classes(self) -> None:
        outputs = [[3, 0, 0, 9], [1, 0.5, 2, 0], [0, 0.1, 4, 0]]

        assert accuracy(outputs, (SQUARE, [0, 1, 1, 2]), "softmax", "bits") == 0.5

    def test_numbers_are_never_right(self) -> None:
        assert accuracy([[1, 2, 3, 4.5]], (SQUARE, [1, 2, 3, 4.5]), "mse", "signs") is None

    def test_a_part_without_samples_has_none(self) -> None:
        samples = prepare_samples((SQUARE, [-1, 1, 1, -1]), 2, 1, "mse", "signs")

        assert samples.test.shape == (3, 0)
        assert samples.accuracy(np.zeros((1, 0)), samples.test) is None


# ---------------------------------------------------------------- what does not fit


@pytest.mark.parametrize(
    ("data", "sizes", "loss", "sentence"),
    [
        ((SQUARE, [1, 2, 3]), [1], "mse", r"\(samples, features\) and .*, but \(4, 2\) and \(3,\) were given"),
        (([1, 2, 3, 4], [1, 2, 3, 4]), [1], "mse", r"but \(4,\) and \(4,\) were given"),
        (([], []), [1], "mse", r"but \(0,\) and \(0,\) were given"),
        ((np.zeros((0, 2)), []), [1], "mse", "There is no sample to learn from"),
        ((np.zeros((4, 3)), [1, 2, 3, 4]), [1], "mse", "The data has 3 features, but the network takes 2 inputs"),
        ((SQUARE, [1, 2, 3, np.nan]), [1], "mse", "numbers that are not finite"),
        (([[np.inf, 0.0]], [1.0]), [1], "mse", "numbers that are not finite"),
        ((SQUARE, [1, 2, 3, 4]), [3], "mse", "The data has one target, but the network has 3 outputs"),
        ((SQUARE, [[1, 2]] * 4), [3], "mse", "The data has 2 targets, but the network has 3 outputs"),
        ((SQUARE, [-1, 1, 1, -1]), [1], "softmax", "softmax needs an output for each class, but the network has 1"),
        (Data([0, 1, 2, 0], 3), [1], "mse", "The data has 3 classes: the network needs 3 outputs, but has 1"),
        (Data([-1, 1, 1, -1], 2), [3], "mse", r"has 2 classes: the network needs 1 output \(or 2\), but has 3"),
        ((SQUARE, [1, 2, 3, 4], [5]), [1], "mse", "is a pair, inputs and targets, but 3 arrays were given"),
        ((SQUARE, ["a", "b", "c", "d"]), [1], "mse", "is made of numbers, in rows of equal length, but here: "),
        (([[1.0], [1.0, 2.0]], [1, 2]), [1], "mse", "in rows of equal length"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit(data: Any, sizes: list[int], loss: str, sentence: str) -> None:
    with pytest.raises(ShapeError, match=sentence):
        Trainer(MLP(2, sizes, seed=1), data, loss)


@pytest.mark.parametrize("loss", ["hinge", "bce"])
def test_a_loss_for_classes_refuses_numbers(loss: str) -> None:
    with pytest.raises(OptionError, match=f"{loss} is a loss for classes, but the targets are numbers; take mse"):
        Trainer(MLP(2, [1], seed=1), (SQUARE, [0.5, 1, 2, 3]), loss)


# ---------------------------------------------------------------- losses of one's own


def with_loss(loss: Callable[..., Any], outputs: int = 1) -> Trainer:
    targets = [[1.0, 2.0]] * 4 if outputs == 2 else [1.0, 2.0, 3.0, 4.0]
    return Trainer(MLP(2, [outputs], seed=1), (SQUARE, targets), loss, executor="numpy")


class TestALossOfOnesOwn:
    def test_it_is_a_function_on_values(self) -> None:
        def distance(output: Value, target: Value) -> Value:
            return abs(output - target)

        trainer = with_loss(distance)
        before = trainer.snapshot().train.loss
        trainer.run(epochs=100)

        assert trainer.loss == "distance"
        assert trainer.snapshot().train.loss < before
        assert trainer.template.loss.label == "loss"

    def test_several_outputs_come_as_lists(self) -> None:
        def total(outputs: list[Value], targets: list[Value]) -> Value:
            assert isinstance(outputs, list)
            return sum((o - t) ** 2 for o, t in zip(outputs, targets, strict=True))  # pyright: ignore[reportReturnType]

        trainer = with_loss(total, outputs=2)

        assert [leaf.label for leaf in trainer.template.targets] == ["target1", "target2"]

    def test_the_network_itself_may_be_the_loss(self) -> None:
        trainer = with_loss(lambda output, target: output)
        weight = trainer.net.parameters()[2]
        before = weight.data

        trainer.step()

        assert weight.data == pytest.approx(before - 0.03)

    def test_a_loss_over_a_loss_keeps_both_apart(self) -> None:
        from mgrad.engine.losses import mse

        trainer = with_loss(lambda output, target: 3.0 * mse(output, target))

        labels = [node.label for node in trainer.template.loss.nodes()]
        assert len(set(labels)) == len(labels)
        assert trainer.template.loss.find(trainer.template.loss.label) is trainer.template.loss

    def test_it_returns_a_node(self) -> None:
        with pytest.raises(ShapeError, match=r"A loss function returns one node, but 1\.0 was returned"):
            with_loss(lambda output, target: 1.0)

    def test_it_uses_every_output(self) -> None:
        with pytest.raises(ShapeError, match=r"The loss leaves out 'layer1\.neuron2'"):
            with_loss(lambda outputs, targets: (outputs[0] - targets[0]) ** 2, outputs=2)

    def test_it_gives_no_label_twice(self) -> None:
        with pytest.raises(LabelError, match="'x1'"):
            with_loss(lambda output, target: (output - target).labelled("x1") ** 2)
