"""The playground itself, in a pseudo-terminal: how soon it is there, how soon it answers a key, what training loses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import psutil

from benchmarks.results import Measure
from benchmarks.terminal import Terminal

PART = "ui"
STARTS, KEYS = 5, 100
_SETUP = ("spiral", "--layers", "8,8", "--optimizer", "adam", "--learning-rate", "0.001")
_STEP = re.compile(r"step +([\d.]+)([kMGT]?)")
_UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}

# The same run without a screen, in steps a second.
_HEADLESS = """
from time import perf_counter
from mgrad.tui.settings import Settings, build
trainer = build(Settings(data="spiral", layers=(8, 8), optimizer="adam", learning_rate=0.001))
trainer.run(seconds=0.5)
start, before = perf_counter(), trainer.step_count
trainer.run(seconds={seconds})
print((trainer.step_count - before) / (perf_counter() - start))
"""


def measure_screen(seconds: float = 10.0, minutes: float = 1.0) -> list[Measure]:
    """First paint, keys while training at full speed, speed beside a run without a screen, memory over some minutes."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"MGRAD_CONFIG_DIR": folder, "PYTHONDONTWRITEBYTECODE": ""}
        _first_paint(environment)  # an installed program has its byte code
        paints = [_first_paint(environment) for _ in range(STARTS)]
        delays = sorted(_key_delays(environment))
        headless = _headless(seconds / 2)
        shown = _shown_speed(environment, seconds)
        headless = median([headless, _headless(seconds / 2)])
        growth = _memory_growth(environment, minutes)
    return [
        Measure(PART, "from the command to the first paint", median(paints), "s", 0.7),
        Measure(PART, "key to screen at full speed, median", 1000 * median(delays), "ms"),
        Measure(PART, "key to screen at full speed, 95th of 100", 1000 * delays[int(len(delays) * 0.95)], "ms", 50.0),
        Measure(PART, "steps a second without a screen", headless, ""),
        Measure(PART, "steps a second on screen", shown, ""),
        Measure(PART, "training's speed on screen, of its own", 100 * shown / headless, "%", 90.0, at_least=True),
        Measure(PART, f"memory that {minutes:g} min at full speed add", growth, "MB", 20.0),
    ]


def _command(*more: str) -> Sequence[str]:
    return [str(Path(sys.executable).with_name("mgrad-tui")), *_SETUP, *more]


def _first_paint(environment: dict[str, str]) -> float:
    with Terminal(_command(), environment=environment) as terminal:
        return terminal.wait(lambda text: "Setup" in text and "rate" in text, 60.0) - terminal.started


def _key_delays(environment: dict[str, str]) -> list[float]:
    """Seconds from `>` to the next sample's number on the screen, while it trains as fast as it can."""
    delays = []
    with Terminal(_command("--speed", "full"), environment=environment) as terminal:
        terminal.wait(lambda text: "sample 0" in text, 60.0)
        terminal.press(" ")
        terminal.wait(lambda text: "running" in text, 60.0)
        terminal.leave(1.0)
        for sample in range(1, KEYS + 1):
            pressed = terminal.press(">")
            delays.append(terminal.wait_for(re.compile(rb"sample %d " % sample), 10.0) - pressed)
            terminal.leave(0.05)
    return delays


def _shown_speed(environment: dict[str, str], seconds: float) -> float:
    with Terminal(_command("--speed", "full"), environment=environment) as terminal:
        terminal.wait(lambda text: _STEP.search(text) is not None, 60.0)
        terminal.press(" ")
        terminal.wait(lambda text: "running" in text, 60.0)
        terminal.leave(1.0)
        before = _step(terminal.text)
        terminal.leave(seconds)
        return (_step(terminal.text) - before) / seconds


def _memory_growth(environment: dict[str, str], minutes: float) -> float:
    """Megabytes between the end of the first quarter and the end."""
    with Terminal(_command("--speed", "full"), environment=environment) as terminal:
        terminal.wait(lambda text: "Setup" in text, 60.0)
        terminal.press(" ")
        process = psutil.Process(terminal.process.pid)
        terminal.leave(15.0 * minutes)
        before = process.memory_info().rss
        terminal.leave(45.0 * minutes)
        return (process.memory_info().rss - before) / 1e6


def _headless(seconds: float) -> float:
    command = [sys.executable, "-c", _HEADLESS.format(seconds=seconds)]
    return float(subprocess.run(command, env=os.environ, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _step(text: str) -> float:
    found = _STEP.search(text)
    if found is None:
        raise TimeoutError(f"No step stands on the screen:\n{text}")
    return float(found.group(1)) * _UNITS[found.group(2)]
