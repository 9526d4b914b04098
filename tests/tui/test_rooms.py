"""Panels write for the room that they have, also where layouts follow each other so fast that some are put off."""

from mgrad.tui.screens import playground
from tests.tui.driver import Driver, Open, WaitUntil


async def test_a_layout_after_too_many_others_is_looked_at_a_moment_later(
    open_playground: Open, wait_until: WaitUntil
) -> None:
    async with open_playground() as pilot:
        drive = Driver(pilot, wait_until)
        screen = drive.screen

        screen._rooms, screen._pulls_for_room = (), playground.MOST_PULLS_FOR_ROOM  # the last layout was put off

        await drive.settle()
        assert screen._rooms == screen._rooms_now() != ()
