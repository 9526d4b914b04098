"""Standardising, and the way back to the units that people know.

The mean and deviation come from the train part alone, so that the test part stays unseen; they are kept with the
data, because a network trained on standardised numbers understands no others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgrad.engine.errors import DataError


@dataclass(frozen=True, eq=False)
class Scaling:
    """(number - mean) / deviation, for each feature and for a regression's target.

    `mean` and `deviation` have shape (features,). A target that is left alone has mean 0 and deviation 1.

    >>> scaling = Scaling.of(np.array([[1.0, 10.0], [3.0, 10.0]]))
    >>> scaling.standardise([[1.0, 10.0], [5.0, 11.0]])
    array([[-1.,  0.],
           [ 3.,  1.]])
    >>> scaling.restore([[-1.0, 0.0]])
    array([[ 1., 10.]])
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    target_mean: float = 0.0
    target_deviation: float = 1.0

    @classmethod
    def of(cls, inputs: NDArray[np.float64], targets: NDArray[np.float64] | None = None) -> "Scaling":
        """Measures mean and deviation (of the population) of each column, and of the targets where given.

        A column that is the same everywhere keeps deviation 1, and so becomes 0. Raises DataError where numbers are
        so large that their mean or deviation is not finite.
        """
        mean, deviation = _measure(inputs)
        if targets is None:
            return cls(mean, deviation)
        target_mean, target_deviation = _measure(targets[:, np.newaxis])
        return cls(mean, deviation, float(target_mean[0]), float(target_deviation[0]))

    def standardise(self, inputs: ArrayLike) -> NDArray[np.float64]:
        """From original units to the numbers a network is trained on; the last axis is the features."""
        with np.errstate(over="ignore"):
            return (np.asarray(inputs, dtype=np.float64) - self.mean) / self.deviation

    def restore(self, inputs: ArrayLike) -> NDArray[np.float64]:
        """From standardised inputs back to original units; the last axis is the features."""
        return np.asarray(inputs, dtype=np.float64) * self.deviation + self.mean

    def standardise_target(self, targets: ArrayLike) -> NDArray[np.float64]:
        """From a regression's target in original units to standardised ones."""
        with np.errstate(over="ignore"):
            return (np.asarray(targets, dtype=np.float64) - self.target_mean) / self.target_deviation

    def restore_target(self, targets: ArrayLike) -> NDArray[np.float64]:
        """From a network's output for a standardised regression back to the target's original units."""
        return np.asarray(targets, dtype=np.float64) * self.target_deviation + self.target_mean


def _measure(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    with np.errstate(over="ignore", invalid="ignore"):
        # The mean of equal numbers can be off by a rounding, and a deviation of 1e-17 would blow that up.
        constant = columns.max(axis=0) == columns.min(axis=0)
        mean = np.where(constant, columns[0], columns.mean(axis=0))
        away = columns - mean
        # Squares of very large or small numbers leave float64; squares of numbers up to 1 do not.
        largest = np.abs(away).max(axis=0)
        unit = np.where(largest > 0, largest, 1.0)
        deviation = unit * np.sqrt(np.mean((away / unit) ** 2, axis=0))
    if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
        raise too_large()
    return mean, np.where(deviation > 0, deviation, 1.0)


def too_large(file: str | None = None) -> DataError:
    """What to raise where standardised numbers are not finite."""
    return DataError(
        "some numbers are too large to standardise beside the others. Divide them, or load with standardise=False.",
        file=file,
    )
