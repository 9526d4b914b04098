"""Starting: what the first import and the first compile cost, each in a process of its own.

The kernels' folder is an empty one, a filled one, a damaged one, and one that cannot be made; the answer has to be the
same in all of them. `XDG_CACHE_HOME` moves it, which platformdirs heeds on Linux.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.results import Measure

PART = "start"

_IMPORT = """
from time import perf_counter
start = perf_counter()
{statement}
print(perf_counter() - start)
"""
_PACKAGE, _NAMES = "import mgrad.engine", "from mgrad.engine import Value, parse, MLP, Trainer"

# The promise is about the compile; what the import costs has its own line.
_COMPILE = """
from time import perf_counter
from mgrad.engine import Value
w = Value(1.0, "w")
loss = (w * 2.0 - 6.0) ** 2
start = perf_counter()
program = loss.compile()
print([perf_counter() - start, program.data])
"""


class WrongAnswer(AssertionError):
    """A program computed something else than its graph."""


def measure_start() -> list[Measure]:
    """Seconds of the import, and of the first compile with each kind of folder."""
    imports = {
        statement: median(float(_printed(_IMPORT.format(statement=statement))) for _ in range(5))
        for statement in (_PACKAGE, _NAMES)
    }
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        first = _first_compile(cache)
        cached = median(_first_compile(cache) for _ in range(5))
        for file in cache.rglob("kernels-*"):
            file.write_bytes(b"damaged")
        damaged = _first_compile(cache)
        healed = median(_first_compile(cache) for _ in range(3))
        in_the_way = Path(folder) / "file"
        in_the_way.touch()
        unwritable = _first_compile(in_the_way / "cache")
    return [
        Measure(PART, _PACKAGE, imports[_PACKAGE], "s", 0.15),
        Measure(PART, _NAMES, imports[_NAMES], "s"),
        Measure(PART, "the first compile, nothing in the cache", first, "s", 10.0),
        Measure(PART, "the first compile of a process, with the cache", cached, "s", 0.3),
        Measure(PART, "with a damaged cache", damaged, "s"),
        Measure(PART, "and in the process after it", healed, "s"),
        Measure(PART, "with a folder that cannot be made", unwritable, "s"),
    ]


def _first_compile(cache: Path) -> float:
    seconds, answer = json.loads(_printed(_COMPILE, cache))
    if answer != 16.0:
        raise WrongAnswer(f"(1 * 2 - 6)² is 16, but with the kernels in {cache} it was {answer}.")
    return seconds


def _printed(source: str, cache: Path | None = None) -> str:
    environment = os.environ | ({"XDG_CACHE_HOME": str(cache)} if cache else {})
    # Warnings about the cache are what a person would see too; here they would only stand in the way.
    command = [sys.executable, "-W", "ignore", "-c", source]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
