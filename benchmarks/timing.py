"""Timing side by side: everybody takes turns in short rounds, and medians are compared.

A machine's pace drifts with heat and neighbours. Within a round of a few hundredths of a second it hardly does, so
what drifts hits all alike; and the order within a round turns, so that nobody always runs after the same one.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter

_WARM_UP_ROUNDS = 10  # a Trainer's first epochs cost more than the later ones, since all are points of its curve


@dataclass(frozen=True)
class Contender:
    """Somebody to be timed: `run(passes)` does that many passes of `steps` steps each."""

    run: Callable[[int], object]
    steps: int = 1


@dataclass(frozen=True)
class Timings:
    """Median microseconds a step of each contender, and over how many rounds."""

    microseconds: dict[str, float]
    rounds: int


def seconds_of(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def interleave(
    contenders: Mapping[str, Contender], seconds: float, *, round_seconds: float = 0.1, least_rounds: int = 9
) -> Timings:
    """Times the contenders in turns, for about so many seconds in all.

    Each has `round_seconds` of a round, and at least one pass; what it does before its number of passes is found is its
    warm-up and does not count.
    """
    passes = {name: _passes_within(contender, round_seconds) for name, contender in contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    end, rounds = perf_counter() + seconds, 0
    while rounds < least_rounds or perf_counter() < end:
        for name in order:
            contender, count = contenders[name], passes[name]
            start = perf_counter()
            contender.run(count)
            taken[name].append((perf_counter() - start) / (count * contender.steps) * 1e6)
        order.append(order.pop(0))
        rounds += 1
    return Timings({name: median(times) for name, times in taken.items()}, rounds)


def _passes_within(contender: Contender, seconds: float) -> int:
    contender.run(1)  # compiles, where somebody compiles
    count, end = 1, perf_counter() + _WARM_UP_ROUNDS * seconds
    while True:
        while (took := _seconds_of_passes(contender, count)) < seconds:
            count *= 2 if took > seconds / 16 else 8
        count = max(1, round(count * seconds / took))
        if perf_counter() >= end:
            return count


def _seconds_of_passes(contender: Contender, count: int) -> float:
    return seconds_of(lambda: contender.run(count))


class CollectorClock:
    """How long Python's garbage collector has been at work since the clock was started, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = 0.0

    def __call__(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._since = perf_counter()
        else:
            self.seconds += perf_counter() - self._since


@contextmanager
def collector_clock() -> Iterator[CollectorClock]:
    """A clock that runs while the collector does."""
    clock = CollectorClock()
    gc.callbacks.append(clock)
    try:
        yield clock
    finally:
        gc.callbacks.remove(clock)
