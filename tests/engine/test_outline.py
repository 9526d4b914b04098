"""The outline: what rows a graph has, where each node stands, and the account of a gradient."""

import math
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine.errors import LabelError, UnknownLabel
from mgrad.engine.graph import Constant, Value
from mgrad.engine.losses import mse
from mgrad.engine.network import MLP
from mgrad.engine.outline import Outline, Row
from mgrad.engine.parsing import parse


def network_loss(sizes: list[int], inputs: int = 2, activation: str = "tanh", output: str = "tanh") -> Value:
    net = MLP(inputs, sizes, activation=activation, output=output, seed=7)
    columns = [Value(0.5 * i, f"x{i}", learnable=False) for i in range(1, inputs + 1)]
    return mse(net(columns), Value(1.0, "target", learnable=False))


def shown(rows: tuple[Row, ...]) -> list[str]:
    return [f"{'↺ ' if row.reference else ''}{row.captions[-1]} {row.operation}".strip() for row in rows]


def all_rows(outline: Outline, below: Callable[[Row], tuple[Row, ...]]) -> list[Row]:
    """Every row in the order of reading."""
    found: list[Row] = []
    waiting = [outline.top]
    while waiting:
        row = waiting.pop()
        found.append(row)
        waiting.extend(reversed(below(row)))
    return found


# ---------------------------------------------------------------------- a network, as in the picture
def test_a_network_reads_from_the_loss_down_to_a_weight() -> None:
    outline = Outline(network_loss([8, 8, 1]))

    top = outline.top
    (error,) = outline.children(top)
    output, target = outline.children(error)
    (pre,) = outline.children(output)
    terms = outline.children(pre)
    weight, neuron = outline.children(terms[2])
    (hidden,) = outline.children(neuron)

    assert shown((top, error, output, target)) == ["loss ²", "error −", "neuron1 tanh", "target"]
    assert shown((pre,)) == ["pre Σ 9"]
    assert [row.captions[1] for row in terms[:8]] == [f"w{i} × neuron{i}" for i in range(1, 9)]
    assert terms[8].captions == ("layer3.neuron1.b", "neuron1.b", "b")
    assert (weight.label, neuron.label) == ("layer3.neuron1.w3", "layer2.neuron3")
    assert terms[2].captions == ("w3 × layer2.neuron3", "w3 × neuron3", "× neuron3")
    assert shown((neuron, hidden)) == ["neuron3 tanh", "pre Σ 9"]


def test_a_row_says_its_kind_and_whether_it_opens() -> None:
    outline = Outline(
        parse("w*x1 + 2*bias + target1 - size", w=1, x1=2, bias=3, target1=4, size=5, learnable=["w", "bias"])
    )

    kinds = {row.label: (row.kind, row.opens) for row in all_rows(outline, outline.children)}

    assert kinds == {
        "sub1": ("node", True),
        "add2": ("node", True),
        "mul1": ("node", True),
        "w": ("parameter", False),
        "x1": ("input", False),
        "mul2": ("node", True),
        "constant1": ("constant", False),
        "bias": ("parameter", False),
        "target1": ("target", False),
        "size": ("leaf", False),
    }


def test_a_constant_reads_as_its_number() -> None:
    outline = Outline(parse("exp(w) / -0.5", w=1.0))

    assert shown(outline.children(outline.top)) == ["exp1 exp", "−0.5"]


@pytest.mark.parametrize(
    ("text", "sign"), [("w**2", "²"), ("w**-1", "⁻¹"), ("w**10", "¹⁰"), ("w**0.5", "** 0.5"), ("w**b", "**")]
)
def test_a_written_exponent_stands_in_the_sign_of_its_power(text: str, sign: str) -> None:
    power = parse(text, learnable=None, **({"w": 2.0, "b": 3.0} if "b" in text else {"w": 2.0}))
    outline = Outline(power)

    assert outline.top.operation.strip() == sign
    assert [row.label for row in outline.children(outline.top)] == (["w", "b"] if "b" in text else ["w"])
    assert [row.node for row in outline.unfolded(outline.top)] == list(power.operands)


# ---------------------------------------------------------------------- sums
def test_a_chain_of_plus_is_one_row_of_its_terms() -> None:
    outline = Outline(parse("a*b + (c + tanh(d)) + e**2 + 3", a=1, b=2, c=3, d=4, e=5))

    assert outline.top.operation == "Σ 5"
    assert shown(outline.children(outline.top)) == ["× b", "c", "tanh1 tanh", "e²", "3"]


def test_two_terms_are_a_plain_plus() -> None:
    outline = Outline(parse("a + b", a=1, b=2))

    assert (outline.top.operation, outline.top.folded) == ("+", False)


def test_the_bias_that_leads_a_sum_is_read_last() -> None:
    outline = Outline(parse("b + w1*x1 + w2*x2", b=0, w1=1, x1=2, w2=3, x2=4))

    assert shown(outline.children(outline.top)) == ["× x1", "× x2", "b"]


def test_leaves_alone_keep_their_order() -> None:
    outline = Outline(parse("c + b + a", a=1, b=2, c=3))

    assert shown(outline.children(outline.top)) == ["c", "b", "a"]


def test_a_partial_sum_that_is_used_twice_or_was_labelled_keeps_its_row() -> None:
    a, b, c = (Value(1.0, label) for label in "abc")
    shared = (a + b).named("shared")
    given_label = (a + b).labelled("given")

    twice, labelled = Outline(shared + c + shared), Outline(given_label + c)

    assert shown(twice.children(twice.top)) == ["shared +", "c", "↺ shared +"]
    assert shown(labelled.children(labelled.top)) == ["given +", "c"]


def test_the_sum_of_another_neuron_keeps_its_row() -> None:
    net = MLP(2, [2], output="linear", seed=7)
    first, second = net([1.0, 2.0])  # pyright: ignore[reportGeneralTypeIssues]
    outline = Outline(first + second)

    assert shown(outline.children(outline.top)) == ["neuron1 Σ 3", "neuron2 Σ 3"]


def test_a_fold_opens_into_partial_sums() -> None:
    outline = Outline(parse("a*x1 + b*x2 + c*x3", a=1, x1=2, b=3, x2=4, c=5, x3=6))

    partial, last = outline.unfolded(outline.top)
    first, second = outline.unfolded(partial)

    assert outline.top.folded
    assert [row.label for row in (partial, last, first, second)] == ["add1", "mul3", "mul1", "mul2"]
    assert (partial.operation, partial.opens, partial.reference) == ("+", True, False)
    assert first.captions == ("a × x1", "× x1")


def test_a_product_used_twice_is_no_formula() -> None:
    product = (Value(2.0, "a") * Value(3.0, "b")).named("product")
    outline = Outline(product + product.tanh())

    first, _ = outline.children(outline.top)

    assert (first.captions, first.operation) == (("product",), "×")


# ---------------------------------------------------------------------- shared nodes
def test_a_shared_node_stands_once_and_is_referred_to_afterwards() -> None:
    outline = Outline(parse("tanh(w) * w + exp(tanh(v))", w=1, v=2))
    product, exponential = outline.children(outline.top)
    hyperbolic, reference = outline.children(product)

    assert outline.children(hyperbolic)[0].reference is False
    assert (reference.label, reference.reference, reference.opens) == ("w", True, False)
    assert outline.children(reference) == outline.unfolded(reference) == ()
    assert [row.label for row in outline.home(reference)] == ["add1", "mul1", "tanh1", "w"]
    assert exponential.opens


def test_both_operands_may_be_one_node() -> None:
    outline = Outline(parse("w * w", w=3))

    assert shown(outline.children(outline.top)) == ["w", "↺ w"]


def test_repeated_labels_are_told_apart() -> None:
    net = MLP(1, [1], output="tanh", seed=7)
    first, second = net([1.0]), net([2.0])
    assert isinstance(first, Value)
    assert isinstance(second, Value)
    outline = Outline(first + second)

    assert [row.label for row in outline.children(outline.top)] == ["layer1.neuron1", "layer1.neuron1~2"]


def test_a_label_that_was_given_twice_is_refused() -> None:
    with pytest.raises(LabelError, match="'w'"):
        Outline(Value(1.0, "w") * Value(2.0, "w"))


# ---------------------------------------------------------------------- paths
def test_the_path_to_a_weight_goes_through_every_row_above_it() -> None:
    outline = Outline(network_loss([8, 8, 1]))

    path = outline.path_to("layer2.neuron3.w5")

    captions = ["loss", "error", "neuron1", "pre", "× neuron3", "neuron3", "pre", "× neuron5", "w5"]
    assert [row.captions[-1] for row in path] == captions


def test_the_path_to_a_partial_sum_ends_at_the_sum_that_it_is_folded_into() -> None:
    outline = Outline(network_loss([8, 8, 1]))

    assert outline.path_to("layer2.neuron3.sum4")[-1].label == "layer2.neuron3.pre"
    assert outline.path_to("layer2.neuron3.sum4") == outline.path_to("layer2.neuron3.pre")


def test_the_path_to_the_root_is_the_root() -> None:
    outline = Outline(parse("exp(w)", w=1))

    assert outline.path_to("exp1") == outline.path_to(outline.root) == (outline.top,)


def test_an_unknown_label_or_node_is_named_with_its_nearest() -> None:
    outline = Outline(parse("w1 * x1", w1=1, x1=2))

    with pytest.raises(UnknownLabel, match=r"No node is labelled 'w2'. Nearest: w1"):
        outline.path_to("w2")
    with pytest.raises(UnknownLabel, match="Nearest: w1"):
        outline.path_to(Value(1.0, "w3"))
    with pytest.raises(UnknownLabel, match="Nearest: w1"):
        outline.account(Value(1.0, "w3"))


# ---------------------------------------------------------------------- size
def test_only_what_is_asked_for_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Value] = []
    make = Outline._row
    monkeypatch.setattr(Outline, "_row", lambda outline, node, use: made.append(node) or make(outline, node, use))
    outline = Outline(network_loss([60, 60, 1]))

    (error,) = outline.children(outline.top)
    outline.children(error)

    assert len(made) == 4


@pytest.mark.parametrize("step", [Value.tanh, lambda node: node + 1.0, lambda node: node * node])
def test_a_long_chain_needs_no_recursion(step: Callable[[Value], Value]) -> None:
    leaf = Value(0.5, "w")
    node = leaf
    for _ in range(20_000):
        node = step(node)
    node.backward()
    outline = Outline(node)

    assert outline.path_to("w")[-1].node is leaf
    assert outline.account("w").gradient == leaf.grad


# ---------------------------------------------------------------------- accounts
def test_a_weight_has_one_line_whose_consumer_is_the_sum() -> None:
    loss = network_loss([8, 8, 1])
    loss.backward()

    account = Outline(loss).account("layer2.neuron3.w5")

    (line,) = account.lines
    assert line.label == "layer2.neuron3.pre"
    assert line.through.label == "layer2.neuron3.product5"
    assert line.captions == ("w5 × layer1.neuron5", "w5 × neuron5", "× neuron5")
    assert line.upstream == loss["layer2.neuron3.pre"].grad
    assert line.local == loss["layer1.neuron5"].data
    assert line.part == account.gradient == loss["layer2.neuron3.w5"].grad


def test_a_neuron_has_a_line_for_each_neuron_that_uses_it() -> None:
    loss = network_loss([8, 8, 1])
    loss.backward()

    account = Outline(loss).account("layer1.neuron5")

    assert [line.label for line in account.lines] == [f"layer2.neuron{i}.pre" for i in range(1, 9)]
    assert [line.captions[1] for line in account.lines] == [f"neuron{i}.w5 × neuron5" for i in range(1, 9)]
    assert [line.captions[-1] for line in account.lines] == [f"neuron{i}.w5" for i in range(1, 9)]
    assert [line.local for line in account.lines] == [loss[f"layer2.neuron{i}.w5"].data for i in range(1, 9)]
    assert account.total == pytest.approx(account.gradient, rel=1e-12)


def test_each_use_has_a_line() -> None:
    square = parse("3 * (w * w)", w=5.0)
    square.backward()

    account = Outline(square).account("w")

    assert [(line.label, line.upstream, line.local, line.part) for line in account.lines] == [
        ("mul1", 3.0, 5.0, 15.0)
    ] * 2
    assert (account.total, account.gradient, account.rounding) == (30.0, 30.0, 0.0)


def test_terms_and_partial_sums_belong_to_the_folded_sum() -> None:
    total = parse("3 * (w + x1*w + w**2 + 1)", w=5.0, x1=2.0)
    total.backward()
    outline = Outline(total)

    lines = outline.account("w").lines
    assert [(line.label, line.captions[-1], line.upstream, line.local) for line in lines] == [
        ("add3", "x1", 3.0, 2.0),
        ("add3", "add3", 3.0, 1.0),
        ("add3", "w²", 3.0, 10.0),
    ]
    for label in ("add1", "add2", "mul1", "pow1"):
        (line,) = outline.account(label).lines
        assert (line.label, line.part) == ("add3", 3.0)


def test_the_root_and_constants_have_no_lines() -> None:
    root = parse("3 * w", w=5.0)
    root.backward()
    outline = Outline(root)

    assert (outline.account("mul1").lines, outline.account("mul1").gradient) == ((), 1.0)
    assert (outline.account("constant1").lines, outline.account("constant1").gradient) == ((), 0.0)


def test_numbers_may_come_from_elsewhere() -> None:
    root = parse("3 * exp(w)", w=0.0)

    class Doubled:
        def value(self, node: Value, /) -> float:
            return {"w": 2.0, "exp1": 7.0}.get(node.label, 3.0)

        def gradient(self, node: Value, /) -> float:
            return {"w": 42.5, "exp1": 6.0}[node.label]

    account = Outline(root).account("w", Doubled())

    (line,) = account.lines
    assert (line.upstream, line.local, line.part) == (6.0, 7.0, 42.0)
    assert (account.gradient, account.rounding) == (42.5, 0.5)


def test_of_a_fold_only_the_gradient_of_the_sum_is_read() -> None:
    class OnlyShown:
        def value(self, node: Value, /) -> float:
            return node.data

        def gradient(self, node: Value, /) -> float:
            return {"w": 12.0, "add2": 3.0}[node.label]

    account = Outline(parse("3 * (w*x1 + x2*w + 1)", w=5.0, x1=2.5, x2=1.5)).account("w", OnlyShown())

    assert [line.part for line in account.lines] == [7.5, 4.5]


def test_an_account_with_inf_or_nan_has_no_rounding() -> None:
    root = parse("log(w) - log(w)", w=0.0)
    root.backward()

    account = Outline(root).account("w")

    assert [line.part for line in account.lines] == [math.inf, -math.inf]
    assert math.isnan(account.total)
    assert account.rounding == 0.0


# ---------------------------------------------------------------------- laws
def some_graph(seed: int) -> Value:
    randomness = random.Random(seed)
    nodes: list[Value] = [Value(randomness.uniform(-2, 2), label) for label in ("w1", "w2", "b")]
    nodes.append(Value(0.5, "x1", learnable=False))
    for _ in range(randomness.randint(1, 40)):
        a, b = randomness.choice(nodes), randomness.choice(nodes)
        choices = [a + b, a + b, a + b, a * b, a - b, a**2, a.tanh(), -a, a + 2.0, a.maximum(b)]
        nodes.append(randomness.choice(choices).tanh() if randomness.random() < 0.1 else randomness.choice(choices))
    root = nodes[-1]
    for node in nodes[4::5]:
        if node is not root and node.operands and randomness.random() < 0.3:
            node.labelled(f"given{node.label}")
    root.backward()
    return root


graphs = st.integers(0, 10**9).map(some_graph)


@given(graphs)
def test_each_node_has_one_row_or_is_folded_into_one(root: Value) -> None:
    outline = Outline(root)

    homes = [row.node for row in all_rows(outline, outline.children) if not row.reference]

    assert len(set(homes)) == len(homes)
    for node in set(root.nodes()) - set(homes):
        assert outline.path_to(node)[-1].folded


@given(graphs)
def test_unfolded_the_outline_is_the_graph(root: Value) -> None:
    outline = Outline(root)

    rows = all_rows(outline, outline.unfolded)

    assert {row.node for row in rows} == set(root.nodes())
    assert sum(not row.reference for row in rows if not isinstance(row.node, Constant)) == sum(
        not isinstance(node, Constant) for node in root.nodes()
    )
    assert sum(len(outline.unfolded(row)) for row in rows) == sum(len(node.operands) for node in root.nodes())


@given(graphs)
def test_a_reference_comes_after_the_row_it_refers_to(root: Value) -> None:
    outline = Outline(root)
    seen: set[Value] = set()

    for row in all_rows(outline, outline.children):
        assert row.reference == (row.node in seen)
        seen.add(row.node)


@given(graphs)
def test_every_label_has_a_path_of_rows_below_each_other(root: Value) -> None:
    outline = Outline(root)

    for label in [node.label for node in root.nodes()]:
        path = outline.path_to(label)

        assert path[0] == outline.top
        for above, below in pairwise(path):
            assert below in outline.children(above)
        assert path[-1].label == label or path[-1].folded
        assert not path[-1].reference


@given(graphs)
def test_parts_and_rounding_add_up_to_the_gradient(root: Value) -> None:
    outline = Outline(root)

    for node in root.nodes()[:-1]:
        account = outline.account(node)
        parts = [line.part for line in account.lines]

        assert len(parts) == (
            0 if isinstance(node, Constant) else sum(o is node for n in root.nodes() for o in n.operands)
        )
        if math.isfinite(account.total) and math.isfinite(node.grad):
            assert math.fsum([*parts, account.rounding]) == account.gradient == node.grad
            assert abs(account.rounding) <= 1e-12 * math.fsum(map(abs, parts))
