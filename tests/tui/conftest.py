"""Opening the playground in a test, and waiting for what should come true instead of sleeping."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from mgrad.tui.app import PlaygroundApp
from mgrad.tui.screens.playground import PlaygroundScreen
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings
from tests.tui.driver import Open, WaitUntil

PATIENCE_SECONDS = 120.0  # kernels are compiled where their cache is empty


@pytest.fixture
def wait_until() -> WaitUntil:
    """Gives the event loop its turns until a condition holds; fails when that takes far too long."""

    async def wait(condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < end, "What was waited for did not come true."
            await asyncio.sleep(0.002)

    return wait


@pytest.fixture
def open_playground(wait_until: WaitUntil) -> Open:
    """The playground on a screen of its own, ready at step 0: `async with open_playground(settings) as pilot`."""

    @asynccontextmanager
    async def opened(
        settings: Settings | None = None, size: tuple[int, int] = (120, 40), speed: float | None = 500.0
    ) -> AsyncIterator[Pilot[None]]:
        app = PlaygroundApp(settings, speed=speed)
        async with app.run_test(size=size) as pilot:
            await wait_until(lambda: app.session.idle)
            assert isinstance(app.screen, PlaygroundScreen)
            app.screen.pull()
            await pilot.pause()
            yield pilot

    return opened


@pytest.fixture
async def session(wait_until: WaitUntil) -> AsyncIterator[Session]:
    """A session without a screen, ready at step 0 of the default set-up."""
    session = Session(Settings())
    task = asyncio.create_task(session.live())
    await wait_until(lambda: session.idle)
    yield session
    session.close()
    await task
