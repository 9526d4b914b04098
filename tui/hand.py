"""A thread of one's own for work that must not hold up the screen.

Jobs are done one after another, so whatever they touch is used by one thread at a time. The thread begins with the
first job and is a daemon: quitting never waits for a job.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")
_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class HandClosed(Exception):
    """A job that came after the thread was told to end."""


class Hand:
    """Does jobs in a thread: `await hand.do(job)` gives what the job returns, or raises what it raises."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    async def do(self, job: Callable[[], Result]) -> Result:
        if self._closed:
            raise HandClosed  # nobody would do it: whoever waited for it would wait for ever
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._jobs.put((loop, future, job))
        return await future

    def close(self) -> None:
        """The thread ends after the job that it is doing; a job that comes later is refused."""
        self._closed = True
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._do_one(*job)

    def _do_one(self, loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Any]", job: Callable[[], Any]) -> None:
        result, failure = None, None
        try:
            result = job()
        except Exception as error:
            failure = error
        try:
            loop.call_soon_threadsafe(_settle, future, result, failure)
        except RuntimeError:
            if not loop.is_closed():
                raise
            # the program ended meanwhile, and nobody waits


def _settle(future: "asyncio.Future[Any]", result: object, failure: Exception | None) -> None:
    if future.done():  # cancelled meanwhile
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
