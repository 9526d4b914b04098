"""What one cell of a table says: a number, a gap, or a text.

A number is what Python's float takes, less its underscores; the minus may be U+2212. A comma in a number is a decimal
mark in some countries and separates thousands in others, so it is read only where a whole file leaves no doubt.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

MISSING = frozenset({"", "?", "na", "n/a", "#n/a", "nan", "null"})

_WITH_COMMA = re.compile(r"\s*[+−-]?(\d+,\d*|,\d+)([eE][+−-]?\d+)?\s*")
_WITH_POINT = re.compile(r"\s*[+−-]?(\d+\.\d*|\.\d+)([eE][+−-]?\d+)?\s*")
_IN_THOUSANDS = re.compile(r"\s*[+−-]?[1-9]\d{0,2}(,\d{3})+\s*")


def is_missing(cell: str) -> bool:
    """Whether a cell is empty or holds one of the usual words for nothing.

    >>> [is_missing(cell) for cell in ("", " N/A ", "?", "0", "none")]
    [True, True, True, False, False]
    """
    return cell.strip().lower() in MISSING


def read_number(cell: str, decimal_comma: bool = False) -> float | None:
    """The number in a cell, or None; nan and inf are numbers here.

    >>> read_number(" 1e3 "), read_number("1,5"), read_number("1,5", decimal_comma=True)
    (1000.0, None, 1.5)
    """
    if "_" in cell:
        return None
    text = cell.replace("−", "-")
    try:
        return float(text.replace(",", ".") if decimal_comma else text)
    except ValueError:
        return None


def has_comma(cell: str) -> bool:
    """Whether a cell is a number but for its commas: 1,5 or 1,500,000."""
    return bool(_WITH_COMMA.fullmatch(cell) or _IN_THOUSANDS.fullmatch(cell))


def is_mostly_numeric(cells: Sequence[str], decimal_comma: bool = False) -> bool:
    """Whether at least half of the cells that hold anything are meant as numbers, or none holds anything.

    >>> is_mostly_numeric(["1", "2", "many", ""]), is_mostly_numeric(["a few", "many", "3"])
    (True, False)
    """
    present = [cell for cell in cells if not is_missing(cell)]
    count = sum(read_number(cell, decimal_comma) is not None or has_comma(cell) for cell in present)
    return 2 * count >= len(present)


def read_numbers(cells: Sequence[str], decimal_comma: bool = False) -> NDArray[np.float64] | None:
    """All cells as numbers, or None if one of them is not a number; written for long columns."""
    if any("_" in cell for cell in cells):
        return None
    try:
        if decimal_comma:
            return np.array([float(cell.replace(",", ".")) for cell in cells])
        return np.array([float(cell) for cell in cells])
    except ValueError:
        numbers = [read_number(cell, decimal_comma) for cell in cells]
        present = [number for number in numbers if number is not None]
        return np.array(present) if len(present) == len(numbers) else None


def has_decimal_commas(cells: Iterable[str]) -> bool:
    """Whether the numbers among these cells have decimal commas beyond doubt.

    Some have one comma, none has a decimal point, and not all of them could be thousands (1,500).

    >>> has_decimal_commas(["1,5", "2"]), has_decimal_commas(["1,5", "2.5"]), has_decimal_commas(["1,500"])
    (True, False, False)
    """
    sure = False
    for cell in cells:
        if "," in cell:
            if _WITH_COMMA.fullmatch(cell):
                sure = sure or not _IN_THOUSANDS.fullmatch(cell)
            elif _IN_THOUSANDS.fullmatch(cell):
                return False
        elif "." in cell and _WITH_POINT.fullmatch(cell):
            return False
    return sure
