"""The run behind the screen: one Trainer, owned by one thread, and the loop that lets it go on.

The one idea: the screen asks and pulls, the loop works. What a person does (run, step, change a setting) is queued and
applied between two chunks of steps; every chunk is at most a fiftieth of a second in a thread of its own; what the
screen sees is a frozen `View`. All methods are for the thread of the event loop and return at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter

from mgrad.datasets import Dataset
from mgrad.engine import executors
from mgrad.engine.errors import MgradError, NotFiniteError
from mgrad.engine.training import Snapshot, Trainer
from mgrad.tui import messages, work
from mgrad.tui.hand import Hand, HandClosed
from mgrad.tui.messages import Message
from mgrad.tui.pace import DEFAULT_SPEED, Pace
from mgrad.tui.settings import Settings, complete
from mgrad.tui.setup_table import lower
from mgrad.tui.view import State, View
from mgrad.tui.work import Chunk, Run

LOOK_SECONDS = 0.1
"""How often a running Trainer is asked for a snapshot."""
UNNOTICED_SECONDS = 0.3
"""Work shorter than this is not worth a word."""


@dataclass(frozen=True)
class _Change:
    wanted: Settings
    again: bool = False


@dataclass(frozen=True)
class _Advance:
    steps: int = 0
    epochs: int = 0


class Session:
    """Give it settings, let `live` run as a task, ask `view` ten times a second."""

    def __init__(
        self,
        settings: Settings,
        *,
        speed: float | None = DEFAULT_SPEED,
        run: bool = False,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._opened = self._wanted = settings
        self._speed = speed
        self._running = run
        self._on_change = on_change
        self._dataset: Dataset | None = None
        self._run: Run | None = None
        self._snapshot: Snapshot | None = None
        self._looked = 0.0
        self._failure: NotFiniteError | None = None
        self._message: Message | None = None
        self._busy: tuple[State, float] | None = None
        self._pace: Pace | None = None
        self._measured: float | None = None
        self._mark: tuple[float, int] | None = None
        self._commands: deque[_Change | _Advance] = deque([_Change(settings)])
        self._wake = asyncio.Event()
        self._closed = False
        self._at_work = False
        self._hand = Hand("mgrad trainer")

    # ------------------------------------------------------------------ what the screen asks
    def view(self) -> View:
        """All there is to see at this moment, frozen."""
        busy = perf_counter() - self._busy[1] if self._busy else 0.0
        if self._busy and busy > UNNOTICED_SECONDS:
            state = self._busy[0]
        elif self._failure:
            state = State.NOT_FINITE
        else:
            state = State.RUNNING if self._running else State.PAUSED
        return View(
            state,
            self._running,
            self._shown_settings(),
            self._speed,
            self._measured if state is State.RUNNING else None,
            self._dataset,
            self._run,
            self._snapshot,
            self._failure,
            self._message,
            busy,
            self._opened,
        )

    @property
    def idle(self) -> bool:
        """True when nothing is left to do: paused, and every command is carried out."""
        return self._run is not None and not (self._running or self._commands or self._busy or self._at_work)

    def toggle(self) -> None:
        """Run, or pause."""
        self.pause() if self._running else self.go()

    def go(self) -> None:
        self._running = True
        self._restart_clock()
        self._changed()

    def pause(self) -> None:
        self._running = False
        self._changed()

    def step(self, steps: int = 1) -> None:
        """Pause, and do one batch."""
        self._ask(_Advance(steps=steps))

    def epoch(self, epochs: int = 1) -> None:
        """Pause, and go once through the training samples."""
        self._ask(_Advance(epochs=epochs))

    def rewind(self) -> None:
        """The same start again; what was running goes on running."""
        self._commands.append(_Change(self._wanted, again=True))
        self._changed()

    def change(self, wanted: Settings) -> None:
        """Other settings: at once where they are live, else another run from its start."""
        self._wanted = wanted
        self._commands.append(_Change(wanted))
        self._changed()

    def set_speed(self, speed: float | None) -> None:
        """Steps a second; None is as fast as the machine goes."""
        self._speed = speed
        self._restart_clock()
        self._changed()

    def say(self, message: Message | None) -> None:
        self._message = message
        self._on_change()

    def close(self) -> None:
        """Ends the loop; nothing waits for the chunk that is being worked on."""
        self._closed = True
        self._running = False
        self._hand.close()
        self._wake.set()

    # ------------------------------------------------------------------ the loop
    async def live(self) -> None:
        """Carries out commands and runs chunks until closed. Run it as a task of the event loop."""
        with suppress(HandClosed):
            while not self._closed:
                await self._do_next()

    async def _do_next(self) -> None:
        self._at_work = bool(self._commands or (self._running and self._run))
        if self._commands:
            await self._carry_out(self._commands.popleft())
        elif self._running and self._run:
            await self._go_on(self._run)
        else:
            self._wake.clear()
            await self._wake.wait()

    async def _carry_out(self, command: _Change | _Advance) -> None:
        if isinstance(command, _Advance):
            if self._run:
                await self._do(self._run, lambda trainer: work.advance(trainer, command.steps, command.epochs))
            return
        if self._commands and isinstance(self._commands[0], _Change) and not command.again:
            return  # another change follows: only the last one is worth building
        run = self._run
        if run and not command.again and complete(command.wanted, run.dataset).differs_live_only(run.settings):
            await self._set_live(run, command.wanted)
        else:
            await self._rebuild(command.wanted)

    async def _go_on(self, run: Run) -> None:
        now = perf_counter()
        if self._speed is None:
            steps = None
        else:
            self._pace = self._pace or Pace(self._speed, now)
            steps = self._pace.due(now)
            if steps == 0:
                await self._rest(self._pace.wait(now))
                return
        look = now - self._looked >= LOOK_SECONDS
        done = await self._do(run, lambda trainer: work.carry_on(trainer, steps, look))
        if self._pace:
            self._pace.done += done

    async def _do(self, run: Run, job: Callable[[Trainer], Chunk]) -> int:
        chunk = await self._hand.do(lambda: job(run.trainer))
        if chunk.snapshot:
            self._snapshot, self._looked = chunk.snapshot, perf_counter()
            self._measure(chunk.snapshot.step)
        if chunk.failure:
            self._fail(run, chunk.failure)
        elif self._failure:
            self._forget_failure()
        return chunk.steps

    async def _rest(self, seconds: float) -> None:
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def _set_live(self, run: Run, wanted: Settings) -> None:
        try:
            self._snapshot = await self._hand.do(lambda: work.set_live(run.trainer, wanted))
        except MgradError as error:
            self._refuse(error)
            return
        self._run = replace(run, asked=wanted, settings=complete(wanted, run.dataset))
        self._forget_failure()
        self._on_change()

    async def _rebuild(self, wanted: Settings) -> None:
        self._busy = (State.BUILDING, perf_counter())
        try:
            dataset, asked, sentence = await self._hand.do(lambda: work.find_data(wanted, self._run))
            self._dataset = dataset
            if not await self._hand.do(executors.ready):
                await self._compile()
            run, snapshot = await self._hand.do(lambda: work.start(asked, dataset))
        except MgradError as error:
            self._refuse(error)
            return
        finally:
            self._busy = None
        if not self._change_follows():
            self._wanted = asked  # what no longer fitted the data was chosen again
        self._run, self._snapshot = run, snapshot
        self._message = messages.said(sentence) if sentence else None
        self._failure = None
        self._restart_clock()
        self._on_change()

    async def _compile(self) -> None:
        self._busy = (State.COMPILING, perf_counter())
        compiler = Hand("mgrad compiler")
        try:
            await compiler.do(executors.prepare)
        finally:
            compiler.close()
        self._busy = (State.BUILDING, perf_counter())

    # ------------------------------------------------------------------ small steps
    def _ask(self, command: _Advance) -> None:
        self._running = False
        self._commands.append(command)
        self._changed()

    def _changed(self) -> None:
        self._wake.set()
        self._on_change()

    def _change_follows(self) -> bool:
        return any(isinstance(command, _Change) for command in self._commands)

    def _shown_settings(self) -> Settings:
        return complete(self._wanted, self._dataset) if self._dataset else self._wanted

    def _restart_clock(self) -> None:
        self._pace = self._mark = self._measured = None

    def _measure(self, step: int) -> None:
        now = perf_counter()
        if self._mark is None:
            self._mark = (now, step)
        elif now - self._mark[0] >= 0.5:
            self._measured = (step - self._mark[1]) / (now - self._mark[0])
            self._mark = (now, step)

    def _fail(self, run: Run, failure: NotFiniteError) -> None:
        self._running = False
        self._failure = failure
        self._message = messages.not_finite(failure, lower(run.settings.learning_rate))
        self._on_change()

    def _forget_failure(self) -> None:
        if self._failure:
            self._failure = self._message = None
            self._on_change()

    def _refuse(self, error: MgradError) -> None:
        """What cannot be built leaves the run as it was; without any run there is the one that always works."""
        self._message = messages.refused(error)
        if not self._change_follows():
            if self._run:
                self._wanted, self._dataset = self._run.asked, self._run.dataset
            elif self._wanted != Settings():
                self.change(Settings())
        self._on_change()
