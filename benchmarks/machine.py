"""The machine that the numbers are from, in the words that a reader would compare with their own."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.peak import peak_gflops
from benchmarks.results import Machine

_LIBRARIES = ("numpy", "llvmlite", "torch", "jax", "micrograd")


def this_machine() -> Machine:
    """Describes the machine, and measures its peak."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        versions={"Python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
        peak_gflops=peak_gflops(),
    )


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
