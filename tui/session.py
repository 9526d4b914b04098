"""The run behind the screen: one Trainer, owned by one thread, and the loop that lets it go on.

The one idea: the screen asks and pulls, the loop works. What a person does (run, step, change a setting, edit a number)
is queued and applied between two chunks of steps; what the screen sees is a frozen `View`, whose numbers are all of one
moment. All methods are for the thread of the event loop and return at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Event
from time import perf_counter

from mgrad.datasets import Dataset, names
from mgrad.engine import executors
from mgrad.engine.errors import MgradError, NotFiniteError
from mgrad.engine.stops import Stop
from mgrad.tui import messages, work
from mgrad.tui.hand import Hand, HandClosed
from mgrad.tui.messages import Message
from mgrad.tui.pace import DEFAULT_SPEED, Meter, Pace
from mgrad.tui.settings import Settings, complete
from mgrad.tui.setup_table import lower
from mgrad.tui.showing import Showing
from mgrad.tui.sight import Look
from mgrad.tui.view import State, View
from mgrad.tui.wishes import Advance, Branch, Change, Touch, Wish
from mgrad.tui.work import LOOK_SECONDS, Chunk, Run

TICK_SECONDS = 0.02
"""Steps that are due are done so often: more often would only keep the event loop busy."""
UNNOTICED_SECONDS = 0.3
"""Work shorter than this is not worth a word."""


class Session(Showing):
    """Give it settings, let `live` run as a task, ask `view` ten times a second."""

    def __init__(
        self,
        settings: Settings,
        *,
        speed: float | None = DEFAULT_SPEED,
        run: bool = False,
        look: Look | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(look or Look())
        self._opened = self._wanted = settings
        self._speed = speed
        self._running = run
        self._on_change = on_change
        self._dataset: Dataset | None = None
        self._looked = 0.0
        self._failure: NotFiniteError | None = None
        self._message: Message | None = None
        self._busy: tuple[State, float] | None = None
        self._pace: Pace | None = None
        self._meter = Meter()
        self._stop: Stop | None = None
        self._stopped = ""
        self._wishes: deque[Wish] = deque([Change(settings)])
        self._wake = asyncio.Event()
        self._interrupted = Event()
        self._closed = self._at_work = False
        self._opening = True
        self._hand = Hand("mgrad trainer")

    # ------------------------------------------------------------------ what the screen asks
    def view(self) -> View:
        """All there is to see at this moment, frozen."""
        busy = perf_counter() - self._busy[1] if self._busy else 0.0
        state = self._state(busy)
        return View(
            state,
            self._running,
            complete(self._wanted, self._dataset) if self._dataset else self._wanted,
            self._speed,
            self._meter.speed if state is State.RUNNING else None,
            self._dataset,
            self._run,
            self._shown_snapshot(),
            self._failure,
            self._message,
            busy,
            self._opened,
            self._wanted,
            self._look,
            self._shown_sight(),
            self._stop,
            self._past_share(),
            len(self._timeline),
            self._meter.step_seconds if self._speed is None else None,
        )

    @property
    def idle(self) -> bool:
        """True when nothing is left to do: paused, every wish is carried out, and all is seen."""
        working = self._running or self._wishes or self._busy or self._at_work or self._unseen
        return self._run is not None and not working and self._all_seen()

    def toggle(self) -> None:
        """Run, or pause."""
        self.pause() if self._running else self.go()

    def go(self) -> None:
        """Let it learn; from the moment of the past that is shown, if one is."""
        self._branch()
        self._stopped = ""
        self._running = True
        self._restart_clock()
        self._changed()

    def pause(self) -> None:
        self._running = False
        self._changed()

    def step(self, steps: int = 1) -> None:
        """Pause, and do one batch."""
        self._advance(Advance(steps=steps))

    def epoch(self, epochs: int = 1) -> None:
        """Pause, and go once through the training samples."""
        self._advance(Advance(epochs=epochs))

    def rewind(self) -> None:
        """The same start again; what was running goes on running."""
        self._wish(Change(self._wanted, again=True))

    def reseed(self) -> None:
        """Another start: the next seed, for the first parameters, the data and the order of samples."""
        self.change(replace(self._wanted, seed=self._wanted.seed + 1, data_seed=None))

    def regenerate(self) -> None:
        """Other samples for the same network, which goes on as it is."""
        seed = self._wanted.seed if self._wanted.data_seed is None else self._wanted.data_seed
        self.change(replace(self._wanted, data_seed=seed + 1))

    def change(self, wanted: Settings) -> None:
        """Other settings: at once where they are live (in the past, from that moment on), else another run from its
        start."""
        if self._run is not None and wanted != self._wanted and work.can_become(self._run, wanted):
            self._branch()
        self._wanted = wanted
        self._wish(Change(wanted))

    def touch(self, wish: Touch) -> None:
        """Edits, freezes, points by hand, undo: see `mgrad.tui.wishes`. In the past, from that moment on."""
        self._branch()
        self._wish(wish)

    def set_stop(self, stop: Stop | None) -> None:
        """Where the run ends by itself."""
        self._stop, self._stopped = stop, ""
        self._wish(Touch(lambda run: (run, work.set_stop(run.trainer, stop), "")))

    def set_speed(self, speed: float | None) -> None:
        """Steps a second; None is as fast as the machine goes."""
        self._speed = speed
        self._pace, self._meter = None, Meter()
        self._changed()

    def say(self, message: Message | None) -> None:
        self._message = message
        self._on_change()

    def close(self) -> None:
        """Ends the loop; nothing waits for the chunk that is being worked on."""
        self._closed = True
        self._running = False
        self._interrupted.set()
        self._hand.close()
        self._looker.close()
        self._wake.set()

    # ------------------------------------------------------------------ the loop
    async def live(self) -> None:
        """Carries out wishes and runs chunks until closed. Run it as a task of the event loop.

        However it ends, by `close`, by a fault or with the loop, the threads end with it.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._looker.live())
                with suppress(HandClosed):
                    while not self._closed:
                        await self._do_next()
        finally:
            self.close()

    async def _do_next(self) -> None:
        self._at_work = bool(self._wishes or (self._run and (self._running or self._unseen)))
        self._interrupted.clear()
        if self._wishes:
            await self._carry_out(self._wishes.popleft())
        elif self._running and self._run:
            await self._go_on(self._run)
        elif self._unseen and self._run:
            await self._do_steps(self._run, 0, look=True)
        else:
            self._see()  # a look that was asked for in mid-run may be one at an older moment
            self._wake.clear()
            await self._wake.wait()

    async def _carry_out(self, wish: Wish) -> None:
        run = self._run
        if isinstance(wish, Change):
            await self._carry_out_change(wish)
        elif run is None:
            return
        elif isinstance(wish, Advance):
            self._settle(run, await self._hand.do(lambda: work.advance(run.trainer, wish.steps, wish.epochs)))
        elif isinstance(wish, Branch):
            await self._carry_out_branch(run, wish)
        else:
            await self._carry_out_touch(run, wish)

    async def _carry_out_change(self, change: Change) -> None:
        if self._wishes and isinstance(self._wishes[0], Change) and not change.again:
            return  # another change follows: only the last one is worth building
        run, wanted = self._run, change.wanted
        if run is None or change.again or not work.can_become(run, wanted):
            await self._rebuild(wanted)
        else:
            await self._carry_out_touch(run, Touch(lambda run: (*work.become(run, wanted), "")))

    async def _carry_out_branch(self, run: Run, branch: Branch) -> None:
        if branch.trainer is not run.trainer:
            return  # another run was begun since: it has no such moment
        stop = self._stop
        became, snapshot = await self._hand.do(lambda: work.go_back(run, branch.snapshot, stop))
        self._goes_on_as(became)  # what was changed since is forgotten with what came of it
        self._went_back(snapshot)

    async def _carry_out_touch(self, run: Run, touch: Touch) -> None:
        try:
            became, snapshot, sentence = await self._hand.do(lambda: touch.job(run))
        except MgradError as error:
            self._refuse(error)
            return
        self._goes_on_as(became)  # samples that came back have their own seed
        self._saw(snapshot)
        self._forget_failure()
        if sentence:
            self._message = messages.said(sentence)
        self._on_change()

    async def _go_on(self, run: Run) -> None:
        if self._speed is None:
            await self._run_on(run)
            return
        now = perf_counter()
        self._pace = self._pace or Pace(self._speed, now)
        steps = self._pace.due(now)
        if steps == 0:
            await self._rest(max(self._pace.wait(now), TICK_SECONDS))
        else:
            await self._do_steps(run, steps, look=now - self._looked >= LOOK_SECONDS)

    async def _run_on(self, run: Run) -> None:
        loop = asyncio.get_running_loop()

        def tell(chunk: Chunk) -> None:
            loop.call_soon_threadsafe(self._went_on, run, chunk)

        self._went_on(run, await self._hand.do(lambda: work.run_on(run.trainer, self._interrupted, tell)))

    async def _do_steps(self, run: Run, steps: int, look: bool) -> None:
        self._went_on(run, await self._hand.do(lambda: work.carry_on(run.trainer, steps, look)))

    def _went_on(self, run: Run, chunk: Chunk) -> None:
        if self._pace:
            self._pace.done += chunk.steps
        self._meter.add(perf_counter(), chunk.steps, chunk.seconds)
        self._settle(run, chunk)

    def _settle(self, run: Run, chunk: Chunk) -> None:
        self._unseen = True
        if chunk.snapshot:
            self._looked = perf_counter()
            self._saw(chunk.snapshot)
        if chunk.failure:
            self._fail(run, chunk.failure)
        elif self._failure:
            self._forget_failure()
        if chunk.stopped:
            self._running, self._stopped = False, chunk.stopped
            self._message = messages.stopped(chunk.stopped)
            self._on_change()

    async def _rest(self, seconds: float) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _rebuild(self, wanted: Settings) -> None:
        self._busy = (State.BUILDING, perf_counter())
        try:
            dataset, asked, sentences = await self._hand.do(lambda: work.find_data(wanted, self._run))
            self._dataset = dataset
            if not await self._hand.do(executors.ready):
                # What there is to see at the start needs no kernels: it is shown while they are compiled.
                self._began(*await self._hand.do(lambda: work.start(asked, dataset, self._stop, "numpy")))
                await self._compile()
            run, snapshot = await self._hand.do(lambda: work.start(asked, dataset, self._stop))
        except MgradError as error:
            self._refuse(error)
            return
        finally:
            self._busy = None
        if not self._change_follows():
            self._wanted = asked  # what no longer fitted the data was chosen again
        self._began(run, snapshot)
        self._meter = Meter()
        if asked.data not in names():
            self._opened = asked  # a table of one's own stays in the list of data
        if sentences or not self._opening:  # what was said before there was a run is still to be read
            self._message = messages.said(*sentences) if sentences else None
        self._opening = False
        self._failure, self._stopped = None, ""
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
    def _state(self, busy: float) -> State:
        if self._busy and busy > UNNOTICED_SECONDS:
            return self._busy[0]
        if self._failure:
            return State.NOT_FINITE
        if self._running:
            return State.RUNNING
        if self._past is not None:
            return State.PAST
        return State.STOPPED if self._stopped else State.PAUSED

    def _advance(self, wish: Advance) -> None:
        self._branch()
        self._running, self._stopped = False, ""
        self._wish(wish)

    def _branch(self) -> None:
        """Goes on from the moment that is shown, where that is one of the past."""
        if self._past is not None and self._run is not None and not self._branching:
            self._branching = True
            self._wishes.append(Branch(self._timeline[self._past], self._run.trainer))

    def _wish(self, wish: Wish) -> None:
        self._wishes.append(wish)
        self._changed()

    def _changed(self) -> None:
        self._interrupted.set()
        self._wake.set()
        self._on_change()

    def _goes_on_as(self, run: Run) -> None:
        self._run, self._dataset = run, run.dataset
        if not self._change_follows():
            self._wanted = run.asked

    def _change_follows(self) -> bool:
        return any(isinstance(wish, Change) for wish in self._wishes)

    def _restart_clock(self) -> None:
        self._pace = None
        self._meter.restart()

    def _fail(self, run: Run, failure: NotFiniteError) -> None:
        self._running, self._failure = False, failure
        self._message = messages.not_finite(failure, lower(run.settings.learning_rate))
        self._on_change()

    def _forget_failure(self) -> None:
        if self._failure:
            self._failure = self._message = None
            self._on_change()

    def _refuse(self, error: MgradError) -> None:
        """What cannot be done leaves the run as it was; without any run there is the one that always works."""
        self._message = messages.refused(error)
        if not self._change_follows():
            if self._run:
                self._wanted, self._dataset = self._run.asked, self._run.dataset
            elif self._wanted != Settings():
                self.change(Settings())
        self._on_change()
