"""The moments of a run that can be gone back to: snapshots, thinned so that memory stays the same for ever."""

from __future__ import annotations

from mgrad.engine.training import Snapshot

MOST = 200
MOST_BYTES = 64_000_000


class Timeline:
    """Snapshots in the order of their steps; the first and the newest are always kept.

    When there are too many, or they take too much memory, every second one goes: so they are spread over the whole run.
    Samples count where they were exchanged since; those of the newest moment are the run's own.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._moments: list[Snapshot] = []

    def __len__(self) -> int:
        return len(self._moments)

    def __getitem__(self, at: int) -> Snapshot:
        return self._moments[at]

    @property
    def moments(self) -> tuple[Snapshot, ...]:
        return tuple(self._moments)

    @property
    def nbytes(self) -> int:
        """About how much memory is held for going back."""
        exchanged = {id(each.resume.samples): each.samples_nbytes for each in self._moments}
        if self._moments:
            del exchanged[id(self._moments[-1].resume.samples)]
        return sum(each.nbytes for each in self._moments) + sum(exchanged.values())

    def nearest(self, step: float) -> int:
        """The place of the moment whose step is nearest."""
        return min(range(len(self)), key=lambda at: abs(self._moments[at].step - step))

    def add(self, snapshot: Snapshot) -> None:
        """A newer moment; one of the same step takes the place of the last."""
        if self._moments and snapshot.step <= self._moments[-1].step:
            self._moments.pop()
        self._moments.append(snapshot)
        while len(self._moments) > 3 and (len(self._moments) > self._most or self.nbytes > self._most_bytes):
            # counted from the first, without the newest: it stays, whatever its place
            self._moments = [*self._moments[:-1:2], self._moments[-1]]

    def cut(self, at: int) -> None:
        """Forgets what came after a moment."""
        del self._moments[at + 1 :]

    def clear(self) -> None:
        self._moments = []
