"""Where compiled kernels are kept, and how they come there.

Compiling takes seconds and holds Python's lock most of the while, so a process of its own does it; this process only
loads the result, and keeps it in a file. The file's name holds a hash of the sources and of everything else that the
machine code depends on, so stale code is never run. A folder that cannot be written, or a file that is damaged, costs
time and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from mgrad.engine.executors.machine_code import Kernels

_SOURCES = (
    "executors/access.py",
    "executors/base.py",
    "executors/calls.py",
    "executors/compiling.py",
    "executors/kernels.py",
    "executors/lanes.py",
    "executors/layer_kernels.py",
    "executors/learning_kernels.py",
    "executors/look_kernels.py",
    "executors/lone_kernels.py",
    "executors/machine_code.py",
    "executors/microkernels.py",
    "executors/one_sample_kernels.py",
    "executors/one_sample_tiles.py",
    "executors/packing.py",
    "executors/pages.py",
    "executors/primitives.py",
    "executors/product_kernels.py",
    "executors/sample_kernels.py",
    "executors/shuffle_kernel.py",
    "executors/switches.py",
    "executors/tape_kernels.py",
    "executors/transposing_tiles.py",
    "operations.py",
    "optimizers.py",
    "tape.py",
)


class DamagedKernels(Exception):
    """A file of kernels does not hold what was once written to it."""


class _Loaded:
    """The kernels of this process: machine code cannot be unloaded, so there is one of it for all."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.kernels: Kernels | None = None


_loaded = _Loaded()


def file() -> Path:
    """The file for the kernels of this version of everything; it need not exist."""
    from mgrad.engine.executors import machine_code

    engine = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for source in _SOURCES:
        digest.update((engine / source).read_bytes())
    forced = [os.environ.get(name, "") for name in ("MGRAD_VECTOR_BITS", "MGRAD_FMA")]
    for part in (sys.version, machine_code.processor(), *forced):
        digest.update(part.encode() + b"\0")
    return user_cache_path("mgrad") / f"kernels-{digest.hexdigest()[:16]}"


def filled() -> bool:
    """Whether the kernels are in the cache, or loaded already."""
    return _loaded.kernels is not None or file().exists()


def kernels() -> Kernels:
    """The kernels, compiled; from the cache where it can be."""
    with _loaded.lock:
        if _loaded.kernels is None:
            _loaded.kernels = _load()
        return _loaded.kernels


def _load() -> Kernels:
    from mgrad.engine.executors import machine_code

    place = file()
    if place.exists():
        try:
            return machine_code.load_kernels(_unsealed(place.read_bytes()))
        except (DamagedKernels, OSError) as damage:
            warnings.warn(f"The kernels in {place} are damaged ({damage}): compiled again.", stacklevel=2)
    code = _compiled()
    try:
        _write(place, _sealed(code))
    except OSError as problem:
        warnings.warn(f"{place} cannot be written ({problem}): kernels are compiled at every start.", stacklevel=2)
    return machine_code.load_kernels(code)


def _compiled() -> bytes:
    """Machine code from a process of its own; where that fails, from this one."""
    done = subprocess.run([sys.executable, "-m", __name__], capture_output=True)
    try:
        if done.returncode == 0:
            return _unsealed(done.stdout)
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        problem = said[0]
    except DamagedKernels as damage:
        problem = str(damage)
    warnings.warn(f"The kernels could not be compiled in a process of their own: {problem}", stacklevel=2)
    from mgrad.engine.executors import machine_code

    return machine_code.compile_kernels()


_DIGEST = hashlib.sha256().digest_size


def _sealed(code: bytes) -> bytes:
    return hashlib.sha256(code).digest() + code


def _unsealed(written: bytes) -> bytes:
    code = written[_DIGEST:]
    if written[:_DIGEST] != hashlib.sha256(code).digest():
        raise DamagedKernels(f"{len(written)} bytes that do not fit their checksum")
    return code


def _write(place: Path, content: bytes) -> None:
    """All at once: another process may read or write the same at this moment."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_suffix(f".{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(place)


def _main() -> None:
    from mgrad.engine.executors import machine_code

    sys.stdout.buffer.write(_sealed(machine_code.compile_kernels()))


if __name__ == "__main__":
    _main()
