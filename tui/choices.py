"""Kinds of settings: a number on a ladder, a name out of a list, and the row that shows one.

How a setting is read, changed and written stands in its row; the panel draws rows and the command palette lists them
without knowing what they mean. The rows themselves are in `mgrad.tui.setup_table`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mgrad.datasets import Dataset
from mgrad.tui import formats
from mgrad.tui.settings import Settings

if TYPE_CHECKING:
    from mgrad.engine.stops import Stop


@dataclass(frozen=True)
class Setup:
    """All that the panel sets: what makes the run, and how fast it is shown."""

    settings: Settings
    speed: float | None
    opened: Settings | None = None
    """What the playground was opened with: a table of one's own stays in the list of data."""
    stop: Stop | None = None
    """Where a run ends by itself."""
    show_test: bool = False
    discretise: bool = False
    problem: str = "classification"
    """Of the data at hand."""
    inputs: int = 2
    """How many inputs the data at hand has."""
    samples: int = 0
    """How many there are to train on; 0 while that is not known."""


@dataclass(frozen=True)
class Option:
    """One entry of a list."""

    name: str
    caption: str = ""


@dataclass(frozen=True)
class Number:
    """A number that moves along a ladder, or is typed, from `low` to `high`."""

    get: Callable[[Setup], float]
    put: Callable[[Setup, float], Setup]
    ladder: tuple[float, ...]
    low: float = 0.0
    high: float = 1e6
    whole: bool = False
    write: Callable[[float], str] = formats.setting

    def text(self, setup: Setup) -> str:
        return self.write(self.get(setup))

    def moved(self, setup: Setup, by: int) -> Setup:
        """One rung up or down; a number between two rungs goes to the nearer one on that side."""
        now = self.get(setup)
        rungs = [rung for rung in self.ladder if (rung > now if by > 0 else rung < now)]
        return self.put(setup, min(rungs) if by > 0 else max(rungs)) if rungs else setup

    def problem(self, number: float | None) -> str | None:
        """Why a typed number cannot be taken, or None if it can."""
        kind = "a whole number" if self.whole else "a number"
        if number is None or (self.whole and number != int(number)) or not self.low <= number <= self.high:
            return f"must be {kind} from {formats.setting(self.low)} to {formats.setting(self.high)}."
        return None


@dataclass(frozen=True)
class Pick:
    """A name out of a list; the list may depend on the data."""

    get: Callable[[Setup], str]
    put: Callable[[Setup, str], Setup]
    options: Callable[[Setup, Dataset | None], tuple[Option, ...]]

    def moved(self, setup: Setup, by: int, dataset: Dataset | None) -> Setup:
        """The next name of the list, or the one before; the ends meet."""
        names = [option.name for option in self.options(setup, dataset)]
        now = self.get(setup)
        at = (names.index(now) + by) % len(names) if now in names else 0
        return self.put(setup, names[at])


@dataclass(frozen=True)
class Toggle:
    """A name that is on or off."""

    name: str
    get: Callable[[Setup], bool]
    put: Callable[[Setup, bool], Setup]

    def turned(self, setup: Setup) -> Setup:
        return self.put(setup, not self.get(setup))


@dataclass(frozen=True)
class Row:
    """One line of the panel. A layer's has two controls (its number of neurons, its activation); toggles share one."""

    key: str
    name: str
    number: Number | None = None
    pick: Pick | None = None
    toggles: tuple[Toggle, ...] = ()
    live: bool = False
    """True where a change does not begin another run."""
    shown: Callable[[Setup], bool] = lambda setup: True


def set_field(setup: Setup, **fields: object) -> Setup:
    return replace(setup, settings=replace(setup.settings, **fields))  # pyright: ignore[reportArgumentType]
