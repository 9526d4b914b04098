"""From a name or a path to a dataset: draw or read samples, split them, standardise them.

The same steps for every source, so that a bundled table and an own file are treated alike.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mgrad.datasets.bundled import BUNDLED
from mgrad.datasets.catalogue import names
from mgrad.datasets.dataset import Dataset, Part, Samples, with_recipe
from mgrad.datasets.formula import Formula
from mgrad.datasets.options import Options
from mgrad.datasets.own_table import read_table
from mgrad.datasets.playground import PLAYGROUND
from mgrad.datasets.scaling import Scaling, too_large
from mgrad.datasets.shapes import SHAPES
from mgrad.datasets.split import split
from mgrad.datasets.truth import TRUTH_TABLES, TruthTable
from mgrad.engine.errors import DataError, OptionError, nearest

FORMULAS = {formula.name: formula for formula in (*PLAYGROUND, *SHAPES)}
TRUTHS = {truth.name: truth for truth in TRUTH_TABLES}
TABLES = {table.name: table for table in BUNDLED}


def load(
    name_or_path: str | os.PathLike[str],
    *,
    noise: float = 0,
    size: int | None = None,
    seed: int = 7,
    train_share: float = 50,
    target: str | int | None = None,
    header: bool | None = None,
    standardise: bool | None = None,
    problem: str | None = None,
    columns: Sequence[str | int] | None = None,
) -> Dataset:
    """Loads a data set by its name (see `names`) or a CSV file by its path.

    noise         0 to 50 percent; only sets made by a formula take it
    size          how many samples a formula makes (None: 500 for classification, 1200 for regression)
    seed          of the drawing and of the shuffling before the split; the same seed gives the same data
    train_share   10 to 90 percent, or 100 for no test part. Truth tables keep all four rows in the train part.
    target        of a table: the column's heading or its position, counted from 1 (None: the last column)
    header        of a table: whether its first row holds headings (None: find out)
    standardise   None: only tables. Features get mean 0 and deviation 1 over the train part, and so does the target
                  of a regression; `Dataset.scaling` leads back. digits divides its pixels by 16 instead.
    columns       of a table: the columns to learn from, by heading or position (None: all but the target)
    problem       of a table: "classification" or "regression" (None: texts and few whole numbers are classes)

    Raises OptionError for a name or option that does not exist or does not apply, DataError for a file that cannot
    be learned from; its message names file, line, column and cell.

    >>> data = load("circle", noise=10, train_share=80)
    >>> len(data.train), len(data.test), data.features, data.classes
    (400, 100, ('x1', 'x2'), ('-1', '+1'))
    """
    options = Options(noise, size, seed, train_share, target, header, standardise, problem, columns)
    options.check()
    if name_or_path not in names():
        return _load(name_or_path, options)
    own = replace(options, columns=None if columns is None else tuple(columns))  # the caller may change a list
    return Recipe(os.fspath(name_or_path), own)()


@dataclass(frozen=True)
class Recipe:
    """How a named set is made: by its name and its options, whenever it is called."""

    name: str
    options: Options

    def __call__(self) -> Dataset:
        return with_recipe(_load(self.name, self.options), self)


def _load(name_or_path: str | os.PathLike[str], options: Options) -> Dataset:
    generator = np.random.Generator(np.random.PCG64(options.seed))
    if isinstance(name_or_path, str) and name_or_path in FORMULAS:
        formula = FORMULAS[name_or_path]
        return _finish(formula.name, _draw(formula, options, generator), options, generator)
    if isinstance(name_or_path, str) and name_or_path in TRUTHS:
        return _truth_table(TRUTHS[name_or_path], options, generator)
    return _table(name_or_path, options, generator)


def _draw(formula: Formula, options: Options, generator: np.random.Generator) -> Samples:
    options.refuse(formula.name, "it is made by a formula", "target", "header", "columns")
    _refuse_problem(formula.name, formula.problem, options)
    size = formula.size if options.size is None else options.size
    points, targets = formula.draw(size, options.noise / 100, generator)
    classes = ("-1", "+1") if formula.problem == "classification" else ()
    return Samples(formula.problem, points, targets, ("x1", "x2"), "target", classes)


def _truth_table(truth: TruthTable, options: Options, generator: np.random.Generator) -> Dataset:
    options.refuse(
        truth.name, "a truth table is always the same four rows", "noise", "size", "target", "header", "columns"
    )
    _refuse_problem(truth.name, "classification", options)
    return _finish(truth.name, truth.samples(), options, generator, whole=True)


def _table(name_or_path: str | os.PathLike[str], options: Options, generator: np.random.Generator) -> Dataset:
    bundled = TABLES.get(name_or_path) if isinstance(name_or_path, str) else None
    path = bundled.path if bundled else _path(name_or_path)
    name = bundled.name if bundled else path.name
    options.refuse(name, "it is a table", "noise", "size")
    samples = read_table(
        path, target=options.target, header=options.header, problem=options.problem, columns=options.columns
    )
    # The divisor is that of the features beside the table's own target.
    divisor = bundled.divisor if bundled and samples.problem == bundled.problem and options.target is None else None
    return _finish(name, samples, options, generator, standardised=True, divisor=divisor)


def _path(name_or_path: str | os.PathLike[str]) -> Path:
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise OptionError(f"data is {name_or_path!r}, but must be the name of a data set or the path of a CSV file.")
    text = os.fspath(name_or_path)
    if "\0" in text:
        raise OptionError(f"data is {text!r}, but no path of a file has a zero character in it.")
    path = Path(os.path.expanduser(text))
    if isinstance(name_or_path, str) and not path.suffix and path.name == text and not (text and path.exists()):
        raise _unknown(text)
    return path


def _unknown(given: str) -> OptionError:
    same_word = [name for name in names() if given.lower() in name.split("-")]
    near = same_word or nearest(given, names(), 1)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return OptionError(f"data is {given!r}, but must be one of {', '.join(names())}, or the path of a CSV file.{hint}")


def _refuse_problem(name: str, own: str, options: Options) -> None:
    if options.problem not in (None, own):
        raise OptionError(f"problem is {options.problem!r}, but {name} is a {own}. Leave it out, or choose other data.")


def _finish(
    name: str,
    samples: Samples,
    options: Options,
    generator: np.random.Generator,
    *,
    standardised: bool = False,
    divisor: float | None = None,
    whole: bool = False,
) -> Dataset:
    inputs, targets = samples.inputs, samples.targets
    notes = list(samples.notes)
    if whole:
        train, test = np.arange(len(targets)), np.arange(0)
    else:
        train, test = split(len(targets), options.train_share, generator, targets if samples.classes else None)
        notes.extend(_missing_classes(samples, train))
    scaling = None
    if standardised if options.standardise is None else options.standardise:
        scaling = _scaling(name, samples, train, divisor)
        inputs, targets = scaling.standardise(inputs), scaling.standardise_target(targets)
        if not (np.isfinite(inputs).all() and np.isfinite(targets).all()):
            raise too_large(name)
        notes.append(_scaling_note(samples, divisor))
    return Dataset(
        name=name,
        problem=samples.problem,
        features=tuple(f"x{position}" for position in range(1, inputs.shape[1] + 1)),
        captions=samples.captions,
        target=samples.target,
        classes=samples.classes,
        train=Part(inputs[train], targets[train]),
        test=Part(inputs[test], targets[test]),
        notes=tuple(notes),
        scaling=scaling,
        seed=options.seed,
        alternative=samples.alternative,
    )


def _scaling(name: str, samples: Samples, train: np.ndarray, divisor: float | None) -> Scaling:
    features = samples.inputs.shape[1]
    if divisor is not None:
        return Scaling(np.zeros(features), np.full(features, divisor))
    try:
        return Scaling.of(samples.inputs[train], None if samples.classes else samples.targets[train])
    except DataError:
        raise too_large(name) from None


def _scaling_note(samples: Samples, divisor: float | None) -> str:
    if divisor is not None:
        return f"All features are divided by {divisor:g}; they are not standardised one by one."
    if samples.classes:
        return "Features are standardised: mean 0 and deviation 1 over the train part."
    return "Features and target are standardised: mean 0 and deviation 1 over the train part."


def _missing_classes(samples: Samples, train: np.ndarray) -> list[str]:
    if not samples.classes:
        return []
    missing = np.setdiff1d(samples.targets, samples.targets[train])
    places = ((missing + 1) / 2 if len(samples.classes) == 2 else missing).astype(int)
    return [f"The train part has no sample of class {samples.classes[place]}." for place in places.tolist()]
