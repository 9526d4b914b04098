"""The last line: keys by what is in focus, pressed by the mouse too."""

import pytest

from mgrad.tui.screens.pick import PickScreen
from mgrad.tui.widgets.key_line import KeyLine
from mgrad.tui.widgets.map_panel import MapPanel
from mgrad.tui.widgets.setup_panel import SetupPanel
from tests.tui.driver import Driver, Open, WaitUntil


def place_of(line: KeyLine, word: str) -> int:
    return next(x for x in range(200) if (found := line.word_at(x)) and found.word == word)


def words_of(line: KeyLine) -> list[str]:
    """What stands there, which has to fit."""
    assert sum(word.width for word in line.words) <= line.size.width
    return [word.word for word in line.words]


async def test_a_click_on_a_key_presses_it(open_playground: Open, wait_until: WaitUntil) -> None:
    async with open_playground() as pilot:
        drive, line = Driver(pilot, wait_until), pilot.app.screen.query_one(KeyLine)
        await pilot.click(line, offset=(place_of(line, "Epoch"), 0))
        await drive.settle()

        assert drive.sight.snapshot.epoch == 1


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_keys_of_the_panel_in_focus_where_there_is_room(
    open_playground: Open, wait_until: WaitUntil, size: tuple[int, int]
) -> None:
    async with open_playground(size=size) as pilot:
        drive, line = Driver(pilot, wait_until), pilot.app.screen.query_one(KeyLine)
        pilot.app.screen.query_one(MapPanel).focus()
        await drive.settle()
        words = words_of(line)

        assert ("Axes" in words) == (size[0] >= 120)
        assert words[-1] == "Commands"


@pytest.mark.parametrize(
    ("row", "word"),
    [("learning_rate", "Type"), ("layer1", "List"), ("features1", "Toggle"), ("data", "List"), ("noise", "Type")],
)
async def test_enter_in_setup_says_what_it_does_on_the_row_under_the_cursor(
    open_playground: Open, wait_until: WaitUntil, row: str, word: str
) -> None:
    async with open_playground() as pilot:
        drive, line = Driver(pilot, wait_until), pilot.app.screen.query_one(KeyLine)
        await drive.press("4", "home", *["down"] * rows_down_to(drive, row))
        assert [each.word for each in line.words if each.key == "enter"] == [word]

        await drive.press("enter")
        assert isinstance(pilot.app.screen, PickScreen) == (word == "List")
        if word == "Type":
            assert "Set" in words_of(line)


def rows_down_to(drive: Driver, key: str) -> int:
    """How often down goes from the first row to another one."""
    return [row.row.key for row in drive.screen.query_one(SetupPanel).rows if row.display].index(key)


async def test_the_key_under_the_mouse_says_what_it_does(open_playground: Open) -> None:
    async with open_playground() as pilot:
        line = pilot.app.screen.query_one(KeyLine)
        await pilot.hover(line, offset=(place_of(line, "Rewind"), 0))

        assert line.tooltip == "Back to the same start."


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_what_was_done_is_undone_by_a_click(
    open_playground: Open, wait_until: WaitUntil, size: tuple[int, int]
) -> None:
    async with open_playground(size=size) as pilot:
        drive, line = Driver(pilot, wait_until), pilot.app.screen.query_one(KeyLine)
        assert "Undo" not in words_of(line)
        await drive.press("z")
        assert drive.sight.snapshot.frozen
        assert "Undo" in words_of(line)

        await pilot.click(line, offset=(place_of(line, "Undo"), 0))
        await drive.settle()

        assert not drive.sight.snapshot.frozen
        assert "Undo" not in words_of(line)
