"""The parameters of networks: leaves whose numbers stand side by side with others, on a shelf.

A training moves tens of thousands of numbers a thousand times a second. So it takes its network's parameters onto one
shelf, and puts all their numbers there at once; a parameter that is asked for its number looks there.
"""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence

from mgrad.engine.graph import Value, serials

_learns, _set_learns = Value.learnable.__get__, Value.learnable.__set__  # pyright: ignore[reportAttributeAccessIssue]


class Shelf:
    """Numbers side by side. `touched` says that a number was set by hand, or that something else about a parameter is
    no longer as it was; whoever owns the shelf sets it back."""

    __slots__ = ("numbers", "touched")

    def __init__(self, numbers: MutableSequence[float] | memoryview[float]) -> None:
        self.numbers = numbers
        self.touched = False


class Parameter(Value):
    """A leaf that a network is made of; see `Value`."""

    __slots__ = ("_place", "_shelf")
    _shelf: Shelf
    _place: int

    def __init__(self, data: float, label: str | None = None, *, learnable: bool = True) -> None:
        self._shelf, self._place = Shelf(array("d", [0.0])), 0
        super().__init__(data, label, learnable=learnable)

    @property
    def data(self) -> float:
        """Its number."""
        return self._shelf.numbers[self._place]

    @data.setter
    def data(self, number: float) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        shelf = self._shelf
        shelf.numbers[self._place] = number
        shelf.touched = True

    def _set_learnable(self, learns: bool) -> None:
        _set_learns(self, learns)
        self._shelf.touched = True

    learnable = property(_learns, _set_learnable)  # pyright: ignore[reportAssignmentType]

    def __setstate__(self, state: dict[str, object]) -> None:
        self._shelf, self._place = Shelf(array("d", [0.0])), 0
        super().__setstate__(state)


def make_parameters(numbers: Sequence[float], labels: Sequence[str]) -> list[Parameter]:
    """A parameter for each number, with a given label; the first label is checked, and speaks for the others."""
    found: list[Parameter] = []
    shelf = Shelf(array("d", numbers))
    for place, label in enumerate(labels):
        leaf = Parameter.__new__(Parameter)
        leaf._shelf = shelf
        leaf._place = place
        leaf.grad = 0.0
        _set_learns(leaf, True)
        leaf._serial = next(serials)
        leaf._label = label
        leaf._kept = None
        leaf._given = True
        found.append(leaf)
    for leaf in found[:1]:
        leaf.labelled(labels[0])
    return found
