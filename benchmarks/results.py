"""What a run of the benchmarks found: plain frozen data, for the tables, the JSON file and the documentation alike."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "mgrad"


@dataclass(frozen=True)
class Machine:
    """Where the numbers come from; `peak_gflops` is measured, of one core in float64."""

    processor: str
    cores: int
    system: str
    versions: dict[str, str]
    peak_gflops: float


@dataclass(frozen=True)
class RaceResult:
    """One workload: microseconds a step of mgrad and of every peer, and how far apart their parameters are.

    `differences` are after 100 steps from the same start, relative to the largest entry of each array.
    """

    name: str
    caption: str
    sizes: tuple[int, ...]
    microseconds: dict[str, float]
    differences: dict[str, float]
    rounds: int
    share: float  # of the machine's peak
    target: float | None
    share_target: float | None

    @property
    def best_peer(self) -> str:
        """The fastest of the others."""
        return min((name for name in self.microseconds if name != OURS), key=self.microseconds.__getitem__)

    @property
    def ratio(self) -> float:
        """The best peer's time by ours: above 1 we are faster."""
        return self.microseconds[self.best_peer] / self.microseconds[OURS]

    @property
    def is_met(self) -> bool:
        """Whether ratio and share reach what is aimed at."""
        return self.ratio >= (self.target or 0.0) and self.share >= (self.share_target or 0.0)


@dataclass(frozen=True)
class Measure:
    """A single number beside what is aimed at: at most the `limit`, or at least where `at_least` is true.

    Without a limit it is there to compare with.
    """

    part: str
    caption: str
    number: float
    unit: str
    limit: float | None = None
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the number keeps to the limit; true where there is none."""
        if self.limit is None:
            return True
        return self.number >= self.limit if self.at_least else self.number <= self.limit


@dataclass(frozen=True)
class Growth:
    """Microseconds a step of each contender over something that grows."""

    over: str
    caption: str
    counts: list[int]
    microseconds: dict[str, list[float]]


@dataclass(frozen=True)
class Report:
    """All that was found in one run."""

    machine: Machine
    seconds: float
    races: list[RaceResult]
    shapes: list[RaceResult]
    measures: list[Measure]
    growth: list[Growth]
