"""What a person may wish of a session, as data for its queue; each touch of a running network is made here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mgrad.engine.commands import Command, Edit, Freeze, Replace
from mgrad.engine.training import Snapshot, Trainer
from mgrad.tui import formats, work
from mgrad.tui.hand_points import with_point, without_point
from mgrad.tui.settings import Settings
from mgrad.tui.work import Run


@dataclass(frozen=True)
class Change:
    """Other settings; `again` begins another run even where nothing differs."""

    wanted: Settings
    again: bool = False


@dataclass(frozen=True)
class Advance:
    """So many steps, or epochs."""

    steps: int = 0
    epochs: int = 0


@dataclass(frozen=True, eq=False)
class Branch:
    """Go on from a moment of the past of this trainer."""

    snapshot: Snapshot
    trainer: Trainer


@dataclass(frozen=True, eq=False)
class Touch:
    """Anything else that changes a run: a job that gives the run as it then is, what it looks like, and a sentence."""

    job: Callable[[Run], tuple[Run, Snapshot, str]]


Wish = Change | Advance | Branch | Touch


def edit(label: str, number: float) -> Touch:
    """Another number for a parameter."""

    def job(run: Run) -> tuple[Run, Snapshot, str]:
        place = run.trainer.place_of(label)
        before = "" if place is None else formats.value(float(run.trainer.snapshot().parameters[place])).strip() + " → "
        snapshot = work.touch(run.trainer, Edit(label, number))
        return run, snapshot, f"{label}: {before}{formats.value(number).strip()}.  u takes it back."

    return Touch(job)


def freeze(labels: tuple[str, ...]) -> Touch:
    """Freezes parameters; or, where all of them are frozen, lets them learn again."""

    def job(run: Run) -> tuple[Run, Snapshot, str]:
        ice = not set(labels) <= run.trainer.frozen
        snapshot = work.touch(run.trainer, Freeze(labels, ice))
        return run, snapshot, f"{_named(labels)} {'frozen' if ice else 'learning again'}."

    return Touch(job)


def add_point(x: float, y: float, klass: int) -> Touch:
    """One more training sample."""

    def job(run: Run) -> tuple[Run, Snapshot, str]:
        changed, snapshot = work.exchange(run, lambda data: with_point(data, x, y, klass))
        return changed, snapshot, f"Sample {len(changed.dataset.train) - 1} added.  u takes it back."

    return Touch(job)


def remove_point(index: int, part: str) -> Touch:
    """One sample less."""

    def job(run: Run) -> tuple[Run, Snapshot, str]:
        changed, snapshot = work.exchange(run, lambda data: without_point(data, index, part))
        return changed, snapshot, f"Sample {index} removed.  u brings it back."

    return Touch(job)


def undo() -> Touch:
    """Takes back the last edit, freeze or change of samples."""

    def job(run: Run) -> tuple[Run, Snapshot, str]:
        changed, snapshot, done = work.undo(run)
        return changed, snapshot, "There is nothing to undo." if done is None else f"Undone: {_told(done)}."

    return Touch(job)


def _told(command: Command) -> str:
    if isinstance(command, Edit):
        return f"the edit of {command.label}"
    if isinstance(command, Freeze):
        return f"{'freezing' if command.frozen else 'unfreezing'} {_named(command.labels)}"
    if isinstance(command, Replace):
        return "the change of samples"
    return type(command).__name__


def _named(labels: tuple[str, ...]) -> str:
    return labels[0] if len(labels) == 1 else f"{len(labels)} parameters"
