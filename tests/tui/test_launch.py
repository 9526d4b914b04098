"""The installed command in a real terminal: it opens, and ctrl+q leaves it with exit code 0."""

import os
import re
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

CTRL_Q = b"\x11"
PATIENCE_SECONDS = 60.0
COMMAND = "import sys; from mgrad.tui.main import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal of 120 columns and 40 rows."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    yield ours, theirs
    os.close(ours)


def read_until(ours: int, wanted: bytes, process: subprocess.Popen[bytes]) -> bytes:
    """All that was drawn up to the wanted text, without colours; fails if it does not come."""
    drawn, end = b"", time.monotonic() + PATIENCE_SECONDS
    while wanted not in (plain := re.sub(rb"\x1b\[[0-9;?<>=]*[A-Za-z]", b"", drawn)):
        ready, _, _ = select.select([ours], [], [], max(0.0, end - time.monotonic()))
        if not ready or process.poll() is not None:
            pytest.fail(f"{wanted!r} was never drawn, but: {plain[-2000:]!r}")
        drawn += os.read(ours, 65536)
    return plain


def leave(ours: int, process: subprocess.Popen[bytes]) -> int:
    os.write(ours, CTRL_Q)
    end = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                os.read(ours, 65536)  # a full terminal would hold the process up
            except OSError:
                break  # the other end is closed
    return process.wait(timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("arguments", [[], ["xor", "--layers", "3", "--run", "--speed", "50"]], ids=" ".join)
def test_the_playground_opens_and_closes(arguments: list[str], terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    environment = os.environ | {"TERM": "xterm-256color", "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    try:
        read_until(ours, b"running" if "--run" in arguments else b"paused", process)
        assert leave(ours, process) == 0
    finally:
        process.kill()
        process.wait()
