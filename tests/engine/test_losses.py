"""Losses: their numbers, their gradients by central differences, and what keeps them finite."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine.errors import ShapeError
from mgrad.engine.graph import Value
from mgrad.engine.losses import LOSSES, Loss, bce, half_mse, hinge, mse, penalty, softmax

logits = st.floats(-20, 20)
bits = st.sampled_from([0.0, 1.0])
signs = st.sampled_from([-1.0, 1.0])


def values(numbers: list[float]) -> list[Value]:
    return [Value(number, f"output{i}") for i, number in enumerate(numbers, start=1)]


def slopes(loss: Callable[[list[Value]], Value], at: list[float], h: float = 1e-5) -> list[float]:
    def moved(i: int, by: float) -> float:
        return loss(values([number + by * (i == j) for j, number in enumerate(at)])).data

    return [(moved(i, h) - moved(i, -h)) / (2 * h) for i in range(len(at))]


def gradients(loss: Callable[[list[Value]], Value], at: list[float]) -> list[float]:
    outputs = values(at)
    (3 * loss(outputs)).backward()  # a gradient from above that is not 1
    return [output.grad / 3 for output in outputs]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


class TestNumbers:
    @given(st.lists(st.tuples(logits, logits), min_size=1, max_size=5))
    def test_mse_is_the_mean_of_squared_errors(self, pairs: list[tuple[float, float]]) -> None:
        outputs, targets = [o for o, _ in pairs], [t for _, t in pairs]

        expected = sum((o - t) ** 2 for o, t in pairs) / len(pairs)
        assert mse(values(outputs), targets).data == pytest.approx(expected, rel=1e-12)
        assert half_mse(values(outputs), targets).data == pytest.approx(expected / 2, rel=1e-12)

    @pytest.mark.parametrize(
        ("output", "target", "expected"), [(0.25, 1, 0.75), (0.25, -1, 1.25), (2.0, 1, 0.0), (-3.0, 1, 4.0), (1, 1, 0)]
    )
    def test_hinge_wants_a_margin_of_one(self, output: float, target: float, expected: float) -> None:
        assert hinge(Value(output), target).data == expected

    def test_hinge_takes_the_mean_over_outputs(self) -> None:
        assert hinge(values([0.5, -1.0]), [1.0, 1.0]).data == (0.5 + 2.0) / 2

    @given(logits, bits)
    def test_bce_is_minus_log_of_the_probability_of_the_target(self, output: float, target: float) -> None:
        probability = sigmoid(output) if target else sigmoid(-output)

        assert bce(Value(output), target).data == pytest.approx(-math.log(probability), abs=1e-12)

    @given(st.lists(logits, min_size=2, max_size=6), st.data())
    def test_softmax_is_minus_log_of_the_share_of_the_class(self, outputs: list[float], data: st.DataObject) -> None:
        winner = data.draw(st.integers(0, len(outputs) - 1))
        targets = [float(i == winner) for i in range(len(outputs))]

        share = math.exp(outputs[winner]) / sum(map(math.exp, outputs))
        assert softmax(values(outputs), targets).data == pytest.approx(-math.log(share), abs=1e-12)

    @given(logits, bits)
    def test_softmax_over_an_output_and_a_zero_is_bce(self, output: float, target: float) -> None:
        two = softmax([Value(output), Value(0.0)], [target, 1 - target])

        assert two.data == pytest.approx(bce(Value(output), target).data, abs=1e-12)

    @given(st.lists(logits, min_size=2, max_size=4), st.floats(-100, 100))
    def test_softmax_does_not_see_what_all_outputs_share(self, outputs: list[float], shift: float) -> None:
        targets = [1.0] + [0.0] * (len(outputs) - 1)

        shifted = softmax(values([output + shift for output in outputs]), targets)
        assert shifted.data == pytest.approx(softmax(values(outputs), targets).data, abs=1e-10)

    @given(st.floats(-5, 5), st.floats(0, 2), st.floats(0, 2))
    def test_penalty(self, weight: float, l1: float, l2: float) -> None:
        expected = l1 * abs(weight) + l2 * 0.5 * weight**2

        assert penalty(Value(weight), l1, l2).data == pytest.approx(expected, rel=1e-12)


class TestGradients:
    @pytest.mark.parametrize("loss", [mse, half_mse, bce])
    @given(st.lists(st.tuples(logits, bits), min_size=1, max_size=4))
    def test_smooth_losses(
        self, loss: Callable[[list[Value], list[float]], Value], pairs: list[tuple[float, float]]
    ) -> None:
        outputs, targets = [o for o, _ in pairs], [t for _, t in pairs]

        found = gradients(lambda nodes: loss(nodes, targets), outputs)
        assert found == pytest.approx(slopes(lambda nodes: loss(nodes, targets), outputs), rel=1e-5, abs=1e-6)

    @given(st.lists(logits, min_size=2, max_size=5), st.data())
    def test_softmax(self, outputs: list[float], data: st.DataObject) -> None:
        winner = data.draw(st.integers(0, len(outputs) - 1))
        targets = [float(i == winner) for i in range(len(outputs))]

        found = gradients(lambda nodes: softmax(nodes, targets), outputs)
        assert found == pytest.approx(slopes(lambda nodes: softmax(nodes, targets), outputs), rel=1e-5, abs=1e-6)

    def test_the_gradient_of_softmax_is_the_share_minus_the_target(self) -> None:
        outputs, targets = [1.0, 1.0, -2.0], [0.0, 1.0, 0.0]  # the two largest tie

        total = sum(map(math.exp, outputs))
        expected = [math.exp(o) / total - t for o, t in zip(outputs, targets, strict=True)]
        assert gradients(lambda nodes: softmax(nodes, targets), outputs) == pytest.approx(expected, abs=1e-12)

    @given(st.floats(-3, 3), signs)
    def test_hinge_pulls_only_inside_the_margin(self, output: float, target: float) -> None:
        expected = -target if target * output < 1 else 0.0

        assert gradients(lambda nodes: hinge(nodes, target), [output]) == [expected]

    def test_the_gradient_of_half_mse_is_the_plain_error(self) -> None:
        assert gradients(lambda nodes: half_mse(nodes, 0.5), [2.0]) == [1.5]

    @pytest.mark.parametrize("weight", [-2.0, 0.5])
    def test_penalty(self, weight: float) -> None:
        found = gradients(lambda nodes: penalty(nodes[0], 0.3, 0.1), [weight])

        assert found == pytest.approx([math.copysign(0.3, weight) + 0.1 * weight])

    def test_the_rates_of_a_penalty_may_be_leaves_that_change(self) -> None:
        l1, l2 = Value(0.0, "l1", learnable=False), Value(0.0, "l2", learnable=False)
        cost = penalty(Value(-2.0, "w"), l1, l2)

        l1.data, l2.data = 0.5, 0.1

        assert cost.data == 0.0
        assert cost.recalculate() == 0.5 * 2.0 + 0.1 * 2.0
        assert [parameter.label for parameter in cost.parameters()] == ["w"]


class TestHugeOutputs:
    @pytest.mark.parametrize("size", [800.0, 1e8, 1e300])
    @pytest.mark.parametrize("winner", [0, 1])
    def test_softmax_stays_finite(self, size: float, winner: int) -> None:
        outputs = values([size, -size, 0.0])
        loss = softmax(outputs, [float(winner == i) for i in range(3)])
        loss.backward()

        assert loss.data == [0.0, 2 * size][winner]
        assert all(math.isfinite(output.grad) for output in outputs)

    @pytest.mark.parametrize(("output", "target", "expected"), [(1e300, 0, 1e300), (-1e300, 1, 1e300), (1e300, 1, 0)])
    def test_bce_stays_finite(self, output: float, target: float, expected: float) -> None:
        node = Value(output)
        loss = bce(node, target)
        loss.backward()

        assert loss.data == expected
        assert math.isfinite(node.grad)


class TestNodes:
    def test_a_single_output_has_an_error_and_its_square(self) -> None:
        output, target = Value(0.8, "output"), Value(1.0, "target", learnable=False)

        loss = mse(output, target)

        assert loss.label == "loss"
        assert loss.operation is not None
        assert loss.operation.name == "pow"
        assert loss.operands[0].label == "error"
        assert loss["error"].operands == (output, target)

    def test_several_outputs_are_numbered(self) -> None:
        loss = mse(values([1.0, 2.0]), [0.0, 0.0])

        assert loss["error2"].data == 2.0
        assert loss["square2"].data == 4.0

    @pytest.mark.parametrize(
        ("name", "label"),
        [("hinge", "margin"), ("bce", "softplus"), ("half_mse", "square"), ("mse", "error")],
    )
    def test_inner_nodes_can_be_found(self, name: str, label: str) -> None:
        assert LOSSES[name].function(Value(0.5), 1.0).find(label) is not None

    def test_the_exponentials_of_softmax_can_be_found(self) -> None:
        loss = softmax(values([1.0, 2.0, 3.0]), [0.0, 1.0, 0.0])

        assert [loss[f"softmax.exp{i}"].data for i in (1, 2, 3)] == [math.exp(-2), math.exp(-1), 1.0]
        assert loss["softmax.largest3"].data == 3.0

    @pytest.mark.parametrize("name", LOSSES)
    def test_no_node_is_left_without_a_name(self, name: str) -> None:
        first, second = (LOSSES[name].function(values([0.5, -0.5]), [1.0, 0.0]) for _ in range(2))

        labels = [node.label for node in first.nodes() if node.operation]
        # Labels made up from a serial would differ.
        assert labels == [node.label for node in second.nodes() if node.operation]
        assert labels[-1] == "loss"

    def test_targets_may_be_nodes(self) -> None:
        target = Value(1.0, "target", learnable=False)

        assert bce(Value(0.0), target).data == bce(Value(0.0), 1.0).data


class TestTable:
    def test_rows_are_listed_under_their_own_names_with_a_caption(self) -> None:
        assert list(LOSSES) == ["mse", "half_mse", "hinge", "bce", "softmax"]
        assert all(loss.name == name and loss.caption for name, loss in LOSSES.items())

    @pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
    def test_a_right_and_confident_answer_costs_next_to_nothing(self, loss: Loss) -> None:
        targets = [1.0, -1.0] if loss.targets == "signs" else [1.0, 0.0]
        confident = 1.0 if "regression" in loss.problems else 40.0

        right = loss.function(values([confident, -confident]), targets)
        wrong = loss.function(values([-confident, confident]), targets)

        assert right.data == pytest.approx(0.0, abs=1e-12)
        assert wrong.data > 1.0

    def test_only_squares_suit_regression(self) -> None:
        assert [name for name, loss in LOSSES.items() if "regression" in loss.problems] == ["mse", "half_mse"]


class TestErrors:
    @pytest.mark.parametrize("name", LOSSES)
    def test_as_many_targets_as_outputs(self, name: str) -> None:
        with pytest.raises(ShapeError, match="2 outputs and 3 targets"):
            LOSSES[name].function(values([1.0, 2.0]), [0.0, 1.0, 0.0])

    def test_no_outputs(self) -> None:
        with pytest.raises(ShapeError, match="0 outputs and 0 targets"):
            mse([], [])

    def test_softmax_needs_two_outputs(self) -> None:
        with pytest.raises(ShapeError, match="bce suits a single output"):
            softmax(Value(1.0), 1.0)
