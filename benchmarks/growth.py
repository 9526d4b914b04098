"""Growth: how the time of a step rises with the samples of a batch and with the parameters of a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.race import timed
from benchmarks.results import OURS, Growth
from benchmarks.workloads import SEED, Samples, Workload

_SAMPLES = (10, 32, 100, 316, 1_000, 3_162, 10_000, 31_623, 100_000)
_WIDTHS = (1, 3, 8, 16, 30, 54, 98, 175, 314)  # of both hidden layers: 7 to 100,167 parameters
_MARKERS = {OURS: "o", "numpy": "s", "torch": "^", "jax.jit a step": "v", "jax, loop in one jit": "D"}


def measure_growth() -> list[Growth]:
    """Two curves, always full batch: 2-16-16-1 on more and more samples, and wider networks on 100 samples."""
    return [
        _curve("samples", "2-16-16-1 relu, hinge, full batch", list(_SAMPLES), [_workload(n, 16) for n in _SAMPLES]),
        _curve(
            "parameters",
            "2-n-n-1 relu, hinge, full batch of 100",
            [_parameters(width) for width in _WIDTHS],
            [_workload(100, width) for width in _WIDTHS],
        ),
    ]


def _parameters(width: int) -> int:
    return width * width + 5 * width + 1


def _workload(samples: int, width: int) -> Workload:
    sizes = (2, width, width, 1)
    return Workload("growth", f"{samples} samples", sizes, "relu", "hinge", samples, _plane(samples))


def _plane(samples: int) -> Callable[[], Samples]:
    def draw() -> Samples:
        points = np.random.default_rng(SEED).uniform(-1.0, 1.0, (samples, 2))
        return points, np.where(points.sum(axis=1) > 0.0, 1.0, -1.0)

    return draw


def _curve(over: str, caption: str, counts: list[int], workloads: list[Workload]) -> Growth:
    found = [timed(workload, 1.5).microseconds for workload in workloads]
    return Growth(over, caption, counts, {name: [each[name] for each in found] for name in found[0]})


def draw_growth(curves: list[Growth], path: Path) -> None:
    """Writes the curves as an SVG, the same bytes for the same numbers."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "mgrad"
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(curves), figsize=(11, 4.5), sharey=True, layout="constrained")
    for panel, curve in zip(panels, curves, strict=True):
        for name, microseconds in curve.microseconds.items():
            ours = name == OURS
            panel.plot(
                curve.counts,
                microseconds,
                label=name,
                marker=_MARKERS[name],
                markersize=4,
                linewidth=2.5 if ours else 1.2,
                zorder=3 if ours else 2,
            )
        panel.set(xscale="log", yscale="log", xlabel=curve.over, title=curve.caption)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("microseconds a step")
    panels[0].legend()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
