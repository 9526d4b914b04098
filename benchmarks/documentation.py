"""docs/benchmarks.md and docs/growth.svg, and the README's ratios, from one run of everything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.growth import draw_growth
from benchmarks.peers import PEERS
from benchmarks.results import OURS, Machine, Measure, RaceResult, Report
from benchmarks.tables import limit_text, measured, number, ratio, ratio_text, share_text

ROOT = Path(__file__).parent.parent

_PAGE = """\
# Benchmarks

How fast small networks learn with mgrad, beside numpy by hand, torch and jax. This page is written by
`python -m benchmarks --write-docs`; all its numbers are from one run of {minutes:.0f} minutes.

{machine}

## Side by side

Microseconds a step (forward, backward, update): medians over {rounds} or more rounds in which everybody takes turns.

{races}

"Best peer / ours" above 1 means that mgrad is faster than the fastest of the others. "Of the peak" is the work that a
step cannot do without, by what the core can do at the very best.

What is compared:

- **mgrad** is `trainer.run(steps=...)` of the public `Trainer` on a network made by `MLP`. Its time is that of all that
  it does: shuffling each epoch, gathering batches, keeping the numbers of the points of its curve, writing the
  parameters back. The curve itself is measured when somebody asks for it, which here nobody does, or when its points
  take 64 MB, as those of W5 do now and then: in one round of many, of which a median shows nothing.
- **numpy** is forward and backward by hand on whole arrays, **torch** is `nn.Sequential` with `torch.optim.SGD`,
  **jax.jit a step** is one call of a jitted update a step, **jax, loop in one jit** is `lax.scan` and `lax.fori_loop`
  over 50 steps, or as many epochs as make up 50 steps, with no Python in between: one call does what a training does
  between two looks at it. That limit is ours. Without it little changes, but for W4: one neuron on one sample becomes
  a few instructions in a loop, several times as fast as mgrad. The peers' time is that of their steps alone: the
  batches of one epoch lie ready in memory in each library's own form, and are used over and over.
- All work on one thread, in float64, in the same process, with plain SGD, from the same weights. Before the timing all
  do 100 steps over the same batches, and their parameters are compared: the largest difference that was found is
  {apart:.0e} of an array's largest entry; above 1e-9 the run stops with an error.
- The numbers of samples are whole multiples of the batch (1408 of the digits for W2, 960 samples for W5), so that
  nobody pays for a short last batch. A batch that is all of the data is not shuffled for the peers.

{workloads}

## Other shapes

Networks and batches that nobody chose for speed: odd widths, data that the batch does not divide, so that each epoch
ends with a short batch, one and three samples a step, mixed activations, neurons that do not share their inputs (the
peers multiply a whole matrix by a mask), weights that leave the fastest cache.

{shapes}

{shape_captions}

## A step as things grow

![Microseconds a step over samples and over parameters](growth.svg)

## Before and beside training

{measures}

`graphs` is the loss of W1 written out for all 100 samples as one graph of scalars, run through `loss.compile()` and in
plain Python beside micrograd. `crate` is the benchmark of a Rust port of micrograd: 3 samples, 3-2-2-1 tanh, squared
differences, where one learn and one recalculate take 3.6 µs. `start` is measured in processes of their own, the rest
before torch and jax are loaded, whose many objects would keep the garbage collector busy.

## Measure it yourself

```sh
pip install -e '.[bench]'
python -m benchmarks              # everything, some minutes
python -m benchmarks W1 W3        # a part; python -m benchmarks --help names them
python -m benchmarks --json FILE  # the numbers as data, too
```

torch's build for the processor alone is enough, and much smaller than its usual one; install it first if you do not
have torch yet.
"""


def write_documentation(report: Report, root: Path = ROOT) -> None:
    """Writes the page and its plot, and the ratios between the README's marks, where it has them."""
    folder = root / "docs"
    folder.mkdir(exist_ok=True)
    draw_growth(report.growth, folder / "growth.svg")
    (folder / "benchmarks.md").write_text(page(report), encoding="utf-8")
    readme = root / "README.md"
    before = readme.read_text(encoding="utf-8")
    after = re.sub(
        r"(<!-- ratios -->\n).*?(<!-- /ratios -->)",
        lambda found: f"{found[1]}{headline(report.races)}\n{found[2]}",
        before,
        flags=re.DOTALL,
    )
    if after != before:
        readme.write_text(after, encoding="utf-8")


def page(report: Report) -> str:
    """The page as Markdown."""
    return _PAGE.format(
        minutes=report.seconds / 60,
        machine=_machine(report.machine),
        rounds=min(race.rounds for race in report.races),
        races=_races(report.races),
        apart=max(max(race.differences.values()) for race in (*report.races, *report.shapes)),
        workloads=_captions(report.races),
        shapes=_races(report.shapes),
        shape_captions=_captions(report.shapes),
        measures=_measures(report.measures),
    )


def headline(races: Sequence[RaceResult]) -> str:
    """A short table: how many times faster than the best peer."""
    rows = ([race.caption, _sizes(race), f"{ratio(race)} ×", race.best_peer] for race in races)
    return _table(["training", "network", "faster than the best peer", "which is"], rows, "llrl")


def _machine(machine: Machine) -> str:
    versions = ", ".join(f"{name} {text}" for name, text in machine.versions.items())
    return (
        f"The machine: {machine.processor}, {machine.cores} cores of which one is used, {machine.system}; "
        f"its measured peak is {machine.peak_gflops:.0f} GFLOP/s a core in float64.\n{versions}.\n"
        "Times differ between machines; the ratios are what counts."
    )


def _races(races: Iterable[RaceResult]) -> str:
    rows = (
        [race.name, *(number(race.microseconds[name]) for name in (OURS, *PEERS)), ratio_text(race), share_text(race)]
        for race in races
    )
    return _table(["", OURS, *PEERS, "best peer / ours", "of the peak"], rows, "l" + "r" * (len(PEERS) + 3))


def _captions(races: Iterable[RaceResult]) -> str:
    return _table(["", "network", "data"], ([race.name, _sizes(race), race.caption] for race in races), "lll")


def _measures(measures: Iterable[Measure]) -> str:
    rows = ([measure.part, measure.caption, measured(measure), limit_text(measure)] for measure in measures)
    return _table(["", "", "measured", "wanted"], rows, "llrl")


def _sizes(race: RaceResult) -> str:
    return "-".join(map(str, race.sizes))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], sides: str) -> str:
    rule = ["---:" if side == "r" else "---" for side in sides]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))
