"""Links of the network: laws of the braille curves, and which links are drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from mgrad.engine import MLP
from mgrad.tui.links import BITS, HIDDEN, NOBODY, Link, draw
from mgrad.tui.network_layout import MAP, Cell, Column, Layout
from mgrad.tui.network_links import FAR, MOST_LINKS, choose_links, chosen_links, split_parameters

WIDTH, HEIGHT = 40, 20
cells = st.tuples(st.integers(0, WIDTH // 2 - 1), st.integers(-30, HEIGHT + 30))
ends = st.tuples(st.integers(WIDTH // 2, WIDTH - 1), st.integers(-30, HEIGHT + 30))
some_links = st.lists(st.builds(Link, cells, ends, st.floats(-1, 1), st.booleans(), st.booleans()), max_size=12)


# ---------------------------------------------------------------- curves
@given(some_links)
def test_a_cell_with_dots_has_one_owner_and_no_other_cell_has(links: list[Link]) -> None:
    bits, owners = draw(links, WIDTH, HEIGHT)

    assert bits.shape == owners.shape == (HEIGHT, WIDTH)
    assert ((bits != 0) == (owners != NOBODY)).all()
    assert bits.min() >= 0
    assert bits.max() <= sum(map(sum, BITS))
    assert set(np.unique(owners)) <= {NOBODY, *range(len(links))}


@given(st.floats(0.1, 0.5), st.floats(0.6, 1.0))
def test_a_strong_link_cuts_through_a_weak_one(weak: float, strong: float) -> None:
    links = [Link((0, 0), (39, 19), weak), Link((0, 19), (39, 0), -strong)]

    _, owners = draw(links, WIDTH, HEIGHT)
    _, alone = draw(links[1:], WIDTH, HEIGHT)

    assert ((owners == 1) == (alone == 0)).all()


def test_a_chosen_link_lies_on_top_however_weak_it_is() -> None:
    links = [Link((0, 0), (39, 19), 1.0), Link((0, 19), (39, 0), 0.0, chosen=True)]

    _, owners = draw(links, WIDTH, HEIGHT)
    _, alone = draw(links[1:], WIDTH, HEIGHT)

    assert ((owners == 1) == (alone == 0)).all()


def test_the_weakest_are_hidden() -> None:
    assert not draw([Link((0, 5), (39, 5), HIDDEN / 2)], WIDTH, HEIGHT)[0].any()
    assert draw([Link((0, 5), (39, 5), HIDDEN)], WIDTH, HEIGHT)[0].any()


@given(st.integers(0, HEIGHT - 1), st.integers(0, HEIGHT - 1))
def test_a_link_reaches_from_cell_to_cell_without_a_gap(first: int, last: int) -> None:
    bits, _ = draw([Link((0, first), (WIDTH - 1, last), 0.2)], WIDTH, HEIGHT)

    assert bits[first, 0]
    assert bits[last, WIDTH - 1]
    assert bits.any(axis=0).all()


@pytest.mark.parametrize(("strength", "dots"), [(0.1, 1), (-0.5, 2), (0.9, 3)])
def test_a_link_is_as_thick_as_its_weight_is_large(strength: float, dots: int) -> None:
    bits, _ = draw([Link((0, 2), (9, 2), strength)], 10, 5)

    assert bin(int(bits[2, 5])).count("1") == 2 * dots


def test_a_dashed_link_has_gaps() -> None:
    dashed, _ = draw([Link((0, 5), (39, 5), -0.3, dashed=True)], WIDTH, HEIGHT)

    assert 0.3 < (dashed[5] != 0).mean() < 0.8


def test_no_links_and_no_room_are_fine() -> None:
    assert not draw([], 3, 2)[0].any()
    assert draw([Link((0, 0), (5, 5), 1.0)], 0, 0)[0].shape == (0, 0)


# ---------------------------------------------------------------- which ones
def column(name: str, labels: list[str], x: int) -> Column:
    return Column(name, tuple(Cell(label, "", "", x, 1 + 4 * i, MAP) for i, label in enumerate(labels)), x)


def two_columns(inputs: int, neurons: int) -> tuple[Layout, list[str]]:
    fed = [f"x{i + 1}" for i in range(inputs)]
    names = [f"layer1.neuron{i + 1}" for i in range(neurons)]
    return Layout((column("inputs", fed, 2), column("output", names, 40)), 60, 40, 38), fed


WINDOW = Region(0, 0, 60, 20)


def test_parameters_are_split_into_weights_and_biases_by_their_labels() -> None:
    net = MLP(3, [4, 2], seed=1)
    numbers = np.array([node.data for node in net.parameters()])

    (first, biases), (second, _) = split_parameters(net, numbers)

    assert first[2, 1] == net.layers[0].neurons[2].weights[1].data
    assert biases[3] == net.layers[0].neurons[3].bias.data
    assert second.shape == (2, 4)


def test_a_link_carries_the_label_of_its_weight() -> None:
    layout, fed = two_columns(2, 3)
    table = np.array([[0.9, 0.1], [0.2, -0.8], [0.3, 0.4]])

    found = {tie.label: tie.link for tie in choose_links(layout, fed, [table], "", WINDOW)}

    assert set(found) == {f"layer1.neuron{k}.w{j}" for k in (1, 2, 3) for j in (1, 2)}
    assert found["layer1.neuron2.w2"].strength == pytest.approx(-0.8 / 0.9)


def test_inputs_that_are_off_have_no_links() -> None:
    layout, _ = two_columns(3, 1)

    found = choose_links(layout, ["x3", "x1"], [np.array([[0.5, -1.0]])], "", WINDOW)

    starts = {tie.label: tie.link.start[1] for tie in found}
    assert starts == {"layer1.neuron1.w1": 10, "layer1.neuron1.w2": 2}


@pytest.mark.parametrize(
    ("label", "links"),
    [
        ("layer1.neuron2", {(1, 0), (1, 1)}),
        ("layer1.neuron2.pre", {(1, 0), (1, 1)}),
        ("layer1.neuron2.b", {(1, 0), (1, 1)}),
        ("layer1.neuron2.w2", {(1, 1)}),
        ("layer1.neuron2.product2", {(1, 1)}),
        ("x1", {(0, 0), (1, 0), (2, 0)}),
        ("loss", set()),
        ("layer7.neuron1.w9", set()),
    ],
)
def test_what_is_chosen_has_its_links_chosen(label: str, links: set[tuple[int, int]]) -> None:
    flags = chosen_links(label, ["x1", "x2"], [f"layer1.neuron{i}" for i in (1, 2, 3)])

    assert set(zip(*(axis.tolist() for axis in flags.nonzero()), strict=True)) == links


def test_a_large_layer_draws_its_strongest_links_only() -> None:
    layout, fed = two_columns(5, 500)
    table = np.random.default_rng(0).normal(size=(500, 5))

    found = choose_links(layout, fed, [table], "", Region(0, 0, 60, 4000))

    assert len(found) <= MOST_LINKS
    assert min(abs(tie.link.strength) for tie in found) > 0.2


def test_a_weak_link_that_leaves_the_window_is_left_out() -> None:
    layout, fed = two_columns(1, 9)
    table = np.full((9, 1), FAR / 2)
    table[0] = 1.0

    found = [tie.label for tie in choose_links(layout, fed, [table], "", WINDOW)]

    assert found == [f"layer1.neuron{k}.w1" for k in (1, 2, 3, 4, 5)]


def test_many_inputs_are_one_bundle_until_one_is_chosen() -> None:
    names = tuple(f"x{i + 1}" for i in range(40))
    block = Column("inputs", (Cell("inputs", "", "40 inputs", 2, 1),), 2, folded=names)
    layout = Layout((block, column("output", ["layer1.neuron1", "layer1.neuron2"], 40)), 60, 40, 38)
    table = np.random.default_rng(0).normal(size=(2, 40))

    bundle = choose_links(layout, list(names), [table], "", WINDOW)
    one = choose_links(layout, list(names), [table], "x7", WINDOW)

    assert [tie.label for tie in bundle] == ["", ""]
    assert {tie.label for tie in one} == {"layer1.neuron1.w7", "layer1.neuron2.w7"}
    assert all(tie.link.chosen for tie in one)


def test_weights_that_are_not_finite_do_not_stop_the_picture() -> None:
    layout, fed = two_columns(2, 2)
    table = np.array([[np.nan, np.inf], [1.0, -np.inf]])

    found = choose_links(layout, fed, [table], "layer1.neuron1", WINDOW)

    assert all(-1.0 <= tie.link.strength <= 1.0 for tie in found)
