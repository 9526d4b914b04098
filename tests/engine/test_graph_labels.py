"""Labels of a graph: given ones are unique, generated ones give way, and everything is found by its label."""

from collections.abc import Callable

import pytest

from mgrad.engine import Value
from mgrad.engine.errors import LabelError, UnknownLabel


class TestLabels:
    def test_operations_take_a_label(self) -> None:
        x = Value(0.5)
        names = ["exp", "log", "tanh", "relu", "sigmoid", "sqrt", "sin", "cos", "abs", "softplus"]

        nodes = [getattr(x, name)(label=f"my {name}") for name in names]
        nodes += [getattr(x, name)(2.0, label=f"my {name}") for name in ("maximum", "minimum", "pow")]

        assert [node.label for node in nodes] == [f"my {name}" for name in (*names, "maximum", "minimum", "pow")]

    def test_without_one_the_operation_and_a_serial_are_the_label(self) -> None:
        node = Value(1.0) + Value(2.0)

        assert node.label.startswith("add")
        assert node.label.removeprefix("add").isdigit()
        assert node.find(node.label) is node

    @pytest.mark.parametrize("label", ["a~2", "~", "", " x", "x ", 3, None])
    def test_a_label_is_a_text_without_tilde_or_blank_ends(self, label: object) -> None:
        with pytest.raises(LabelError, match="A label is a text without ~"):
            Value(1.0).labelled(label)  # pyright: ignore[reportArgumentType]

    def test_two_equal_labels_are_refused_when_the_graph_is_first_indexed(self) -> None:
        loss = Value(1.0, "w") * Value(2.0, "w")

        loss.backward()  # neither operators nor backward look at labels
        loss.learn(0.1)
        loss.recalculate()

        looks: tuple[Callable[[], object], ...] = (lambda: loss.compile(), lambda: loss.find("x"), lambda: loss["w"])
        for look in looks:
            with pytest.raises(LabelError, match="Two nodes of this graph are labelled 'w'"):
                look()

    def test_a_label_that_is_given_between_two_compiles_is_seen(self) -> None:
        w = Value(1.0, "w")
        loss = w * w.tanh()
        loss.compile()

        loss.operands[1].labelled("w")

        for _ in range(2):
            with pytest.raises(LabelError, match="'w'"):
                loss.compile()
        w.labelled("v")
        assert loss.compile()["v"].data == 1.0

    def test_the_root_may_not_share_a_label_either(self) -> None:
        with pytest.raises(LabelError, match="'w'"):
            (Value(1.0, "w") * 2.0).labelled("w").find("w")

    def test_generated_repeats_are_numbered_in_topological_order(self) -> None:
        x = Value(1.0, "x")
        first, second, third = ((x * number).named("product") for number in (2.0, 3.0, 4.0))
        loss = third + (first + second)  # the order of making counts, not that of use

        loss.find("")

        assert [node.label for node in (first, second, third)] == ["product", "product~2", "product~3"]
        assert loss["product~3"] is third

    def test_a_generated_label_gives_way_to_a_given_one(self) -> None:
        generated = Value(1.0).named("out")
        given_later = (generated * 2.0).labelled("out")
        loss = given_later + 1.0

        assert loss["out"] is given_later
        assert loss["out~2"] is generated

    def test_named_does_not_touch_a_given_label(self) -> None:
        assert Value(1.0, "mine").named("theirs").label == "mine"

    def test_a_label_given_after_the_first_look_is_found(self) -> None:
        inner = Value(1.0, "x") * 2.0
        loss = inner + 1.0
        old = inner.label
        assert loss.find(old) is inner

        inner.labelled("twice")
        loss.labelled("loss")

        assert loss.find("twice") is inner
        assert loss.find(old) is None
        assert loss.find("loss") is loss

    def test_two_graphs_over_the_same_nodes_find_their_own(self) -> None:
        x = Value(2.0, "x")
        inner = (x * 2.0).named("node")
        other = (x * 3.0).named("node")

        both, one = inner + other, other * 1.0

        assert both.find("node~2") is other
        assert one.find(other.label) is other
        assert both.find("node") is inner

    def test_find_gives_none_and_brackets_name_the_nearest(self) -> None:
        loss = Value(1.0, "weight1") * Value(2.0, "weight2")

        assert loss.find("weight") is None
        with pytest.raises(UnknownLabel) as caught:
            loss["weigth1"]

        assert caught.value.near[0] == "weight1"
        assert str(caught.value) == "No node is labelled 'weigth1'. Nearest: weight1, weight2."
        assert isinstance(caught.value, KeyError)

    def test_the_root_is_found_in_itself(self) -> None:
        leaf = Value(1.0, "x")

        assert leaf["x"] is leaf
        assert leaf.nodes() == [leaf]


class TestPrinting:
    def test_repr_tells_number_label_gradient_and_making(self) -> None:
        x, w = Value(2.0, "x"), Value(-3.0, "w")
        loss = (x * w).labelled("loss")
        loss.backward()

        assert repr(x) == "Value(2, 'x', grad=-3)"
        assert repr(loss) == "Value(-6, 'loss', grad=1) = x × w"

    def test_a_formula_shows_constants_as_numbers(self) -> None:
        x = Value(2.0, "x")

        assert (x * 0.5).formula() == "x × 0.5"
        assert x.maximum(1.0).formula() == "max(x, 1)"
        assert (-x).formula() == "−x"
        assert x.formula() == "x"
