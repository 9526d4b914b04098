"""One workload, side by side: first whether all compute the same, then who is how fast.

The Trainer's time is that of `trainer.run(steps=...)` with all that it does: drawing the order of every epoch, keeping
the numbers of the curve's points (which are measured when somebody asks for the curve: here nobody does), writing
parameters back. The peers' is that of their steps alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.peers import PEERS, make_peer
from benchmarks.results import OURS, RaceResult
from benchmarks.timing import Contender, Timings, interleave
from benchmarks.workloads import Floats, Workload, parameters_of

COMPARED_STEPS = 100
TOLERANCE = 1e-9


class ParametersDiffer(AssertionError):
    """Two trainings that should have done the same did not."""


def race(workload: Workload, peak_gflops: float, seconds: float, *, round_seconds: float = 0.1) -> RaceResult:
    """Compares parameters after 100 steps, then times for about so many seconds.

    Raises `ParametersDiffer` where a peer's parameters are further from ours than 1e-9 of an array's largest entry.
    """
    differences = {peer: _checked(difference_after(workload, peer), workload, peer) for peer in PEERS}
    timings = timed(workload, seconds, round_seconds=round_seconds)
    return RaceResult(
        name=workload.name,
        caption=workload.caption,
        sizes=workload.sizes,
        microseconds=timings.microseconds,
        differences=differences,
        rounds=timings.rounds,
        share=workload.flops / timings.microseconds[OURS] / 1e3 / peak_gflops,
        target=workload.target,
        share_target=workload.share_target,
    )


def timed(workload: Workload, seconds: float, *, peers: Sequence[str] = PEERS, round_seconds: float = 0.1) -> Timings:
    """Times mgrad and the peers in turns; a pass is an epoch for everybody."""
    net = workload.network()
    start, batches = parameters_of(net), workload.batches(workload.steps_an_epoch)
    trainer, steps = workload.trainer(net), workload.steps_an_epoch
    contenders = {OURS: Contender(lambda passes: trainer.run(steps=passes * steps), steps)}
    for name in peers:
        contenders[name] = Contender(make_peer(name, workload, start, batches).run, steps)
    return interleave(contenders, seconds, round_seconds=round_seconds)


def difference_after(workload: Workload, peer: str, steps: int = COMPARED_STEPS) -> float:
    """How far a peer's parameters are from ours after so many steps from the same start, over the same batches.

    The largest difference in each array by the array's largest entry, and of these the largest.
    """
    net = workload.network()
    batches = workload.batches(steps)
    other = make_peer(peer, workload, parameters_of(net), batches)
    workload.trainer(net).run(steps=steps)
    other.run(steps // len(batches))
    return max(map(_relative, parameters_of(net), other.parameters()))


def _relative(ours: Floats, theirs: Floats) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(ours).max())


def _checked(difference: float, workload: Workload, peer: str) -> float:
    if not difference <= TOLERANCE:
        raise ParametersDiffer(
            f"After {COMPARED_STEPS} steps of {workload.name} the parameters of {peer} are {difference:.1e} from "
            f"mgrad's, but may be at most {TOLERANCE:g}."
        )
    return difference
