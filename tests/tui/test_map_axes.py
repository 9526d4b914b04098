"""The axes of the map out of many inputs, and what a neuron under the mouse sees, shown large."""

from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import OptionList

from mgrad.tui.app import PlaygroundApp
from mgrad.tui.screens.pick import PickScreen
from mgrad.tui.settings import Settings
from mgrad.tui.sight import Sight
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.widgets.network_panel import NetworkPanel
from tests.tui.driver import Open, WaitUntil
from tests.tui.test_map_panel import opened, picture, trained, view_of


async def take(app: App[None], pilot: Pilot[None], place: int) -> None:
    """Chooses what stands at a place of the list that is open."""
    assert isinstance(app.screen, PickScreen)
    options = app.screen.query_one(OptionList).focus()
    options.highlighted = place
    await pilot.press("enter")
    await pilot.pause()


@pytest.mark.parametrize(("key", "axes"), [("X", (3, 1)), ("Y", (0, 3))])
async def test_an_axis_is_found_in_a_list(key: str, axes: tuple[int, int]) -> None:
    async with opened(view_of(trained("iris")), (60, 26)) as (app, _, pilot):
        await pilot.press(key)
        await take(app, pilot, 3)

        assert [wish.changes for wish in app.wishes] == [{"axes": axes}]


async def test_a_click_on_an_axis_name_opens_the_list_and_its_own_name_changes_places() -> None:
    async with opened(view_of(trained("iris")), (60, 26)) as (app, panel, pilot):
        row = panel.frame.top + panel.frame.rows + 2
        await pilot.click(MapPanel, offset=(picture(panel)[row].index("sepal length") + 3, row + 1))
        await take(app, pilot, 1)

        assert [wish.changes for wish in app.wishes] == [{"axes": (1, 0)}]


async def test_two_columns_of_ones_own_stand_below_the_map(open_playground: Open, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("width,height,kind\n" + "".join(f"{i % 7},{i * 3 % 11},{'ab'[i % 2]}\n" for i in range(40)))
    async with open_playground(Settings(data=str(path))) as pilot:
        assert "x width   y height" in "\n".join(picture(pilot.app.screen.query_one(MapPanel)))


class TestGlance:
    async def test_a_neuron_under_the_mouse_is_shown_large_and_nothing_else_changes(
        self, open_playground: Open, wait_until: WaitUntil
    ) -> None:
        async with open_playground() as pilot:
            assert isinstance(pilot.app, PlaygroundApp)
            session = pilot.app.session

            def sight() -> Sight:
                found = session.view().sight
                assert found
                return found

            await pilot.press("2")
            await wait_until(lambda: session.idle and sight().neurons)
            panel = pilot.app.screen.query_one(NetworkPanel)
            layout = panel.layout_now
            assert layout
            place = layout.find("layer1.neuron2")
            assert place
            cell = layout.cell(place)
            await pilot.hover(NetworkPanel, offset=(cell.x + 3, cell.middle + 3))
            await wait_until(lambda: sight().plane and sight().plane.label == "layer1.neuron2")  # pyright: ignore[reportOptionalMemberAccess]
            assert session.view().look.label == ""
            assert "layer1.neuron2" in str(pilot.app.screen.query_one(MapPanel).border_title)

            await pilot.hover("#node")
            await wait_until(lambda: sight().plane and sight().plane.label == "layer3.neuron1")  # pyright: ignore[reportOptionalMemberAccess]

    async def test_it_ends_where_the_node_is_no_more(self, open_playground: Open, wait_until: WaitUntil) -> None:
        async with open_playground() as pilot:
            assert isinstance(pilot.app, PlaygroundApp)
            session = pilot.app.session
            session.look(glance="layer2.neuron2")
            session.change(Settings(layers=(3,)))
            await wait_until(lambda: session.idle)
            assert session.view().look.glance == ""


async def test_axes_are_turned_as_often_as_the_key_is_pressed() -> None:
    async with opened(view_of(trained("iris")), (60, 26)) as (app, panel, pilot):
        panel.action_turn(0, 1)
        panel.action_turn(0, 1)
        await pilot.pause()

        assert [wish.changes["axes"] for wish in app.wishes] == [(2, 1), (3, 1)]
