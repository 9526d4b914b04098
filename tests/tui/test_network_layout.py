"""Where a network's neurons, heads and spots lie: laws for any network and any panel."""

from functools import cache
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from mgrad.tui.network_layout import HEAD, LEAST_STEP, MAP, MOST_INPUTS, Layout, lay_out
from mgrad.tui.settings import Settings, build, complete, load_data
from mgrad.tui.work import Run


@cache
def run_of(settings: Settings) -> Run:
    dataset = load_data(settings)
    return Run(settings, complete(settings, dataset), dataset, build(settings, dataset, executor="numpy"))


PLANE = Settings(layers=(8, 8))
NETWORKS = (
    PLANE,
    Settings(layers=()),
    Settings(layers=(64, 2, 1)),
    Settings(layers=(1,) * 8, features=("x1", "sin x2")),
    Settings(data="iris", layers=(5,)),
    Settings(data="digits", layers=(12,)),
    Settings(data="plane", layers=(3,)),
)
networks = st.sampled_from(NETWORKS).map(run_of)
sizes = st.tuples(st.integers(1, 200), st.integers(1, 70))


def cells_of(layout: Layout) -> list[Region]:
    return [cell.region for column in layout.columns for cell in column.cells]


@given(networks, sizes)
def test_maps_lie_apart_and_inside(run: Run, size: tuple[int, int]) -> None:
    layout = lay_out(run, *size)

    regions = cells_of(layout)
    assert all(not a.overlaps(b) for a, b in combinations(regions, 2))
    assert all(region.x >= 2 and region.right < layout.width for region in regions)
    assert all(region.y >= 1 and region.bottom + HEAD < layout.height for region in regions)
    assert layout.step >= LEAST_STEP


@given(networks, sizes)
def test_it_fills_a_panel_that_is_large_enough_and_else_scrolls(run: Run, size: tuple[int, int]) -> None:
    layout = lay_out(run, *size)

    width, height = size
    across = layout.width > width - (layout.height > height)  # a scrollbar takes a row or a column itself
    down = layout.height > height - across
    assert down or layout.height == height - across
    assert across or layout.width == width - down


@given(networks)
def test_every_node_of_the_network_is_found_where_its_neuron_is(run: Run) -> None:
    layout = lay_out(run, 78, 35)

    for i, layer in enumerate(run.trainer.net.layers, 1):
        for k, neuron in enumerate(layer.neurons):
            for label in (neuron.label, f"{neuron.label}.pre", f"{neuron.label}.sum1", neuron.bias.label):
                assert layout.find(label) == (i, k)
    for node in run.trainer.template.features:
        place = layout.find(node.label)
        assert place
        assert place[0] == 0
    assert layout.find("loss") is None


@given(networks, sizes)
def test_spots_do_not_lie_over_each_other(run: Run, size: tuple[int, int]) -> None:
    layout = lay_out(run, *size)

    for spots in (layout.spots, layout.heads):
        for spot in spots:
            x, y = spot.region.offset
            found = layout.spot_at(x, y) if spots is layout.spots else layout.head_at(x, y)
            assert found == spot


def test_the_house_size_holds_two_layers_of_eight_without_scrolling() -> None:
    layout = lay_out(run_of(PLANE), 78, 35)

    assert (layout.width, layout.height) == (78, 35)
    assert [len(column.cells) for column in layout.columns] == [7, 8, 8, 1]


@pytest.mark.parametrize(("size", "expected"), [((134, 55), (11, 5)), ((100, 45), (9, 4)), ((78, 35), (7, 3))])
def test_maps_of_neurons_grow_where_all_have_room(size: tuple[int, int], expected: tuple[int, int]) -> None:
    layout = lay_out(run_of(PLANE), *size)

    assert {cell.size for column in layout.columns[:-1] for cell in column.cells} == {expected}
    assert (layout.width, layout.height) == size


def test_off_features_stand_among_the_inputs() -> None:
    inputs = lay_out(run_of(NETWORKS[3]), 78, 35).columns[0]

    assert [cell.label for cell in inputs.cells if cell.on] == ["x1", "sin x2"]
    assert len(inputs.cells) == 7


def test_captions_are_what_people_call_columns_and_classes() -> None:
    layout = lay_out(run_of(NETWORKS[4]), 78, 35)

    assert layout.columns[0].cells[2].caption == "petal length (cm)"
    assert [cell.caption for cell in layout.columns[-1].cells] == ["setosa", "versicolor", "virginica"]


def test_many_inputs_are_one_block_as_square_as_their_picture() -> None:
    run = run_of(NETWORKS[5])
    (block,) = lay_out(run, 78, 35).columns[0].cells

    assert run.trainer.net.inputs > MOST_INPUTS
    assert block.size == (8, 4)


@pytest.mark.parametrize("place", [0, 1])
def test_heads_of_hidden_layers_can_be_changed(place: int) -> None:
    layout = lay_out(run_of(PLANE), 78, 35)
    kinds = {spot.kind for spot in layout.heads if spot.name == f"layer{place + 1}"}

    assert kinds == {"less", "more", "list"}
    assert {spot.kind for spot in layout.heads if spot.name == "output"} == {"list"}
    assert MAP == (7, 3)
