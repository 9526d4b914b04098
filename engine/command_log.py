"""The log of a run: its commands, each with the step before which it was applied.

What was set and set again before a step was done had no effect: only the last of it is kept, so that a dragged slider
leaves one line. A log never changes; with a command more it is another one, which shares what came before. So every
moment of a run has its own log, and all of them together are hardly larger than the longest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mgrad.engine.commands import Command, Edit, Freeze, Logged


@dataclass(frozen=True, eq=False)
class CommandLog:
    """Commands in the order in which they were applied.

    >>> from mgrad.engine.commands import SetRate
    >>> log = CommandLog().with_command(0, SetRate(0.1)).with_command(0, SetRate(0.2)).with_command(5, SetRate(0.3))
    >>> [(entry.step, entry.command.rate) for entry in log]
    [(0, 0.2), (5, 0.3)]
    """

    _shared: list[Logged] = field(default_factory=list)  # by all logs that begin so; it is only ever appended to
    _count: int = 0  # so many of them are this log's
    _last: Logged | None = None  # comes after them

    def __iter__(self) -> Iterator[Logged]:
        yield from self._shared[: self._count]
        if self._last is not None:
            yield self._last

    def with_command(self, step: int, command: Command) -> CommandLog:
        """The log with one more command, in place of the last where that set the same at the same step."""
        last, now = self._last, Logged(step, command)
        if last is None or (last.step == step and _what_it_sets(last.command) == _what_it_sets(command)):
            return CommandLog(self._shared, self._count, now)
        mine = len(self._shared) == self._count
        shared = self._shared if mine else self._shared[: self._count]  # another log went on from here
        shared.append(last)
        return CommandLog(shared, len(shared), now)


def _what_it_sets(command: Command) -> object:
    match command:
        case Edit(label):
            return Edit, label
        case Freeze(labels):
            return Freeze, frozenset(labels)
        case _:
            return type(command)
