"""The peers: who else does the same training.

A peer is loaded when it is asked for, so that a part of the benchmarks runs where only some are installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from benchmarks.workloads import Batches, Floats, Workload


class Peer(Protocol):
    """A training by somebody else, on batches that lie ready in its own form."""

    def run(self, passes: int) -> None:
        """So many passes over the batches, one step a batch; returns when the last step is done."""
        ...

    def parameters(self) -> list[Floats]:
        """As `benchmarks.workloads.parameters_of`."""
        ...


_CLASSES = {
    "numpy": "numpy_peer.NumpyPeer",
    "torch": "torch_peer.TorchPeer",
    "jax.jit a step": "jax_peer.JaxStepPeer",
    "jax, loop in one jit": "jax_peer.JaxLoopPeer",
}

PEERS = tuple(_CLASSES)


def make_peer(name: str, workload: Workload, start: Sequence[Floats], batches: Batches) -> Peer:
    """A peer at its start; raises ModuleNotFoundError where its library is not installed."""
    module, kind = _CLASSES[name].split(".")
    return getattr(import_module(f"benchmarks.{module}"), kind)(workload, start, batches)
