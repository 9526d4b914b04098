"""The run: which parts there are, and doing them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import perf_counter

from rich.console import Console

from benchmarks.crate import measure_crate
from benchmarks.graphs import measure_graphs
from benchmarks.growth import measure_growth
from benchmarks.lowering import measure_lowering
from benchmarks.machine import this_machine
from benchmarks.race import race
from benchmarks.results import Growth, Measure, RaceResult, Report
from benchmarks.screen import measure_screen
from benchmarks.shapes import SHAPES
from benchmarks.start import measure_start
from benchmarks.tables import growth_table, measure_table, race_table
from benchmarks.workloads import WORKLOADS

_MEASURES: dict[str, Callable[[], list[Measure]]] = {
    "lowering": measure_lowering,
    "graphs": measure_graphs,
    "crate": measure_crate,
    "start": measure_start,
}
_ON_REQUEST: dict[str, Callable[[], list[Measure]]] = {"ui": measure_screen}
"""Parts that are measured when they are named: they need a quiet machine and some minutes of their own."""

PARTS = (*WORKLOADS, *_MEASURES, "shapes", "growth")
NAMED = (*PARTS, *_ON_REQUEST)

_SECONDS_A_WORKLOAD, _SECONDS_A_SHAPE = 8.0, 2.0


def run(parts: Collection[str], console: Console) -> Report:
    """Does the parts, always in the same order, and prints what is found as it comes."""
    start = perf_counter()
    machine = this_machine()
    console.print(f"{machine.processor}, {machine.system}, one thread, float64")
    console.print(", ".join(f"{name} {text}" for name, text in machine.versions.items()))
    # Before the peers are loaded: their objects would keep the garbage collector busy while graphs are built.
    measures: list[Measure] = []
    measured = _MEASURES | _ON_REQUEST
    for name in (name for name in measured if name in parts):
        with console.status(name):
            found = measured[name]()
        console.print(measure_table(found))
        measures += found
    races: list[RaceResult] = []
    for workload in (workload for name, workload in WORKLOADS.items() if name in parts):
        with console.status(f"{workload.name}: {workload.caption}"):
            races.append(race(workload, machine.peak_gflops, _SECONDS_A_WORKLOAD))
    if races:
        console.print(race_table(races, machine.peak_gflops))
    shapes: list[RaceResult] = []
    for workload in SHAPES.values() if "shapes" in parts else ():
        with console.status(f"{workload.name}: {workload.caption}"):
            shapes.append(race(workload, machine.peak_gflops, _SECONDS_A_SHAPE, round_seconds=0.05))
    if shapes:
        console.print(race_table(shapes, machine.peak_gflops))
    growth: list[Growth] = []
    if "growth" in parts:
        with console.status("growth"):
            growth = measure_growth()
        for curve in growth:
            console.print(growth_table(curve))
    return Report(machine, perf_counter() - start, races, shapes, measures, growth)
