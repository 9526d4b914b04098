"""How many steps are due: a speed in steps a second, turned into portions; and how fast it really goes.

Too fast to watch is the engine's usual speed, so a run is slowed to one that a person chose. A machine that cannot keep
up does not fall ever further behind: what is more than a quarter of a second late is dropped.
"""

import math
from dataclasses import dataclass, field

SPEEDS: tuple[float | None, ...] = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, None)
"""What the panel offers, in steps a second; None is as fast as the machine goes."""
DEFAULT_SPEED = 500.0
PATIENCE = 0.25


@dataclass
class Pace:
    """Steps due at a speed since `start` (seconds of any clock); the first one at once.

    >>> pace = Pace(10.0, start=0.0)
    >>> pace.due(0.0), pace.due(0.15)
    (1, 2)
    >>> pace.done += 2
    >>> pace.due(0.15), round(pace.wait(0.15), 2)
    (0, 0.05)
    """

    speed: float
    start: float
    done: int = field(default=0)

    def due(self, now: float) -> int:
        """How many steps to do by now."""
        late = math.floor((now - self.start) * self.speed + 1e-9) + 1 - self.done
        most = max(1, math.ceil(self.speed * PATIENCE))
        if late > most:
            self.done += late - most
            return most
        return max(0, late)

    def wait(self, now: float) -> float:
        """Seconds until the next step is due."""
        return max(0.0, self.start + self.done / self.speed - now)


METER_SECONDS = 0.5
"""Over so long a time it is measured."""


@dataclass
class Meter:
    """How fast a run goes: in steps a second, with all pauses between them, and in seconds of work a step.

    >>> meter = Meter()
    >>> for quarter in range(4):
    ...     meter.add(now=quarter / 4, steps=50, seconds=0.001)
    >>> meter.speed, meter.step_seconds
    (200.0, 2e-05)
    """

    speed: float | None = None
    step_seconds: float | None = None
    _since: float | None = None
    _steps: int = 0
    _seconds: float = 0.0

    def add(self, now: float, steps: int, seconds: float) -> None:
        """Some steps that ended now (seconds of any clock), after so many seconds of work."""
        if self._since is None:
            self._since = now
            return
        self._steps, self._seconds = self._steps + steps, self._seconds + seconds
        if now - self._since >= METER_SECONDS and self._steps:
            self.speed, self.step_seconds = self._steps / (now - self._since), self._seconds / self._steps
            self._since, self._steps, self._seconds = now, 0, 0.0

    def restart(self) -> None:
        """After a pause: what a step takes is still known."""
        self.speed = self._since = None
        self._steps, self._seconds = 0, 0.0
