"""What the screen pulls: one frozen object with all that there is to see at a moment."""

from dataclasses import dataclass, field
from enum import Enum

from mgrad.datasets import Dataset
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.stops import Stop
from mgrad.engine.training import Snapshot
from mgrad.tui.choices import Setup
from mgrad.tui.messages import Message
from mgrad.tui.settings import Settings
from mgrad.tui.sight import Look, Sight
from mgrad.tui.work import Run


class State(Enum):
    """What the run is doing, with the sign that says so without colour."""

    RUNNING = "● running"
    PAUSED = "‖ paused"
    STOPPED = "■ stopped"
    PAST = "◂ past"
    COMPILING = "◌ compiling"
    BUILDING = "◌ building"
    NOT_FINITE = "▲ nan"


@dataclass(frozen=True)
class View:
    """What there is to see.

    `wanted` and `dataset` are what was asked for last, `run` is what is trained: they agree but for a rebuild.
    """

    state: State
    running: bool
    """Whether it runs, or will as soon as it can."""
    wanted: Settings
    speed: float | None
    measured: float | None
    dataset: Dataset | None
    run: Run | None
    snapshot: Snapshot | None
    failure: NotFiniteError | None
    message: Message | None
    busy_seconds: float
    opened: Settings
    asked: Settings
    """What a person chose, with what they left open left open."""
    look: Look = field(default_factory=Look)
    sight: Sight | None = None
    """None until the engine has looked for the first time; else of the same moment as `snapshot`."""
    stop: Stop | None = None
    past_at: float = 1.0
    """Where the shown moment is, from 0 (the first step) to 1 (now)."""
    moments: int = 0
    """How many moments can be gone back to."""
    step_seconds: float | None = None
    """What a step took last at full speed. At a slower one nobody knows: few steps are due at a time, and to ask for
    them takes longer than they do."""

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return self.run is not None and self.run.trainer.can_undo

    @property
    def setup(self) -> Setup:
        """What the panel shows and changes."""
        data = self.dataset
        return Setup(
            self.wanted,
            self.speed,
            self.opened,
            self.stop,
            self.look.show_test,
            self.look.discretise,
            data.problem if data else "classification",
            len(data.features) if data else 2,
            len(data.train) if data else 0,
        )
