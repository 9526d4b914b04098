"""What the session's thread does: build a run, carry it on for a moment, do what a person asked for.

Each function is one job. It gets all that it needs and returns frozen data, so the session never shares anything with
its thread but the Trainer, which only these functions touch.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event
from time import perf_counter

from mgrad.datasets import Dataset, names
from mgrad.engine.commands import Command, Replace, SetBatchSize, SetPenalty, SetRate, SetStop
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.stops import Stop
from mgrad.engine.training import Snapshot, Trainer
from mgrad.tui import messages
from mgrad.tui.settings import LIVE, Settings, adapt, build, complete, load_data

CHUNK_SECONDS = 0.05
"""So long a portion of a slowed run takes at most."""
LOOK_SECONDS = 0.1
"""How often a running Trainer is asked for a snapshot."""


@dataclass(frozen=True)
class Run:
    """One set-up, built. `asked` is what a person chose, `settings` with all that was left open filled in."""

    asked: Settings
    settings: Settings
    dataset: Dataset
    trainer: Trainer

    def with_data(self, dataset: Dataset, asked: Settings) -> "Run":
        """The run as it learns from other samples, or from those of before again: they have a seed of their own."""
        asked = replace(asked, data_seed=None if dataset.seed == asked.seed else dataset.seed)
        return replace(self, asked=asked, settings=complete(asked, dataset), dataset=dataset)


@dataclass(frozen=True)
class Chunk:
    """What came of some steps: how many, what it looks like then (if that was asked for), what ended them, and how long
    they took."""

    steps: int
    snapshot: Snapshot | None
    failure: NotFiniteError | None = None
    stopped: str = ""
    seconds: float = 0.0


def find_data(asked: Settings, before: Run | None) -> tuple[Dataset, Settings, tuple[str, ...]]:
    """The data asked for, the settings adapted to it, and sentences about that."""
    if before and asked.same_data(before.asked):
        return before.dataset, asked, ()
    dataset = load_data(asked)
    adapted, followed = adapt(asked, before.dataset if before else None, dataset)
    return dataset, adapted, messages.learned_from(dataset, followed, asked.data not in names())


def start(asked: Settings, dataset: Dataset, stop: Stop | None, executor: str | None = None) -> tuple[Run, Snapshot]:
    """A run at step 0; by the fastest executor, if none is named."""
    trainer = build(asked, dataset, executor=executor)
    if stop is not None:
        trainer.stop = stop
    return Run(asked, complete(asked, dataset), dataset, trainer), trainer.snapshot()


def carry_on(trainer: Trainer, steps: int, look: bool) -> Chunk:
    """So many steps, or fewer where they take longer than a moment."""
    return _done(trainer, lambda: _run_for_a_moment(trainer, steps, perf_counter() + CHUNK_SECONDS), look)


def run_on(trainer: Trainer, interrupted: Event, tell: Callable[[Chunk], None]) -> Chunk:
    """As many steps as there is time for, until somebody interrupts or the run ends.

    What comes of them is told now and then, the last of it returned. Nobody is waited for meanwhile: the thread of the
    screen may be painting just then, and would leave this one without work. And few calls: at each, this thread waits
    for Python's lock, which the one that paints has.
    """
    while True:
        chunk = _done(trainer, lambda: trainer.run(seconds=LOOK_SECONDS))
        if chunk.failure or chunk.stopped or interrupted.is_set():
            return chunk
        tell(chunk)


def _done(trainer: Trainer, run: Callable[[], object], look: bool = True) -> Chunk:
    before, began = trainer.step_count, perf_counter()
    failure = None
    try:
        run()
    except NotFiniteError as error:
        failure = error
    seconds, steps = perf_counter() - began, trainer.step_count - before
    stopped = trainer.stopped if steps else ""  # else it is what ended an earlier run
    snapshot = trainer.snapshot() if look or failure or stopped else None
    return Chunk(steps, snapshot, failure, stopped, seconds)


def advance(trainer: Trainer, steps: int, epochs: int) -> Chunk:
    """Exactly so many steps, or epochs."""

    def run() -> None:
        if epochs:
            trainer.run(epochs=epochs)
        if steps:
            trainer.run(steps=steps)

    return _done(trainer, run)


def touch(trainer: Trainer, *commands: Command) -> Snapshot:
    """Commands that are applied at once."""
    for command in commands:
        trainer.ask(command)
    trainer.apply()
    return trainer.snapshot()


def live_commands(trainer: Trainer, settings: Settings) -> list[Command]:
    """What has to be said to a trainer that it learns as these settings want."""
    commands: list[Command] = []
    if trainer.learning_rate != settings.learning_rate:
        commands.append(SetRate(settings.learning_rate))
    if trainer.wanted_batch_size != settings.batch_size:
        commands.append(SetBatchSize(settings.batch_size))
    if (trainer.l1, trainer.l2) != (settings.l1, settings.l2):
        commands.append(SetPenalty(settings.l1, settings.l2))
    return commands


def exchange(run: Run, change: Callable[[Dataset], Dataset], asked: Settings | None = None) -> tuple[Run, Snapshot]:
    """The same run with other samples."""
    dataset = change(run.dataset)
    snapshot = touch(run.trainer, Replace(dataset))
    return run.with_data(dataset, asked or run.asked), snapshot


def can_become(run: Run, asked: Settings) -> bool:
    """Whether a run can go on with these settings: only what is live differs, or which samples were drawn."""
    return _differs_live_only(run, asked) or asked.differs_samples_only(run.asked)


def become(run: Run, asked: Settings) -> tuple[Run, Snapshot]:
    """The same run with settings that it can go on with: rates, penalties, the size of batches, or other samples."""
    if not _differs_live_only(run, asked):
        return exchange(run, lambda _: load_data(asked), asked)
    snapshot = touch(run.trainer, *live_commands(run.trainer, asked))
    return replace(run, asked=asked, settings=complete(asked, run.dataset)), snapshot


def _differs_live_only(run: Run, asked: Settings) -> bool:
    return complete(asked, run.dataset).differs_live_only(run.settings)


def go_back(run: Run, snapshot: Snapshot, stop: Stop | None) -> tuple[Run, Snapshot]:
    """The run as it was at a moment, with its samples and live settings of then; where it ends is as it is now."""
    trainer = run.trainer
    trainer.restore(snapshot)
    live = {name: getattr(trainer, name) for name in LIVE} | {"batch_size": trainer.wanted_batch_size}
    asked = replace(run.asked, **live)
    before = run.with_data(_data_of(trainer), asked)
    return before, snapshot if trainer.stop == stop else set_stop(trainer, stop)


def undo(run: Run) -> tuple[Run, Snapshot, Command | None]:
    """Takes back the last edit, freeze or change of samples."""
    done = run.trainer.undo()
    return run.with_data(_data_of(run.trainer), run.asked), run.trainer.snapshot(), done


def _data_of(trainer: Trainer) -> Dataset:
    dataset = trainer.dataset
    assert isinstance(dataset, Dataset)  # it is given no other data here
    return dataset


def set_stop(trainer: Trainer, stop: Stop | None) -> Snapshot:
    return touch(trainer, SetStop(stop))


def _run_for_a_moment(trainer: Trainer, steps: int, end: float) -> None:
    portion = 1
    while steps > 0:
        steps -= trainer.run(steps=min(portion, steps))
        if trainer.stopped or perf_counter() >= end:
            return
        portion *= 2  # portions grow, so that fast steps are not slowed by asking for the time
