"""The options of both commands, once: what may be typed, and how it becomes `Settings`.

Names that can be chosen come from the tables of the engine and the catalogue of the datasets. An option that is not
given is not passed on, so the defaults stand in `Settings` alone. Only what a text must look like is checked here;
whether a number makes sense is for those who use it to say.
"""

import csv
import math
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

import rich_click as click

from mgrad.datasets import names
from mgrad.datasets.dataset import PROBLEMS
from mgrad.engine.errors import OptionError, choose
from mgrad.engine.features import FEATURES
from mgrad.engine.losses import LOSSES
from mgrad.engine.network import ACTIVATIONS, INITS
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.schedules import SCHEDULES
from mgrad.tui.settings import FIELDS, Settings

Command = TypeVar("Command", bound=Callable[..., Any])

FULL_SPEED = math.inf
DEFAULTS = Settings()


class OptionType(click.ParamType):
    """A text from the command line, read by `read`; what it cannot read is an `OptionError` in one sentence."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        option = param.opts[-1] if param is not None and param.opts else self.name
        return self.read(option, value.strip())

    def read(self, option: str, text: str) -> Any:
        raise NotImplementedError


class Number(OptionType):
    """A finite number."""

    name = "number"

    def read(self, option: str, text: str) -> float:
        number = _float(text)
        if not math.isfinite(number):
            raise OptionError(f"{option} is {text!r}, but must be a number.")
        return number


class Whole(OptionType):
    """A whole number, 0 or more."""

    name = "whole number"

    def read(self, option: str, text: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise OptionError(f"{option} is {text!r}, but must be a whole number, 0 or more.")
        return int(text)


class Name(OptionType):
    """One of the names in a table."""

    name = "name"

    def __init__(self, table: Collection[str]) -> None:
        self.table = table

    def read(self, option: str, text: str) -> str:
        return choose(option, text, self.table)


class Layers(OptionType):
    """Sizes of the hidden layers: `8,8`; nothing or 0 for none."""

    name = "sizes"

    def read(self, option: str, text: str) -> tuple[int, ...]:
        if text in ("", "0"):
            return ()
        sizes = [size.strip() for size in text.split(",")]
        if not all(size.isascii() and size.isdigit() and int(size) > 0 for size in sizes):
            raise OptionError(
                f"{option} is {text!r}, but must be whole numbers, 1 or more, with commas between them: 8,8; 0 for no "
                "hidden layer."
            )
        return tuple(int(size) for size in sizes)


class Activations(OptionType):
    """One name for all hidden layers, or one each: `tanh` or `tanh,relu`."""

    name = "names"

    def read(self, option: str, text: str) -> str | tuple[str, ...]:
        given = tuple(choose(option, name.strip(), ACTIVATIONS) for name in text.split(","))
        return given[0] if len(given) == 1 else given


class Names(OptionType):
    """Names with commas between them, quoted as in a CSV file where a name has a comma of its own."""

    name = "names"

    def read(self, option: str, text: str) -> tuple[str, ...]:
        given = tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip())
        if not given:
            raise OptionError(f"{option} is {text!r}, but must be names with commas between them.")
        return given


class Speed(OptionType):
    """Steps a second, or `full`: as fast as the machine goes."""

    name = "speed"

    def read(self, option: str, text: str) -> float:
        number = FULL_SPEED if text == "full" else _float(text)
        if not number > 0 or (number == FULL_SPEED and text != "full"):
            raise OptionError(f"{option} is {text!r}, but must be steps a second, a number above 0, or full.")
        return number


def _float(text: str) -> float:
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return math.nan


def _option(flag: str, kind: OptionType | None, metavar: str, meaning: str) -> Callable[[Command], Command]:
    default = getattr(DEFAULTS, flag.removeprefix("--").replace("-", "_"))
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
    shown = f"{shown:g}" if isinstance(shown, float) else shown
    suffix = "" if shown is None else f" [default: {shown}]"
    return click.option(flag, type=kind, metavar=metavar, help=meaning + suffix)


def _listed(table: Iterable[str]) -> str:
    return ", ".join(table)


_OPTIONS = (
    click.argument("data", metavar="[NAME | FILE.csv]", required=False),
    _option("--noise", Number(), "PERCENT", "Noise in the samples that a generator makes."),
    _option("--train-share", Whole(), "PERCENT", "Part of the samples to train on."),
    _option("--size", Whole(), "COUNT", "How many samples a generator makes."),
    _option("--target", None, "COLUMN", "Column of a CSV file to predict: its heading or number. [default: the last]"),
    _option("--columns", Names(), "NAMES", "Columns of a CSV file to learn from. [default: all but the target]"),
    _option("--problem", Name(PROBLEMS), "NAME", "Of a CSV file: classification or regression. [default: found out]"),
    _option("--features", Names(), "NAMES", f"What the network is fed: {_listed(FEATURES)}. [default: x1,x2]"),
    _option("--layers", Layers(), "SIZES", "Neurons of each hidden layer; 0 for no hidden layer."),
    _option("--activation", Activations(), "NAMES", f"Of all hidden layers, or one each: {_listed(ACTIVATIONS)}."),
    _option("--output", Name(ACTIVATIONS), "NAME", "Activation of the output. [default: chosen by data and loss]"),
    _option("--init", Name(INITS), "NAME", f"First parameters: {_listed(INITS)}."),
    _option("--learning-rate", Number(), "RATE", "How far a step goes."),
    _option("--optimizer", Name(OPTIMIZERS), "NAME", f"{_listed(OPTIMIZERS)}."),
    _option("--schedule", Name(SCHEDULES), "NAME", f"Of the learning rate: {_listed(SCHEDULES)}."),
    _option("--batch-size", Whole(), "COUNT", "Samples a step."),
    _option("--loss", Name(LOSSES), "NAME", f"{_listed(LOSSES)}. [default: chosen by the data]"),
    _option("--l1", Number(), "RATE", "Penalty on the size of weights, |w|."),
    _option("--l2", Number(), "RATE", "Penalty on their squares, w²/2."),
    _option("--seed", Whole(), "NUMBER", "Of the data, the first parameters and the batches."),
    _option("--data-seed", Whole(), "NUMBER", "Of the data alone. [default: the seed]"),
)

PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Data", ("noise", "train_share", "size", "target", "columns", "problem")),
    ("Network", ("features", "layers", "activation", "output", "init")),
    (
        "Training",
        ("learning_rate", "optimizer", "schedule", "batch_size", "loss", "l1", "l2", "seed", "data_seed", "epochs"),
    ),
)


def setting_options(command: Command) -> Command:
    """A decorator: all options that make a run, in the order of the help."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_from(given: dict[str, Any]) -> Settings:
    """Settings of what was given on a command line; None stands for an option that was not given.

    >>> settings_from({"data": None, "layers": (8, 8), "epochs": 20}).layers
    (8, 8)
    """
    return Settings(**{name: value for name, value in given.items() if name in FIELDS and value is not None})


def dataset_names() -> str:
    """The names that can be given in place of a file, for the help."""
    return _listed(names())


def as_typed(sentence: str) -> str:
    """A sentence of the engine about a setting, with the setting's name as it stands on the command line.

    >>> as_typed("train_share is 5, but must be 10 to 90 percent.")
    '--train-share is 5, but must be 10 to 90 percent.'
    """
    name = sentence.partition(" ")[0]
    return f"--{name.replace('_', '-')}{sentence.removeprefix(name)}" if name in FIELDS and name != "data" else sentence
