"""`mgrad-tui train`: the playground's run without a screen.

The one idea: the same `build` makes the same Trainer, and how many steps are done at a time does not matter to it, so
the final bits are those that the screen would show. Results go to standard output, everything else to standard error.
"""

import json
import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from time import perf_counter
from types import FrameType
from typing import Any

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mgrad.datasets import Dataset
from mgrad.engine import Trainer, executors
from mgrad.engine.errors import NotFiniteError
from mgrad.engine.training import Metrics, Snapshot
from mgrad.tui.command_options import PANELS, Name, Speed, Whole, dataset_names, setting_options, settings_from
from mgrad.tui.formats import percent
from mgrad.tui.settings import Settings, build, complete, count_outputs, load_data

EPOCHS = 200
NOT_FINITE, INTERRUPTED = 1, 130
LOOK_SECONDS = 0.1
"""How long a chunk of steps may last: how soon the bar moves and Ctrl+C is heard."""

HELP = f"""Train without a screen and print the final numbers: the same run, to the last bit, as in the playground.

**NAME** is one of {dataset_names()}; **FILE.csv** is a table of your own. Without either it is {Settings().data}.

Exit code 0: done; 1: a number stopped being finite; 2: bad input; 130: interrupted.
"""


@click.command(help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.rich_config({"text_markup": "markdown", "show_arguments": False})
@setting_options
@click.option(
    "--epochs",
    type=Whole(),
    metavar="COUNT",
    default=str(EPOCHS),
    help=f"How often to go through the train samples. [default: {EPOCHS}]",
)
@click.option(
    "--executor",
    type=Name(executors.NAMES),
    metavar="NAME",
    help=f"What runs the steps: {', '.join(executors.NAMES)}. [default: the fastest that is installed]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Neither a progress bar nor notes.")
@click.option("--speed", type=Speed(), metavar="STEPS", help="Of the screen; changes nothing here.")
@click.option("--run", is_flag=True, help="Of the screen; changes nothing here.")
def train(
    epochs: int, executor: str | None, as_json: bool, quiet: bool, speed: float | None, run: bool, **given: Any
) -> int:
    asked = settings_from(given)
    dataset = load_data(asked)
    build(asked, dataset, executor="numpy")  # what does not fit is said at once, not after compiling
    stderr = Console(stderr=True, quiet=quiet, highlight=False)
    _compile(executor, stderr)
    trainer = build(asked, dataset, executor=executor)
    report = _train(trainer, complete(asked, dataset), dataset, epochs, stderr)
    print(json.dumps(report.as_json(), allow_nan=False) if as_json else report.as_text())
    return report.exit_code


for _panel, _options in PANELS:
    train = click.option_panel(_panel, options=list(_options))(train)


@dataclass(frozen=True)
class Report:
    """What is printed when training has ended; `stopped` says in a sentence why it ended early."""

    settings: Settings
    dataset: Dataset
    snapshot: Snapshot
    seconds: float
    stopped: str | None
    exit_code: int

    def as_json(self) -> dict[str, Any]:
        """One object; what is not a finite number is null, and `stopped` says why."""
        snapshot, settings = self.snapshot, self.settings
        return {
            "dataset": self.dataset.name,
            "problem": self.dataset.problem,
            "epochs": snapshot.epoch,
            "steps": snapshot.step,
            "train": _metrics_json(snapshot.train),
            "test": _metrics_json(snapshot.test),
            "seconds": round(self.seconds, 6),
            "seed": settings.seed,
            "stopped": self.stopped or _not_finite_losses(snapshot),
            "parameters": len(snapshot.parameters),
            "settings": asdict(settings),
            "version": version("mgrad-tui"),
        }

    def as_text(self) -> str:
        """The same for people: what was trained, how far, and a small table."""
        dataset, settings, snapshot = self.dataset, self.settings, self.snapshot
        sizes = "-".join(map(str, (len(dataset.features), *settings.layers, count_outputs(settings, dataset))))
        lines = [
            f"{dataset.name}: {len(dataset.train)} train samples, {len(dataset.test)} test samples",
            f"network {sizes}: {len(snapshot.parameters)} parameters",
            f"{snapshot.epoch} epochs, {snapshot.step} steps in {self.seconds:.2f} s, seed {settings.seed}",
            "",
            f"{'':7}{'loss':<12}accuracy".rstrip(),
            _metrics_row("train", snapshot.train),
        ]
        if snapshot.test is not None:
            lines.append(_metrics_row("test", snapshot.test))
        stopped = self.stopped or _not_finite_losses(snapshot)
        return "\n".join([*lines, "", stopped] if stopped else lines)


def _compile(executor: str | None, stderr: Console) -> None:
    if not executors.ready(executor):
        stderr.print("Compiling the kernels. This happens once and takes a while.")
        executors.prepare(executor)


def _train(trainer: Trainer, settings: Settings, dataset: Dataset, epochs: int, stderr: Console) -> Report:
    steps_an_epoch = math.ceil(len(dataset.train) / settings.batch_size)
    stopped, exit_code, start = None, 0, perf_counter()
    with _bar(stderr) as bar, _interrupts() as interrupts:
        task = bar.add_task("epochs", total=epochs)
        try:
            for _ in _chunks(trainer, epochs * steps_an_epoch):
                bar.update(task, completed=trainer.epoch_count)
                if interrupts:
                    stopped, exit_code = f"Interrupted after step {trainer.step_count}.", INTERRUPTED
                    break
        except NotFiniteError as error:
            stopped, exit_code = str(error), NOT_FINITE
    seconds = perf_counter() - start
    return Report(settings, dataset, trainer.snapshot(), seconds, stopped, exit_code)


def _chunks(trainer: Trainer, steps: int) -> Iterator[None]:
    portion = 1
    while steps > 0:
        start = perf_counter()
        steps -= trainer.run(steps=min(portion, steps))
        yield
        seconds = perf_counter() - start
        if seconds < LOOK_SECONDS / 2:
            portion *= 2
        elif seconds > LOOK_SECONDS:
            portion = max(1, portion // 2)


def _bar(stderr: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr, transient=True, disable=stderr.quiet or not stderr.is_terminal)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """The list fills when Ctrl+C is pressed, so that a chunk ends in order; the second time it ends at once."""
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)


def _metrics_json(metrics: Metrics | None) -> dict[str, float | None] | None:
    if metrics is None:
        return None
    return {"loss": _finite(metrics.loss), "accuracy": None if metrics.accuracy is None else _finite(metrics.accuracy)}


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _not_finite_losses(snapshot: Snapshot) -> str | None:
    parts = {"train": snapshot.train, "test": snapshot.test}
    losses = {name: part.loss for name, part in parts.items() if part is not None}
    found = [f"the {name} loss is {loss:+}" for name, loss in losses.items() if not math.isfinite(loss)]
    return f"All steps were done, but {' and '.join(found)}." if found else None


def _metrics_row(name: str, metrics: Metrics) -> str:
    accuracy = "" if metrics.accuracy is None else f"{percent(metrics.accuracy)} %"
    return f"{name:<7}{metrics.loss:<12.6g}{accuracy}".rstrip()
