"""The tables that come with mgrad: CSV files in tables/, read as any own file is.

Where they come from, under which licence, and what their columns are stands in tables/README.md.
"""

from dataclasses import dataclass
from pathlib import Path

from mgrad.datasets.dataset import Problem

FOLDER = Path(__file__).with_name("tables")


@dataclass(frozen=True)
class BundledTable:
    """A table in tables/; `divisor`, where given, scales all features instead of a deviation for each."""

    name: str
    problem: Problem
    features: int
    classes: int
    caption: str
    file: str
    divisor: float | None = None

    @property
    def path(self) -> Path:
        """Where its CSV file is.

        >>> BUNDLED[0].path.exists()
        True
        """
        return FOLDER / self.file


BUNDLED = (
    BundledTable("iris", "classification", 4, 3, "Iris flowers", "iris.csv"),
    # Pixels at the rim are 0 in (nearly) all pictures, and their deviation would blow up the few that are not.
    BundledTable("digits", "classification", 64, 10, "Handwritten digits", "digits.csv.gz", divisor=16.0),
    BundledTable("diabetes", "regression", 10, 0, "Progression of diabetes", "diabetes.csv"),
)
