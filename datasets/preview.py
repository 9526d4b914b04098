"""A look at a CSV file before anything is learned from it: its columns, what they hold, and what is wrong with each."""

import os
from dataclasses import dataclass
from pathlib import Path

from mgrad.datasets.columns import read_columns
from mgrad.datasets.csv_file import read_csv
from mgrad.engine.errors import DataError


@dataclass(frozen=True)
class ColumnPreview:
    """One column: its heading, the first cells as they stand, `kind` ("numbers", "texts", or "bad"), and for a bad one
    the sentence that says why. `different` counts its different cells."""

    heading: str
    kind: str
    different: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True)
class Preview:
    """A table at a glance: how many rows of data, its columns, and notes about how the file was read."""

    path: Path
    rows: int
    columns: tuple[ColumnPreview, ...]
    notes: tuple[str, ...]


def preview(path: str | os.PathLike[str], *, rows: int = 20, header: bool | None = None) -> Preview:
    """Reads a CSV file as `load` does, but tells of bad columns instead of refusing the file for them.

    Raises DataError where the file is no table at all.

    >>> from mgrad.datasets.bundled import BUNDLED
    >>> glance = preview(BUNDLED[0].path, rows=2)
    >>> glance.rows, [(column.heading, column.kind, column.different) for column in glance.columns][-1]
    (150, ('species', 'texts', 3))
    """
    table = read_csv(Path(os.path.expanduser(os.fspath(path))), header)
    columns = []
    for at, heading in enumerate(table.headings):
        fault, kind = "", "bad"
        try:
            (column,) = read_columns(table.only([at]))
            kind = "texts" if column.numbers is None else "numbers"
        except DataError as error:
            fault = str(error)
        cells = tuple(cell.strip() for cell in table.columns[at])
        columns.append(ColumnPreview(heading, kind, len(set(cells)), cells[:rows], fault))
    return Preview(table.path, len(table.lines), tuple(columns), table.notes)
