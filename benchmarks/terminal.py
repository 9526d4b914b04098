"""A program in a pseudo-terminal, as a person has it before them: keys go in, and a screen comes out."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Self

import pyte


class Terminal:
    """Runs a command until the context ends. `text` is what stands on the screen, a line a row."""

    def __init__(
        self, command: Sequence[str], columns: int = 120, rows: int = 40, environment: dict[str, str] | None = None
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._painted = bytearray()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | (environment or {})
        self.started = perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=variables, close_fds=True, start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        """The screen as it is now.

        What is painted is made into a screen when that is asked for: it takes as long as painting it, on a processor
        that the program has in a terminal.
        """
        self._stream.feed(bytes(self._painted))
        self._painted.clear()
        return "\n".join(self._screen.display)

    def press(self, keys: str) -> float:
        """Types; the moment at which it was typed."""
        os.write(self._master, keys.encode())
        return perf_counter()

    def wait(self, holds: Callable[[str], bool], seconds: float) -> float:
        """The moment at which the screen's text first held; TimeoutError after so many seconds."""
        end = perf_counter() + seconds
        while not holds(self.text):
            while not self._read(0.005):
                if perf_counter() >= end:
                    raise TimeoutError(f"The screen did not come to what was waited for:\n{self.text}")
        return perf_counter()

    def wait_for(self, pattern: re.Pattern[bytes], seconds: float) -> float:
        """The moment at which the program had painted what the pattern finds, counted from here."""
        end, start = perf_counter() + seconds, len(self._painted)
        while not pattern.search(self._painted, start):
            if not self._read(max(0.0, end - perf_counter())):
                raise TimeoutError(f"The program did not paint {pattern.pattern!r}:\n{self.text}")
        return perf_counter()

    def leave(self, seconds: float) -> None:
        """Lets it run for so long."""
        end = perf_counter() + seconds
        while (left := end - perf_counter()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            self._painted += os.read(self._master, 1 << 16)
        except OSError as ended:
            raise TimeoutError(f"The program ended:\n{self.text}") from ended
        return True
