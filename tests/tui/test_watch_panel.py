"""The watch list: pinned nodes with the history that was gathered while they were watched."""

from hypothesis import given
from hypothesis import strategies as st

from mgrad.tui import formats
from mgrad.tui.sight import Look
from mgrad.tui.sparks import spark
from mgrad.tui.widgets.watch_panel import MOST_POINTS, Trace, WatchPanel
from tests.tui.panel_app import PanelApp, lines_of, trained

RUN, MOMENTS = trained()
SMALL_RUN, SMALL_MOMENTS = trained((3,) * 8, 2)
SIZE = (46, 13)


@given(st.integers(1, 5000))
def test_a_trace_keeps_its_whole_time_in_bounded_memory(count: int) -> None:
    trace = Trace()
    for step in range(count):
        trace.add(step, float(step))

    assert 0 < len(trace.steps) < MOST_POINTS
    assert trace.steps == sorted(set(trace.steps))
    assert trace.values == [float(step) for step in trace.steps]
    assert trace.steps[0] < 2 * trace.every
    assert count - trace.steps[-1] <= 2 * trace.every


def test_going_back_in_time_takes_back_what_came_after() -> None:
    trace = Trace()
    for step in (1, 2, 3, 2):
        trace.add(step, step * 10.0)

    assert (trace.steps, trace.values) == ([1, 2], [10.0, 20.0])


async def test_it_is_there_only_while_something_is_pinned() -> None:
    app = PanelApp(WatchPanel, RUN, MOMENTS, Look(sample=31))
    async with app.run_test(size=SIZE) as pilot:
        watch = app.screen.query_one(WatchPanel)
        assert not watch.display
        assert watch.toggle("loss")
        await pilot.pause()
        assert watch.display
        watch.toggle("loss")
        assert not watch.display


async def test_a_row_says_value_gradient_and_history() -> None:
    app = PanelApp(WatchPanel, RUN, MOMENTS[:1], Look(sample=31))
    async with app.run_test(size=SIZE) as pilot:
        watch = app.screen.query_one(WatchPanel)
        watch.toggle("layer2.neuron3.w5")
        numbers = []
        for many in range(1, 8):
            app.moments = MOMENTS[:many]
            inspection = app.pull().sight.inspection  # pyright: ignore[reportOptionalMemberAccess]
            numbers.append(inspection.value("layer2.neuron3.w5"))
        await pilot.pause()
        line = lines_of(app, "#watch")[1]

        assert line.startswith("layer2.neuron3.w5 ")
        assert formats.value(numbers[-1]) in line
        assert formats.value(app.pull().sight.inspection.gradient("layer2.neuron3.w5")) in line  # pyright: ignore
        assert spark(numbers, 8) in line


async def test_another_sample_begins_another_history_but_for_parameters() -> None:
    app = PanelApp(WatchPanel, RUN, MOMENTS[:1], Look(sample=31))
    async with app.run_test(size=SIZE):
        watch = app.screen.query_one(WatchPanel)
        watch.toggle("loss")
        watch.toggle("layer1.neuron1.b")
        app.moments = MOMENTS[:2]
        app.pull(sample=5)

        assert [len(trace.steps) for trace in watch.pins.values()] == [1, 2]


async def test_keys_and_clicks_choose_and_unpin() -> None:
    app = PanelApp(WatchPanel, RUN, MOMENTS, Look(sample=31))
    async with app.run_test(size=SIZE) as pilot:
        watch = app.screen.query_one(WatchPanel)
        for label in ("loss", "layer1.neuron1", "layer1.neuron2"):
            watch.toggle(label)
        await pilot.pause()
        watch.focus()
        await pilot.press("down", "enter")
        await pilot.click(WatchPanel, offset=(4, 4))
        assert app.chosen() == ["layer1.neuron1", "layer1.neuron2"]

        await pilot.press("up", "p")
        assert list(watch.pins) == ["loss", "layer1.neuron2"]


async def test_eight_are_the_most() -> None:
    app = PanelApp(WatchPanel, RUN, MOMENTS, Look(sample=31))
    async with app.run_test(size=SIZE):
        watch = app.screen.query_one(WatchPanel)
        pinned = [watch.toggle(f"layer1.neuron{i % 8 + 1}{'.b' * (i > 7)}") for i in range(9)]

        assert pinned == [True] * 8 + [False]


async def test_pins_outlive_their_network() -> None:
    app = PanelApp(WatchPanel, RUN, MOMENTS, Look(sample=31))
    async with app.run_test(size=SIZE) as pilot:
        watch = app.screen.query_one(WatchPanel)
        watch.toggle("layer1.neuron8")
        watch.toggle("layer1.neuron1")
        app.run_shown, app.moments = SMALL_RUN, SMALL_MOMENTS
        app.pull()
        await pilot.pause()
        lines = lines_of(app, "#watch")
        assert lines[1].split() == ["layer1.neuron8", "gone"]
        assert "gone" not in lines[2]
        await pilot.click(WatchPanel, offset=(4, 2))
        assert app.chosen() == []

        app.run_shown, app.moments = RUN, MOMENTS
        app.pull()
        await pilot.pause()
        assert "gone" not in lines_of(app, "#watch")[1]
