"""Every panel has its place on a screen of any size, and the map gets what is to spare."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.tui.panes import WIDE, panes
from mgrad.tui.widgets.map_panel import MapPanel
from tests.tui.driver import Open

PANELS = ("#setup", "#map", "#graph", "#loss", "#node", "#network")


@given(st.sampled_from(["train", "network", "graph", "setup"]), st.integers(80, 400), st.integers(24, 120))
def test_the_grid_fills_the_screen(tab: str, width: int, height: int) -> None:
    grid = panes("train" if width >= WIDE and tab != "network" else tab, width, height)
    if grid.columns:
        assert sum(grid.columns) == width
        assert sum(grid.rows) == height - 3
        assert min(*grid.columns, *grid.rows) >= 1


@pytest.mark.parametrize("key", ["1", "2"])
@pytest.mark.parametrize("size", [(200, 60), (160, 45), (120, 40), (100, 30), (80, 24)])
async def test_no_panel_lies_over_another_or_leaves_the_screen(
    open_playground: Open, size: tuple[int, int], key: str
) -> None:
    async with open_playground(size=size) as pilot:
        await pilot.press(key)
        await pilot.pause()
        regions = [pilot.app.screen.query_one(name).region for name in PANELS if pilot.app.screen.query_one(name).size]
        assert len(regions) >= {"1": 3, "2": 1}[key] + (size[0] >= WIDE)
        for i, region in enumerate(regions):
            assert pilot.app.screen.region.contains_region(region)
            assert not any(region.overlaps(other) for other in regions[i + 1 :])


@pytest.mark.parametrize(
    ("size", "least"), [((200, 60), (72, 72)), ((120, 40), (40, 40)), ((100, 30), (46, 46)), ((80, 24), (34, 34))]
)
async def test_the_map_grows_with_the_screen(
    open_playground: Open, size: tuple[int, int], least: tuple[int, int]
) -> None:
    async with open_playground(size=size) as pilot:
        assert pilot.app.screen.query_one(MapPanel).pixels == least


async def test_a_tab_of_a_narrow_screen_becomes_a_wide_screen_with_all_panels(open_playground: Open) -> None:
    async with open_playground(size=(90, 30)) as pilot:
        await pilot.press("3")
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        assert all(pilot.app.screen.query_one(name).size for name in PANELS if name != "#network")
