"""Where a run ends by itself: at an epoch, at an accuracy, at a loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mgrad.engine.curve import Metrics
from mgrad.engine.errors import OptionError


@dataclass(frozen=True)
class Stop:
    """Conditions, each None where it does not count; the run ends at the first point of its curve that meets one.

    `accuracy` (a share of 0 to 1) and `loss` are those of the test part, or of the train part where there is no test.
    Raises OptionError for numbers that can never be met.

    >>> Stop(epochs=200).met(200, Metrics(0.5, 0.9), None)
    'Stopped at epoch 200.'
    >>> Stop(accuracy=0.95).met(96, Metrics(0.1, 0.99), Metrics(0.2, 0.96))
    'Stopped at epoch 96: accuracy 95 % reached.'
    >>> Stop(accuracy=0.95).met(96, Metrics(0.1, 0.99), Metrics(0.2, 0.94))
    ''
    """

    epochs: int | None = None
    accuracy: float | None = None
    loss: float | None = None

    def __post_init__(self) -> None:
        for name, given, high in (("epochs", self.epochs, math.inf), ("accuracy", self.accuracy, 1.0),
                                  ("loss", self.loss, math.inf)):  # fmt: skip
            if given is not None and not (isinstance(given, (int, float)) and 0 < given <= high):
                limit = "above 0" if high == math.inf else "above 0 and at most 1"
                raise OptionError(f"Stop({name}) is {given!r}, but must be a number {limit}.")

    def met(self, epoch: int, train: Metrics, test: Metrics | None) -> str:
        """The sentence that says which condition is met; empty if none is."""
        return next(iter(self.reached(epoch, train, test).values()), "")

    def reached(self, epoch: int, train: Metrics, test: Metrics | None) -> dict[str, str]:
        """All conditions that are met, each with its sentence.

        >>> list(Stop(epochs=9, loss=0.2).reached(9, Metrics(0.1, None), None))
        ['loss', 'epochs']
        """
        shown, found = test or train, {}
        head = f"Stopped at epoch {epoch}"
        if self.accuracy is not None and shown.accuracy is not None and shown.accuracy >= self.accuracy:
            found["accuracy"] = f"{head}: accuracy {100 * self.accuracy:g} % reached."
        if self.loss is not None and shown.loss <= self.loss:
            found["loss"] = f"{head}: loss {self.loss:g} reached."
        if self.epochs is not None and epoch >= self.epochs:
            found["epochs"] = f"{head}."
        return found
