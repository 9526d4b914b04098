"""From cells to columns: each is numbers or texts, and no cell is missing or bad.

A column is numeric if at least half of its filled cells are numbers. So a stray text among numbers is an error at its
line, and never turns the column into categories unseen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgrad.datasets.cells import has_comma, is_missing, is_mostly_numeric, read_number, read_numbers
from mgrad.datasets.csv_file import CellTable
from mgrad.engine.errors import DataError


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table: its cells, trimmed, and its numbers, or None if they are texts."""

    caption: str
    cells: tuple[str, ...]
    numbers: NDArray[np.float64] | None

    def places(self) -> tuple[list[str], NDArray[np.int64]]:
        """The different values in sorted order, and the place of each row's value among them.

        >>> Column("colour", ("red", "blue", "red"), None).places()
        (['blue', 'red'], array([1, 0, 1]))
        """
        if self.numbers is not None:
            values, places = np.unique(self.numbers, return_inverse=True)
            return [spell(value) for value in values.tolist()], places
        names = sorted(set(self.cells))
        place = {name: position for position, name in enumerate(names)}
        return names, np.array([place[cell] for cell in self.cells])


def spell(number: float) -> str:
    """A number as a person writes it: 3 for 3.0."""
    return str(int(number)) if number.is_integer() else repr(number)


def read_columns(table: CellTable) -> list[Column]:
    """Each column as numbers or texts; raises DataError for the first bad cell in the order of the file."""
    columns: list[Column] = []
    first_bad: tuple[int, int] | None = None
    for position, (caption, raw) in enumerate(zip(table.headings, table.columns, strict=True)):
        cells = tuple(cell.strip() for cell in raw)
        numbers = read_numbers(cells, table.decimal_comma)
        row = _first_bad_row(cells, numbers, table.decimal_comma)
        if row is not None and (first_bad is None or row < first_bad[0]):
            first_bad = row, position
        columns.append(Column(caption, cells, numbers))
    if first_bad is not None:
        raise _bad_cell(table, columns[first_bad[1]], first_bad[0])
    return columns


def _first_bad_row(cells: tuple[str, ...], numbers: NDArray[np.float64] | None, decimal_comma: bool) -> int | None:
    if numbers is not None:
        bad = np.flatnonzero(~np.isfinite(numbers))
        return int(bad[0]) if len(bad) else None
    if not is_mostly_numeric(cells, decimal_comma):
        return next((row for row, cell in enumerate(cells) if is_missing(cell)), None)
    for row, cell in enumerate(cells):
        number = read_number(cell, decimal_comma)
        if number is None or not np.isfinite(number):
            return row
    return None


def _bad_cell(table: CellTable, column: Column, row: int) -> DataError:
    cell = column.cells[row]
    numeric = column.numbers is not None or is_mostly_numeric(column.cells, table.decimal_comma)
    if not cell:
        sentence = "the cell is empty. Fill it in, or remove the row or the column."
    elif not numeric:
        sentence = f'"{cell}" stands for a missing value. Fill it in, or remove the row or the column.'
    elif has_comma(cell):
        sentence = f'"{cell}" is not a number: its comma may mean a decimal or thousands. Write 1.5 or 1500.'
    elif read_number(cell, table.decimal_comma) is not None and not is_missing(cell):
        sentence = f'"{cell}" is not a finite number.'
    else:
        sentence = f'"{cell}" is not a number.'
    if row == 0 and not table.has_header and not is_missing(cell):
        sentence += " If this line holds the headings, load with header=True."
    return DataError(sentence, file=table.path.name, line=table.lines[row], column=column.caption, cell=cell)
