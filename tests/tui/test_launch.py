"""The command as a process of its own: what it prints and loads, and that it opens and closes in a real terminal."""

import json
import os
import re
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

CTRL_Q = b"\x11"
PATIENCE_SECONDS = 60.0
COMMAND = "import sys; from mgrad.tui.main import main; sys.exit(main(sys.argv[1:]))"


def started(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mgrad.tui.main", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "100", "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def test_version() -> None:
    done = started("--version")

    assert re.fullmatch(r"mgrad-tui \d+\.\d+\.\d+\n", done.stdout)
    assert done.returncode == 0


@pytest.mark.parametrize("command", [[], ["train"]], ids=["screen", "train"])
def test_help_shows_every_option_and_what_can_be_chosen(command: list[str]) -> None:
    done = started(*command, "--help")

    flags = (
        "noise train-share size target layers activation output init learning-rate optimizer schedule batch-size loss"
    )
    for flag in (*flags.split(), "l1", "l2", "seed", "speed", "run", *(["epochs", "json", "quiet"] if command else [])):
        assert f"--{flag}" in done.stdout
    for name in ("spiral", "iris", "sigmoid", "xavier", "rmsprop", "cosine", "half_mse"):
        assert name in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["--layers", "x"]], ids=" ".join)
def test_help_and_version_load_neither_the_screen_nor_the_compiler(arguments: list[str]) -> None:
    source = (
        "import sys\nfrom mgrad.tui.main import main\n"
        f"main({arguments!r})\n"
        "print(sorted({'textual', 'llvmlite', 'plotext'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, encoding="utf-8", timeout=60)

    assert done.stdout.splitlines()[-1] == "[]"


def test_the_screen_is_there_before_what_only_pictures_and_files_need() -> None:
    later = {"plotext", "textual_plotext", "textual_fspicker", "llvmlite", "rich.progress"}
    source = f"import sys\nimport mgrad.tui.main, mgrad.tui.app\nprint(sorted({later} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, encoding="utf-8", timeout=60)

    assert done.stdout.splitlines() == ["[]"]


def test_training_without_a_screen_never_loads_the_screen() -> None:
    source = (
        "import sys\nfrom mgrad.tui.main import main\n"
        "main(['train', '--epochs', '1', '--json'])\nprint('textual' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, encoding="utf-8", timeout=120)

    assert done.stdout.splitlines()[-1] == "False"


def test_the_process_prints_one_object_and_exits_with_its_code() -> None:
    done = started("train", "spiral", "--epochs", "20", "--json", "--quiet")

    assert json.loads(done.stdout)["epochs"] == 20
    assert (done.returncode, done.stderr) == (0, "")


def test_the_process_says_bad_input_in_one_line() -> None:
    done = started("train", "--optimizer", "best")

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


# ---------------------------------------------------------------------- in a terminal


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


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
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
