"""Drives a playground in a test: keys, and then all that they asked for is done and shown."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from mgrad.tui.app import PlaygroundApp
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.session import Session
from mgrad.tui.sight import Sight
from mgrad.tui.widgets.card import CardText

WaitUntil = Callable[[Callable[[], object]], Awaitable[None]]
Open = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


def playground_of(app: PlaygroundApp) -> PlaygroundScreen:
    """The playground's own screen, whatever is open over it."""
    return next(screen for screen in app.screen_stack if isinstance(screen, PlaygroundScreen))


def at_rest(app: PlaygroundApp) -> bool:
    """Whether nobody has a message to read, a layout to do or anything to paint."""
    return not app.message_queue_size and not any(_busy(screen, screen is app.screen) for screen in app.screen_stack)


def _busy(screen: Screen[object], on_top: bool) -> bool:
    if on_top and (screen._layout_required or screen._dirty_widgets or screen._callbacks):
        return True  # what is below is painted when it comes up again
    return any(node.message_queue_size or not node.is_mounted for node in screen.walk_children(Widget, with_self=True))


class Driver:
    """A playground and how it is driven: keys, then everything that they asked for is done and shown."""

    def __init__(self, pilot: Pilot[None], wait_until: WaitUntil) -> None:
        assert isinstance(pilot.app, PlaygroundApp)
        self.app, self.pilot, self.wait_until = pilot.app, pilot, wait_until

    @property
    def screen(self) -> PlaygroundScreen:
        return playground_of(self.app)

    @property
    def session(self) -> Session:
        return self.app.session

    @property
    def sight(self) -> Sight:
        sight = self.session.view().sight
        assert sight
        return sight

    async def press(self, *keys: str) -> None:
        """Keys, one after another; each is done and shown before the next."""
        for key in keys:
            self.app.simulate_key(key)
            await self.settle()

    async def settle(self) -> None:
        """Nothing is left to do, and all of it is painted in the room that there is for it."""
        await self.wait_until(lambda: at_rest(self.app) and self.session.idle)
        self.screen.pull()
        await self.wait_until(lambda: at_rest(self.app) and self.screen.settled)

    async def choose(self, label: str) -> None:
        self.session.look(label=label)
        await self.settle()

    def card(self) -> str:
        return str(self.screen.query_one(CardText).content)

    def strip(self) -> str:
        return str(self.screen.query_one("#strip", Static).content)
