"""The truth tables AND, OR and XOR: four rows, inputs 0 and 1, targets -1 (false) and +1 (true).

The smallest data there is to learn, and XOR the smallest that a single neuron cannot. Four rows are too few to keep
any back: all of them are train samples, in the order of the table.
"""

from dataclasses import dataclass

import numpy as np

from mgrad.datasets.dataset import Samples


@dataclass(frozen=True)
class TruthTable:
    """A truth table of two inputs; `truths` are its results for 00, 01, 10, 11."""

    name: str
    caption: str
    truths: tuple[bool, bool, bool, bool]

    def samples(self) -> Samples:
        """The four rows.

        >>> TRUTH_TABLES[0].samples().targets
        array([-1., -1., -1.,  1.])
        """
        return Samples(
            problem="classification",
            inputs=np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
            targets=np.where(self.truths, 1.0, -1.0),
            captions=("x1", "x2"),
            target=f"x1 {self.caption} x2",
            classes=("-1", "+1"),
            notes=("All four rows are in the train part; there is no test part.",),
        )


TRUTH_TABLES = (
    TruthTable("truth-and", "AND", (False, False, False, True)),
    TruthTable("truth-or", "OR", (False, True, True, True)),
    TruthTable("truth-xor", "XOR", (False, True, True, False)),
)
