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
from benchmarks.start import measure_start
from benchmarks.tables import growth_table, measure_table, race_table
from benchmarks.workloads import WORKLOADS

_MEASURES: dict[str, Callable[[], list[Measure]]] = {
    "lowering": measure_lowering,
    "graphs": measure_graphs,
    "crate": measure_crate,
    "start": measure_start,
}

PARTS = (*WORKLOADS, *_MEASURES, "growth")

_SECONDS_A_WORKLOAD = 8.0


def run(parts: Collection[str], console: Console) -> Report:
    """Does the parts, always in the same order, and prints what is found as it comes."""
    start = perf_counter()
    machine = this_machine()
    console.print(f"{machine.processor}, {machine.system}, one thread, float64")
    console.print(", ".join(f"{name} {text}" for name, text in machine.versions.items()))
    # Before the peers are loaded: their objects would keep the garbage collector busy while graphs are built.
    measures: list[Measure] = []
    for name in (name for name in _MEASURES if name in parts):
        with console.status(name):
            found = _MEASURES[name]()
        console.print(measure_table(found))
        measures += found
    races: list[RaceResult] = []
    for workload in (workload for name, workload in WORKLOADS.items() if name in parts):
        with console.status(f"{workload.name}: {workload.caption}"):
            races.append(race(workload, machine.peak_gflops, _SECONDS_A_WORKLOAD))
    if races:
        console.print(race_table(races, machine.peak_gflops))
    growth: list[Growth] = []
    if "growth" in parts:
        with console.status("growth"):
            growth = measure_growth()
        for curve in growth:
            console.print(growth_table(curve))
    return Report(machine, perf_counter() - start, races, measures, growth)
