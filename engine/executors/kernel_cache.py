"""Where compiled kernels are kept, and how they come there.

Compiling takes seconds and holds Python's lock all the while, so a process of its own does it and leaves the result in
a folder; this process then only loads it. The folder's name holds a hash of the sources and the versions of everything
that the machine code depends on, so stale code is never run. A folder that cannot be written, or that holds damaged
files, costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import warnings
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from types import ModuleType

from platformdirs import user_cache_path

_SOURCES = (
    "executors/access.py",
    "executors/base.py",
    "executors/kernels.py",
    "executors/lanes.py",
    "executors/layer_kernels.py",
    "executors/microkernels.py",
    "executors/packing.py",
    "executors/primitives.py",
    "executors/switches.py",
    "operations.py",
    "optimizers.py",
    "tape.py",
)
_KERNELS = "mgrad.engine.executors.kernels"
_loading = RLock()  # a module stands among the loaded ones before it is whole: a second thread has to wait


def folder() -> Path:
    """The folder for the kernels of this version of everything; it need not exist."""
    engine = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for source in _SOURCES:
        digest.update((engine / source).read_bytes())
    forced = [os.environ.get(name, "") for name in ("MGRAD_VECTOR_BITS", "MGRAD_FMA")]
    for part in (sys.version, platform.machine(), *forced, *map(version, ("numba", "llvmlite", "numpy"))):
        digest.update(part.encode() + b"\0")
    return user_cache_path("mgrad") / f"kernels-{digest.hexdigest()[:16]}"


def filled() -> bool:
    """Whether the kernels are in the cache, or loaded already."""
    return _KERNELS in sys.modules or (folder() / "complete").exists()


def fill() -> None:
    """Runs a process that compiles the kernels into the cache; does nothing where they are in it."""
    with _loading:
        if filled() or not writable():
            return
        done = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True)
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            warnings.warn(f"The kernels could not be compiled in a process of their own: {last[0]}", stacklevel=2)


def writable() -> bool:
    """Whether the folder can be made and written."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        probe = folder() / "probe"
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may do the same at this moment
    except OSError:
        return False
    return True


def kernels() -> ModuleType:
    """The module of kernels, compiled; from the cache where it can be."""
    with _loading:
        return _kernels()


def _kernels() -> ModuleType:
    if _KERNELS in sys.modules:
        return sys.modules[_KERNELS]
    if not writable():
        warnings.warn(f"{folder()} cannot be written: kernels are compiled at every start.", stacklevel=2)
        return import_module(_KERNELS)
    fill()
    try:
        return _load()
    except Exception as damage:  # whatever a damaged file makes the unpickler raise
        warnings.warn(f"The kernels in {folder()} are damaged ({damage}): compiled again.", stacklevel=2)
        shutil.rmtree(folder(), ignore_errors=True)
        sys.modules.pop(_KERNELS, None)
        fill()
        return _load()


def _load() -> ModuleType:
    from numba.core import config

    # A function's place in the cache is settled when it is decorated, that is, while the module is imported.
    usual = getattr(config, "CACHE_DIR", "")
    setattr(config, "CACHE_DIR", str(folder()))  # noqa: B010 - numba makes this name at run time
    try:
        return import_module(_KERNELS)
    finally:
        setattr(config, "CACHE_DIR", usual)  # noqa: B010


if __name__ == "__main__":
    _load()
    (folder() / "complete").touch()
