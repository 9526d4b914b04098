"""From text to a table of cells: separator, headings, and which line of the file each row came from.

Python's csv module splits the text. Its Sniffer is not used: it guesses a separator from single characters and takes
decimal commas for one. Here the text's beginning is split by each separator in turn, and the one wins that gives rows
of equal width whose cells are numbers.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mgrad.datasets.cells import has_decimal_commas, is_missing, is_mostly_numeric, read_number
from mgrad.datasets.text_file import read_text
from mgrad.engine.errors import DataError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
SAMPLE_CHARACTERS = 32768
SAMPLE_ROWS = 100


@dataclass(frozen=True)
class CellTable:
    """The cells of a CSV file as texts, column by column; `lines` holds the file's line of each row."""

    path: Path
    headings: tuple[str, ...]
    has_header: bool
    columns: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    decimal_comma: bool
    notes: tuple[str, ...]

    def only(self, positions: Sequence[int]) -> "CellTable":
        """The same table with these columns alone, in this order."""
        return replace(
            self,
            headings=tuple(self.headings[at] for at in positions),
            columns=tuple(self.columns[at] for at in positions),
        )


def read_csv(path: Path, header: bool | None = None) -> CellTable:
    """Reads a CSV file (also compressed with gzip); encoding, separator and headings are found.

    `header` says whether the first row holds headings; None: find out. Raises DataError, with the line where there
    is one, for a file that is not a table: unequal rows, open quotation marks, double headings, fewer than two rows
    of data or two columns.
    """
    file = read_text(path)
    separator = find_separator(file.text)
    rows, lines = _split(path, file.text, separator)
    _check_widths(path, rows, lines)
    if len(rows[0]) < 2:
        raise DataError(
            "the table has one column, but a feature and a target are needed. "
            "Cells are separated by a comma, semicolon, tab or vertical bar.",
            file=path.name,
        )
    decimal_comma = separator != "," and has_decimal_commas(cell for row in rows for cell in row)
    has_header = is_header(rows[0], rows[1:], decimal_comma) if header is None else header
    headings = _headings(path, rows[0], lines[0]) if has_header else _numbered(len(rows[0]))
    body, lines = (rows[1:], lines[1:]) if has_header else (rows, lines)
    if len(body) < 2:
        count = "no row" if not body else "one row"
        raise DataError(f"the table has {count} of data, but at least two are needed.", file=path.name)
    return CellTable(
        path=path,
        headings=headings,
        has_header=has_header,
        columns=tuple(zip(*body, strict=True)),
        lines=tuple(lines),
        decimal_comma=decimal_comma,
        notes=(*file.notes, *_notes(separator, decimal_comma, rows[0], has_header)),
    )


def find_separator(text: str) -> str:
    """The separator that makes most of a table out of the text's beginning; a comma if none makes any.

    >>> find_separator("a;b\\n1,5;2,5\\n")
    ';'
    """
    best, separator = (0.0, 0), ","
    for candidate in SEPARATORS:
        sample = io.StringIO(text[:SAMPLE_CHARACTERS], newline="")
        rows = [row for row in csv.reader(sample, delimiter=candidate, skipinitialspace=True) if row]
        if len(text) > SAMPLE_CHARACTERS and len(rows) > 1:
            rows.pop()
        score = _score(rows[:SAMPLE_ROWS], candidate != ",")
        if score > best:
            best, separator = score, candidate
    return separator


def is_header(first: Sequence[str], rows: Sequence[Sequence[str]], decimal_comma: bool = False) -> bool:
    """Whether the first row is headings: it has no number, and does not look like the rows below it.

    Where a column below is mostly numbers, a text above it is a heading. Where all columns are texts, the first row
    is headings unless one of its cells comes again in its own column.

    >>> is_header(["size", "colour"], [["1", "red"], ["2", "blue"]])
    True
    >>> is_header(["red", "yes"], [["blue", "no"], ["red", "no"]])
    False
    """
    if all(is_missing(cell) for cell in first):
        return False
    if any(read_number(cell, decimal_comma) is not None and not is_missing(cell) for cell in first):
        return False
    columns = list(zip(*rows, strict=True))
    if not columns:
        return True
    numeric = [is_mostly_numeric(column[:SAMPLE_ROWS], decimal_comma) for column in columns]
    if any(number and not is_missing(cell) for number, cell in zip(numeric, first, strict=True)):
        return True
    texts = [(cell, column) for cell, column, number in zip(first, columns, numeric, strict=True) if not number]
    return not any(cell.strip() in {other.strip() for other in column} for cell, column in texts)


def _score(rows: list[list[str]], decimal_comma: bool) -> tuple[float, int]:
    if not rows:
        return 0.0, 0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    if width < 2:
        return 0.0, 0
    cells = [cell for row in rows if len(row) == width for cell in row]
    numbers = sum(read_number(cell, decimal_comma) is not None for cell in cells)
    return count / len(rows) * (0.5 + numbers / len(cells)), width


def _split(path: Path, text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                rows.append(row)
                lines.append(line)
            # A row whose cells hold line breaks ends further down; the next one begins below its end.
            line = reader.line_num + 1
    except csv.Error:
        raise DataError(
            "a quotation mark is not closed, or text stands beside a quoted cell. "
            'Quote the whole cell and write a quotation mark in it twice ("").',
            file=path.name,
            line=line,
        ) from None
    return rows, lines


def _check_widths(path: Path, rows: list[list[str]], lines: list[int]) -> None:
    width = len(rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
            raise DataError(
                f"this row has {cells}, but line {lines[0]} has {width}. Every row needs the same number.",
                file=path.name,
                line=line,
            )


def _headings(path: Path, row: list[str], line: int) -> tuple[str, ...]:
    headings = [" ".join(cell.split()) for cell in row]
    double = [heading for heading, count in Counter(headings).items() if heading and count > 1]
    if double:
        names = " and ".join(f'"{heading}"' for heading in double)
        raise DataError(
            f"two columns or more are called {names}. Each column needs a heading of its own.",
            file=path.name,
            line=line,
            column=double[0],
        )
    return tuple(heading or numbered for heading, numbered in zip(headings, _numbered(len(row)), strict=True))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"column {position}" for position in range(1, count + 1))


def _notes(separator: str, decimal_comma: bool, first: list[str], has_header: bool) -> list[str]:
    notes = []
    if separator != ",":
        notes.append(f"Cells are separated by {SEPARATORS[separator]}.")
    if decimal_comma:
        notes.append("A comma in a number is read as a decimal point.")
    if not has_header:
        notes.append(f"No headings: the columns are called column 1 to column {len(first)}.")
    elif not all(cell.strip() for cell in first):
        notes.append("Columns without a heading are called by their position.")
    return notes
