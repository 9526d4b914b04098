"""Drives a playground in a test: keys, and then all that they asked for is done and shown."""

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot
from textual.widgets import Static

from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.session import Session
from mgrad.tui.sight import Sight
from mgrad.tui.widgets.card import CardText

WaitUntil = Callable[[Callable[[], object]], Awaitable[None]]


class Driver:
    """A playground and how it is driven: keys, then everything that they asked for is done and shown."""

    def __init__(self, pilot: Pilot[None], wait_until: WaitUntil) -> None:
        self.pilot, self.wait_until = pilot, wait_until

    @property
    def screen(self) -> PlaygroundScreen:
        return next(screen for screen in self.pilot.app.screen_stack if isinstance(screen, PlaygroundScreen))

    @property
    def session(self) -> Session:
        return self.screen.session

    @property
    def sight(self) -> Sight:
        sight = self.session.view().sight
        assert sight
        return sight

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        await self.wait_until(lambda: self.session.idle)
        self.screen.pull()
        await self.pilot.pause()

    async def choose(self, label: str) -> None:
        self.session.look(label=label)
        await self.settle()

    def card(self) -> str:
        return str(self.screen.query_one(CardText).content)

    def strip(self) -> str:
        return str(self.screen.query_one("#strip", Static).content)
