"""Who looks: answers the newest question in a thread of its own, so that the screen never waits for a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from mgrad.tui.hand import Hand, HandClosed
from mgrad.tui.seeing import Question, Seer
from mgrad.tui.sight import Sight


class Looker:
    """Give it questions; `on_sight` gets the sights. A question that a newer one overtook is never answered."""

    def __init__(self, on_sight: Callable[[Question, Sight], None]) -> None:
        self._on_sight = on_sight
        self._seer = Seer()
        self._hand = Hand("mgrad looker")
        self._newest: Question | None = None
        self._wake = asyncio.Event()
        self._closed = False
        self.busy = False

    def ask(self, question: Question) -> None:
        self._newest = question
        self.busy = True
        self._wake.set()

    async def live(self) -> None:
        """Answers until closed. Run it as a task of the event loop."""
        with suppress(HandClosed):
            while not self._closed:
                if self._newest is None:
                    self.busy = False
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                question, self._newest = self._newest, None
                sight = await self._hand.do(lambda asked=question: self._seer.see(asked))
                self._on_sight(question, sight)

    def close(self) -> None:
        self._closed = True
        self._newest = None
        self._hand.close()
        self._wake.set()
