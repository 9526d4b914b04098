"""What a caller may choose when loading data, checked once for every source."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real

from mgrad.datasets.dataset import PROBLEMS
from mgrad.engine.errors import OptionError, choose

LARGEST_SIZE = 1_000_000


@dataclass(frozen=True)
class Options:
    """The options of `load`, in the units of the screen; see there."""

    noise: float = 0
    size: int | None = None
    seed: int = 7
    train_share: float = 50
    target: str | int | None = None
    header: bool | None = None
    standardise: bool | None = None
    problem: str | None = None
    columns: Sequence[str | int] | None = None

    def check(self) -> None:
        """Raises OptionError for the first option outside of what any source allows."""
        if not _is_number(self.noise) or not 0 <= self.noise <= 50:
            raise OptionError(f"noise is {self.noise!r}, but must be 0 to 50 percent.")
        if self.size is not None and not (_is_whole(self.size) and 2 <= self.size <= LARGEST_SIZE):
            raise OptionError(f"size is {self.size!r}, but must be a whole number of samples, 2 to {LARGEST_SIZE}.")
        if not _is_whole(self.seed) or self.seed < 0:
            raise OptionError(f"seed is {self.seed!r}, but must be a whole number, 0 or more.")
        if not _is_number(self.train_share) or not (10 <= self.train_share <= 90 or self.train_share == 100):
            raise OptionError(
                f"train_share is {self.train_share!r}, but must be 10 to 90 percent, or 100 for no test part."
            )
        if self.columns is not None and (isinstance(self.columns, str) or not isinstance(self.columns, Sequence)):
            raise OptionError(f"columns is {self.columns!r}, but must be a list of names or positions of columns.")
        for name, given in (("header", self.header), ("standardise", self.standardise)):
            if given is not None and not isinstance(given, bool):
                raise OptionError(f"{name} is {given!r}, but must be True, False or None.")
        if self.problem is not None:
            choose("problem", self.problem, PROBLEMS)

    def refuse(self, name: str, reason: str, *refused: str) -> None:
        """Raises OptionError where one of the refused options was given: it would change nothing."""
        for option in refused:
            if getattr(self, option) != getattr(Options, option):
                raise OptionError(f"{name} takes no {option}: {reason}. Leave it out.")


def _is_number(given: object) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool) and math.isfinite(given)


def _is_whole(given: object) -> bool:
    return isinstance(given, Integral) and not isinstance(given, bool)
