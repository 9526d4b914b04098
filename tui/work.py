"""What the session's thread does: build a run, carry it on for a moment, change what is live.

Each function is one job. It gets all that it needs and returns frozen data, so the session never shares anything with
its thread but the Trainer, which only these functions touch.
"""

from dataclasses import dataclass
from time import perf_counter

from mgrad.datasets import Dataset
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.training import Snapshot, Trainer
from mgrad.tui.settings import LIVE, Settings, adapt, build, complete, load_data

CHUNK_SECONDS = 0.02


@dataclass(frozen=True)
class Run:
    """One set-up, built. `asked` is what a person chose, `settings` with all that was left open filled in."""

    asked: Settings
    settings: Settings
    dataset: Dataset
    trainer: Trainer


@dataclass(frozen=True)
class Chunk:
    """What came of some steps: how many, what it looks like then (if that was asked for), what went wrong."""

    steps: int
    snapshot: Snapshot | None
    failure: NotFiniteError | None = None


def find_data(asked: Settings, before: Run | None) -> tuple[Dataset, Settings, str]:
    """The data asked for, the settings adapted to it, and a sentence about that ("" where nothing had to follow)."""
    if before and asked.same_data(before.asked):
        return before.dataset, asked, ""
    dataset = load_data(asked)
    return dataset, *adapt(asked, before.dataset if before else None, dataset)


def start(asked: Settings, dataset: Dataset) -> tuple[Run, Snapshot]:
    """A run at step 0."""
    trainer = build(asked, dataset)
    return Run(asked, complete(asked, dataset), dataset, trainer), trainer.snapshot()


def carry_on(trainer: Trainer, steps: int | None, look: bool) -> Chunk:
    """So many steps (None: any number), but no longer than a chunk takes."""
    before = trainer.step_count
    try:
        if steps is None:
            trainer.run(seconds=CHUNK_SECONDS)
        else:
            _run_for_a_moment(trainer, steps)
    except NotFiniteError as failure:
        return Chunk(trainer.step_count - before, trainer.snapshot(), failure)
    return Chunk(trainer.step_count - before, trainer.snapshot() if look else None)


def advance(trainer: Trainer, steps: int, epochs: int) -> Chunk:
    """Exactly so many steps, or epochs."""
    before = trainer.step_count
    failure = None
    try:
        if epochs:
            trainer.run(epochs=epochs)
        if steps:
            trainer.run(steps=steps)
    except NotFiniteError as error:
        failure = error
    return Chunk(trainer.step_count - before, trainer.snapshot(), failure)


def set_live(trainer: Trainer, settings: Settings) -> Snapshot:
    """Rates and batch size, while everything else goes on."""
    for name in LIVE:
        if getattr(trainer, name) != getattr(settings, name):
            setattr(trainer, name, getattr(settings, name))
    return trainer.snapshot()


def _run_for_a_moment(trainer: Trainer, steps: int) -> None:
    end, portion = perf_counter() + CHUNK_SECONDS, 1
    while steps > 0 and perf_counter() < end:
        steps -= trainer.run(steps=min(portion, steps))
        portion *= 2  # portions grow, so that fast steps are not slowed by asking for the time
