"""Results as tables for the terminal."""

from __future__ import annotations

from rich import box
from rich.table import Table

from benchmarks.peers import PEERS
from benchmarks.results import OURS, Growth, Measure, RaceResult


def race_table(races: list[RaceResult], peak_gflops: float) -> Table:
    """Microseconds a step of everybody, the ratio to the best peer and the share of the machine's peak."""
    table = Table(title=f"Microseconds a step (peak {peak_gflops:.0f} GFLOP/s)", box=box.SIMPLE_HEAD)
    for column in ("", OURS, *PEERS, "best peer / ours", "of the peak", "parameters apart"):
        table.add_column(column, justify="left" if not column else "right")
    for race in races:
        times = (number(race.microseconds[name]) for name in (OURS, *PEERS))
        apart = f"{max(race.differences.values()):.0e}"
        table.add_row(race.name, *times, ratio_text(race), share_text(race), apart, style="" if race.is_met else "red")
    return table


def measure_table(measures: list[Measure]) -> Table:
    """Single numbers beside their limits."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("", "", "measured", "wanted"):
        table.add_column(column, justify="right" if column else "left")
    for measure in measures:
        table.add_row(
            measure.part, measure.caption, measured(measure), limit_text(measure), style="" if measure.is_met else "red"
        )
    return table


def growth_table(curve: Growth) -> Table:
    """One curve."""
    table = Table(title=f"Microseconds a step over {curve.over}: {curve.caption}", box=box.SIMPLE_HEAD)
    for column in (curve.over, *curve.microseconds):
        table.add_column(column, justify="right")
    for place, count in enumerate(curve.counts):
        table.add_row(f"{count:,}", *(number(times[place]) for times in curve.microseconds.values()))
    return table


def number(amount: float) -> str:
    """Three digits, or all before the point: 0.0169, 3.70, 1,234."""
    if amount == 0 or amount >= 100:
        return f"{amount:,.0f}"
    digits = 2 if amount >= 1 else 3
    return f"{amount:.{1 if amount >= 10 else digits}f}"


def measured(measure: Measure) -> str:
    """A number with its unit."""
    return f"{number(measure.number)} {measure.unit}".strip()


def limit_text(measure: Measure) -> str:
    """What is aimed at, and a word where it is missed."""
    if measure.limit is None:
        return ""
    wanted = f"{'at least' if measure.at_least else 'at most'} {measure.limit:g} {measure.unit}"
    return wanted if measure.is_met else f"{wanted}, missed"


def ratio(race: RaceResult) -> str:
    """How many times faster we are than the best peer: 7.64, 0.51, 0.0021."""
    return f"{race.ratio:.2f}" if race.ratio >= 0.1 else f"{race.ratio:.2g}"


def ratio_text(race: RaceResult) -> str:
    """The ratio, and what is aimed at."""
    if race.target is None:
        return ratio(race)
    missed = "" if race.ratio >= race.target else ", missed"
    return f"{ratio(race)} (wanted {race.target:g}{missed})"


def share_text(race: RaceResult) -> str:
    """The share of the peak in percent, and what is aimed at."""
    shown = f"{race.share:.1%}" if race.share < 0.1 else f"{race.share:.0%}"
    if race.share_target is None:
        return shown
    missed = "" if race.share >= race.share_target else ", missed"
    return f"{shown} (wanted {race.share_target:.0%}{missed})"
