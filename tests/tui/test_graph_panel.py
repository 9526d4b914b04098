"""The graph panel: rows that can be read however deep, and a cursor that is where everybody looks."""

import asyncio
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer
from mgrad.engine.errors import NotFiniteError
from mgrad.tui import formats
from mgrad.tui.outlines import outline_of
from mgrad.tui.sight import Look
from mgrad.tui.widgets.asks import PickSample
from mgrad.tui.widgets.graph_panel import GraphPanel
from mgrad.tui.widgets.graph_tree import GraphTree
from tests.tui.panel_app import PanelApp, lines_of, trained

RUN, MOMENTS = trained()
DEEP_RUN, DEEP_MOMENTS = trained((3,) * 8, 2)
SIZE = (46, 24)


def app_of(label: str = "", deep: bool = False) -> PanelApp:
    run, moments = (DEEP_RUN, DEEP_MOMENTS) if deep else (RUN, MOMENTS)
    return PanelApp(GraphPanel, run, moments, Look(label=label, sample=31))


async def test_the_cursor_is_where_one_looks() -> None:
    app = app_of("layer2.neuron3.w5")
    async with app.run_test(size=SIZE) as pilot:
        tree = app.screen.query_one(GraphTree)
        assert tree.here.label == "layer2.neuron3.w5"  # pyright: ignore[reportOptionalMemberAccess]

        app.pull(label="layer1.neuron8.b")
        await pilot.pause()
        assert tree.here.label == "layer1.neuron8.b"  # pyright: ignore[reportOptionalMemberAccess]
        app.pull(label="")
        await pilot.pause()
        assert tree.here.label == "layer3.neuron1"  # pyright: ignore[reportOptionalMemberAccess]
        assert app.asked == []  # who follows does not ask


async def test_another_row_asks_to_look_there() -> None:
    app = app_of("layer3.neuron1.product1")
    async with app.run_test(size=SIZE) as pilot:
        app.screen.query_one(GraphTree).focus()
        await pilot.press("down", "down", "up")
        await pilot.pause()

        assert app.chosen() == ["layer3.neuron1.product2", "layer3.neuron1.product3", "layer3.neuron1.product2"]
        assert app.look.label == app.screen.query_one(GraphTree).here.label  # pyright: ignore[reportOptionalMemberAccess]


async def test_a_view_that_is_late_does_not_pull_the_cursor_back() -> None:
    app = app_of("layer3.neuron1.product1")
    app.follows = False
    async with app.run_test(size=SIZE) as pilot:
        app.screen.query_one(GraphTree).focus()
        await pilot.press("down", "down", "down")
        await pilot.pause()
        there = app.screen.query_one(GraphTree).here
        app.pull(label=app.chosen()[0])
        await pilot.pause()

        assert app.screen.query_one(GraphTree).here == there


async def test_a_shared_node_is_looked_at_where_the_cursor_is() -> None:
    app = app_of("layer2.neuron8.product1")
    async with app.run_test(size=SIZE) as pilot:
        tree = app.screen.query_one(GraphTree)
        tree.focus()
        await pilot.press("right", "down", "down")
        await pilot.pause()
        assert tree.here.reference  # pyright: ignore[reportOptionalMemberAccess]
        assert app.look.label == "layer1.neuron1"

        await pilot.press("enter")  # jumps to its home
        await pilot.pause()
        assert not tree.here.reference  # pyright: ignore[reportOptionalMemberAccess]
        assert tree.here.label == "layer1.neuron1"  # pyright: ignore[reportOptionalMemberAccess]


@pytest.mark.parametrize("width", [40, 46, 60])
async def test_deep_rows_show_their_label_and_both_numbers(width: int) -> None:
    app = app_of("layer1.neuron2.w1", deep=True)
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.pause()
        view = app.pull()
        tree = app.screen.query_one(GraphTree)
        lines = lines_of(app, "GraphTree")
        for number, line in enumerate(lines):
            node = tree.get_node_at_line(number + round(tree.scroll_offset.y))
            if node is None or node.data is None:
                continue
            inspection = view.sight.inspection  # pyright: ignore[reportOptionalMemberAccess]
            numbers = [formats.value(inspection.value(node.data.node))]
            if node.data.kind != "constant":
                numbers.append(formats.value(inspection.gradient(node.data.node)))
            assert all(text in line for text in numbers)
            assert any(caption in line for caption in node.data.captions) or "…" in line
            name = line[: line.index(numbers[0])].strip(" │├└▾▸↺")
            assert len(name) >= min(12, len(node.data.captions[-1]))
        assert lines_of(app, "#heads")[0].startswith("‹ ")


async def test_the_crumb_leads_back_up() -> None:
    app = app_of("layer1.neuron2.w1", deep=True)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        above = app.screen.query_one(GraphTree).above
        await pilot.click("#heads", offset=(2, 0))
        await pilot.pause()

        assert above is not None
        assert app.chosen() == [above.label]
        assert app.screen.query_one(GraphTree).here == above


async def test_nothing_is_scrolled_out_where_there_is_room() -> None:
    app = app_of("loss")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert lines_of(app, "#heads")[0].split() == ["value", "grad"]


async def test_guides_stand_closer_before_any_level_goes() -> None:
    app = app_of("layer1.neuron2.w1")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.screen.query_one(GraphTree).scroll_home(animate=False)
        await pilot.pause()
        lines = lines_of(app, "GraphTree")

        assert lines[0].startswith("▾ loss ×")
        assert any(line.startswith("  ├▾ layer3.neuron1 tanh") for line in lines)


async def test_f_shows_a_sum_in_full_and_folds_it_again() -> None:
    app = app_of("layer3.neuron1.pre")
    async with app.run_test(size=SIZE) as pilot:
        tree = app.screen.query_one(GraphTree)
        tree.focus()
        await pilot.press("f")
        node = tree.cursor_node
        assert node is not None
        assert [child.data.label for child in node.children if child.data] == [
            "layer3.neuron1.sum7",
            "layer3.neuron1.product8",
        ]
        await pilot.press("f")
        assert len(node.children) == 9


async def test_a_term_is_found_in_a_sum_that_stands_in_full() -> None:
    app = app_of("layer3.neuron1.pre")
    async with app.run_test(size=SIZE) as pilot:
        app.screen.query_one(GraphTree).focus()
        await pilot.press("f")
        app.pull(label="layer3.neuron1.w2")
        await pilot.pause()

        assert app.screen.query_one(GraphTree).here.label == "layer3.neuron1.w2"  # pyright: ignore


async def test_the_sample_is_moved_by_clicks() -> None:
    app = app_of("loss")
    async with app.run_test(size=SIZE) as pilot:
        for x in (42, 42, 30):  # › twice, ‹ once: " ‹ sample 31 › " ends at the frame
            await pilot.click(GraphPanel, offset=(x, 23))
        await pilot.pause()

        assert [(each.index, each.part) for each in app.asked if isinstance(each, PickSample)][:2] == [
            (32, "train"),
            (33, "train"),
        ]
        assert "sample 32" in str(app.screen.query_one(GraphPanel).border_subtitle)


async def test_a_number_that_is_not_finite_gets_the_cursor() -> None:
    app = app_of("loss")
    async with app.run_test(size=SIZE) as pilot:
        app.failure = NotFiniteError("layer1.neuron5.pre", "value", float("inf"), 43)
        app.pull()
        await pilot.pause()

        assert app.screen.query_one(GraphPanel).has_class("bad")
        assert app.screen.query_one(GraphTree).here.label == "layer1.neuron5.pre"  # pyright: ignore


KEYS = ["up", "down", "left", "right", "enter", "f", "home", "end", "pageup", "pagedown"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(KEYS), min_size=1, max_size=25))
def test_any_keys_leave_cursor_and_look_together(keys: list[str]) -> None:
    async def drive() -> None:
        app = app_of("layer2.neuron1.pre")
        async with app.run_test(size=SIZE) as pilot:
            app.screen.query_one(GraphTree).focus()
            for key in keys:
                app.simulate_key(key)
            await pilot.pause()
            assert app.look.label == app.screen.query_one(GraphTree).here.label  # pyright: ignore

    asyncio.run(drive())


async def test_a_large_graph_opens_as_fast_as_a_small_one() -> None:
    net = MLP(300, [32, 10], activation="tanh", seed=1)
    trainer = Trainer(net, ([[0.1] * 300] * 2, [[0.0] * 10] * 2), executor="numpy")
    loss = trainer.template.loss
    assert loss.count() > 29_000
    app = app_of("loss")
    app.follows = False
    async with app.run_test(size=SIZE) as pilot:
        tree = app.screen.query_one(GraphTree)
        outline = outline_of(loss)
        start = perf_counter()
        tree.plant(outline)
        tree.live(lambda row: (None, None), None)
        tree.go_to("layer1.neuron30.w299")
        await pilot.pause()

        assert perf_counter() - start < 1.0
        assert tree.here.label == "layer1.neuron30.w299"  # pyright: ignore[reportOptionalMemberAccess]
        assert len(outline._homes._depth) < 500
