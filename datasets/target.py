"""What the target of an own table means: a number to predict, or a class.

Texts are classes. Whole numbers of few different values may be either; the choice is said in notes, and the caller
may make it instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgrad.datasets.columns import Column
from mgrad.datasets.csv_file import CellTable
from mgrad.datasets.dataset import PROBLEMS, Problem
from mgrad.engine.errors import DataError, OptionError, choose, nearest

MOST_CLASSES = 20
MOST_CLASSES_OF_NUMBERS = 10


@dataclass(frozen=True, eq=False)
class Target:
    """Targets as a network learns them, and what they mean; `alternative` is what they might as well mean."""

    problem: Problem
    targets: NDArray[np.float64]
    classes: tuple[str, ...]
    meaning: str
    alternative: Problem | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what they mean, and how to have it otherwise."""
        if self.alternative is None:
            return (self.meaning,)
        as_what = "classes" if self.alternative == "classification" else "numbers"
        return self.meaning, f"Load with problem={self.alternative!r} to learn its values as {as_what}."


def find_column(option: str, given: str | int | None, table: CellTable) -> int:
    """The position, from 0, of the column that is called so or stands there (counted from 1); None: the last.

    `option` is what the error names: "target" or "columns".
    """
    width = len(table.headings)
    if given is None:
        return width - 1
    if isinstance(given, str) and given in table.headings:
        return table.headings.index(given)
    position = int(given) if isinstance(given, str) and given.isdecimal() else given
    if isinstance(position, int) and not isinstance(position, bool):
        if 1 <= position <= width:
            return position - 1
        raise OptionError(f"{option} is {given}, but must be the name of a column or its position, 1 to {width}.")
    near = nearest(given, table.headings)
    hint = f" Nearest: {', '.join(near)}." if near else ""
    raise OptionError(
        f"{option} is {given!r}, but {table.path.name} has no column of that name. "
        f"Name one, or give its position, 1 to {width}.{hint}"
    )


def find_features(columns: Sequence[str | int] | None, target: int, table: CellTable) -> tuple[int, ...]:
    """Positions, from 0, of the columns to learn from, in the order of the file; None: all but the target's."""
    if columns is None:
        return tuple(position for position in range(len(table.headings)) if position != target)
    found = {find_column("columns", column, table) for column in columns}
    if target in found:
        raise OptionError(
            f"columns names {table.headings[target]}, but that is the target. Leave it out, or choose another target."
        )
    if not found:
        raise OptionError("columns is empty, but a network learns from at least one column. Name one.")
    return tuple(sorted(found))


def encode_target(column: Column, table: CellTable, problem: str | None = None) -> Target:
    """Decides what a target column means and encodes it: two classes as -1 and +1, more as 0, 1, 2, ...

    Raises OptionError where `problem` does not go with the column, DataError where there is one value or too many
    classes.
    """
    if problem is not None:
        choose("problem", problem, PROBLEMS)
    names, places = column.places()
    if len(names) == 1:
        raise DataError(
            f'the target is "{names[0]}" in every row, but there must be at least two classes or numbers to tell '
            "apart. Choose another target.",
            file=table.path.name,
            column=column.caption,
        )
    if column.numbers is None:
        if problem == "regression":
            raise OptionError(
                f"problem is 'regression', but the target {column.caption} holds texts (\"{column.cells[0]}\"). "
                "Choose classification, or a target of numbers."
            )
        return _classes(column, table, names, places)
    kind = problem or ("classification" if _look_like_classes(column.numbers, len(names)) else "regression")
    if kind == "classification":
        return _classes(column, table, names, places, None if problem else "regression")
    # Only where the numbers might be classes is it worth saying that they are not taken so.
    might_be = not problem and len(names) <= MOST_CLASSES and _are_whole(column.numbers)
    meaning = f"The target {column.caption} is a number: regression."
    return Target("regression", column.numbers, (), meaning, "classification" if might_be else None)


def _look_like_classes(numbers: NDArray[np.float64], different: int) -> bool:
    # Numbers of which each comes once are measurements, however few.
    repeated = different == 2 or different < len(numbers)
    return different <= MOST_CLASSES_OF_NUMBERS and repeated and _are_whole(numbers)


def _are_whole(numbers: NDArray[np.float64]) -> bool:
    return bool(np.all(numbers == np.floor(numbers)))


def _classes(
    column: Column, table: CellTable, names: list[str], places: NDArray[np.int64], alternative: Problem | None = None
) -> Target:
    if len(names) > MOST_CLASSES:
        advice = "Choose another target" if column.numbers is None else "Choose regression or another target"
        raise DataError(
            f"{len(names)} different values are too many for classes, of which there may be {MOST_CLASSES}. "
            f"{advice}, or group its values.",
            file=table.path.name,
            column=column.caption,
        )
    if len(names) == 2:
        targets, listed = np.where(places == 1, 1.0, -1.0), f"{names[0]} is -1, {names[1]} is +1"
    else:
        targets, listed = places.astype(np.float64), ", ".join(names)
    meaning = f"The target {column.caption} has {len(names)} classes ({listed}): classification."
    return Target("classification", targets, tuple(names), meaning, alternative)
