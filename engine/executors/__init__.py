"""Executors: they run a tape, forward and backward, over an arena of rows.

`numpy` is always there; `native` needs llvmlite and is much faster. One is chosen when a program is made and never
changed in mid-run, so that a run's bits do not depend on what happens around it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from mgrad.engine.errors import OptionError, choose

if TYPE_CHECKING:
    from mgrad.engine.executors.base import Executor
    from mgrad.engine.executors.orders import Draw
    from mgrad.engine.tape import Tape

NAMES = ("native", "numpy")


def available() -> tuple[str, ...]:
    """Names of the executors that can run here, the fastest first."""
    try:
        return NAMES if find_spec("llvmlite") else NAMES[1:]
    except ImportError:  # where something in Python's search for modules forbids it
        return NAMES[1:]


def ready(executor: str | None = None) -> bool:
    """Whether an executor (the fastest, if none is named) starts at once, without compiling anything first."""
    if _chosen(executor) == "numpy":
        return True
    from mgrad.engine.executors import kernel_cache

    return kernel_cache.filled()


def prepare(executor: str | None = None) -> None:
    """Compiles the kernels in a process of their own where the cache lacks them; returns when they are there.

    It takes some seconds, once for each version of mgrad, of llvmlite and of Python. Meanwhile this process stays
    alive: call it from a thread where a screen has to go on.
    """
    if _chosen(executor) == "native":
        from mgrad.engine.executors import kernel_cache

        kernel_cache.kernels()


def make_executor(tape: Tape, executor: str | None = None) -> Executor:
    """An executor for a tape: the one that is named, else the fastest that can run here."""
    if _chosen(executor) == "numpy":
        from mgrad.engine.executors.numpy_executor import NumpyExecutor

        return NumpyExecutor(tape)
    from mgrad.engine.executors import kernel_cache
    from mgrad.engine.executors.native_executor import NativeExecutor

    return NativeExecutor(tape, kernel_cache.kernels().execute)


def order_draw(executor: str | None = None) -> Draw:
    """What draws orders of samples where that executor runs; all draw the same."""
    from mgrad.engine.executors import orders

    if _chosen(executor) == "numpy":
        return orders.draw_orders
    from mgrad.engine.executors import kernel_cache

    return orders.compiled_draw(kernel_cache.kernels().execute)


def _chosen(executor: str | None) -> str:
    if executor is None:
        return available()[0]
    choose("executor", executor, NAMES)
    if executor not in available():
        raise OptionError("executor is 'native', but llvmlite is not installed: install it, or take 'numpy'.")
    return executor
