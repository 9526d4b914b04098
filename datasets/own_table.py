"""From a CSV file to samples: what the reader found, with categories as one-hot columns beside the numeric ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgrad.datasets.columns import Column, read_columns
from mgrad.datasets.csv_file import CellTable, read_csv
from mgrad.datasets.dataset import Samples
from mgrad.datasets.target import encode_target, find_column, find_features
from mgrad.engine.errors import DataError

MOST_CATEGORIES = 20


def read_table(
    path: Path,
    *,
    target: str | int | None = None,
    header: bool | None = None,
    problem: str | None = None,
    columns: Sequence[str | int] | None = None,
) -> Samples:
    """Features and target of a CSV file as numbers.

    `target` is a column's name or its position, counted from 1 (None: the last column); `header` says whether the
    first row holds headings (None: find out); `problem` says whether a target of whole numbers means classes (None:
    it does with up to 10 of them); `columns` are the features, by name or position (None: all but the target), and a
    column that is neither is not looked at. Raises DataError with file, line, column and cell for the first cell in the
    file that is missing or bad, and for a file or column that cannot be used; OptionError for an option that does not
    fit.
    """
    table = read_csv(path, header)
    chosen = find_column("target", target, table)
    wanted = find_features(columns, chosen, table)
    table = table.only((*wanted, chosen))
    *features, learned = read_columns(table)
    meaning = encode_target(learned, table, problem)
    blocks: list[NDArray[np.float64]] = []
    captions: list[str] = []
    for column in features:
        if column.numbers is None:
            block, names = _one_hot(column, table)
        else:
            block, names = column.numbers[:, np.newaxis], [column.caption]
        blocks.append(block)
        captions.extend(names)
    return Samples(
        problem=meaning.problem,
        inputs=np.concatenate(blocks, axis=1),
        targets=meaning.targets,
        captions=tuple(captions),
        target=learned.caption,
        classes=meaning.classes,
        notes=(*table.notes, *(note for column in features for note in _notes(column)), *meaning.notes),
        alternative=meaning.alternative,
    )


def _one_hot(column: Column, table: CellTable) -> tuple[NDArray[np.float64], list[str]]:
    categories, places = column.places()
    if len(categories) > MOST_CATEGORIES:
        raise DataError(
            f"{len(categories)} different texts are too many for one-hot columns, of which there may be "
            f"{MOST_CATEGORIES}. Remove the column, or group its values.",
            file=table.path.name,
            column=column.caption,
        )
    return np.eye(len(categories))[places], [f"{column.caption}={category}" for category in categories]


def _notes(column: Column) -> list[str]:
    if column.numbers is None:
        different = len(set(column.cells))
    else:
        different = 1 if column.numbers.min() == column.numbers.max() else 2
    if different == 1:
        return [f"Column {column.caption} is {column.cells[0]} in every row: kept, but nothing can be learned from it."]
    if column.numbers is None:
        return [f"Column {column.caption}: {different} categories became {different} columns."]
    return []
