"""Everything that can be loaded by name, as rows for a picker."""

from dataclasses import dataclass

from mgrad.datasets.bundled import BUNDLED
from mgrad.datasets.dataset import Problem
from mgrad.datasets.playground import PLAYGROUND
from mgrad.datasets.shapes import SHAPES
from mgrad.datasets.truth import TRUTH_TABLES


@dataclass(frozen=True)
class Entry:
    """A data set that has a name: what a picker shows, and whether it takes noise (and with it a size)."""

    name: str
    problem: Problem
    features: int
    classes: int
    caption: str
    takes_noise: bool
    size: int | None = None
    """How many samples a formula makes if nobody says otherwise; None where the samples are given."""


def catalogue() -> tuple[Entry, ...]:
    """All named data sets, in the order in which they are shown; `classes` is 0 for a regression.

    >>> [entry.name for entry in catalogue() if entry.problem == "regression"]
    ['plane', 'multi-gauss', 'diabetes']
    """
    formulas = (
        Entry(row.name, row.problem, 2, 2 if row.problem == "classification" else 0, row.caption, True, row.size)
        for row in (*PLAYGROUND, *SHAPES)
    )
    truths = (Entry(row.name, "classification", 2, 2, row.caption, False) for row in TRUTH_TABLES)
    tables = (Entry(row.name, row.problem, row.features, row.classes, row.caption, False) for row in BUNDLED)
    return (*formulas, *truths, *tables)


def names() -> tuple[str, ...]:
    """The names that `load` knows, in the order in which they are shown.

    >>> names()[:4]
    ('circle', 'xor', 'gauss', 'spiral')
    """
    return tuple(entry.name for entry in catalogue())
