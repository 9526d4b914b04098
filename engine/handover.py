"""The numbers that a trainer and its network share: what was set in the network by hand, and what a run has found."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from mgrad.engine.executors.base import Floats
from mgrad.engine.graph import Value
from mgrad.engine.parameters import Parameter, Shelf

_data_of, _shelf_of = attrgetter("data"), attrgetter("_shelf")


class Handover:
    """Takes the parameters of a network onto one shelf, so that all are read and written at once.

    Another trainer may take them away; here they are fetched back before they are read or written. A leaf that was put
    in the place of a parameter by hand stays where it is, and is read and written by itself.
    """

    def __init__(self, parameters: Sequence[Value]) -> None:
        self._parameters: list[Parameter] = []
        self._places: list[int] = []
        self._others: list[tuple[int, Value]] = []
        for place, node in enumerate(parameters):
            if isinstance(node, Parameter):
                self._parameters.append(node)
                self._places.append(place)
            else:
                self._others.append((place, node))
        self._numbers = np.zeros(len(parameters))
        self._shelf = Shelf(memoryview(self._numbers))  # pyright: ignore[reportArgumentType]
        self.read()

    @property
    def touched(self) -> bool:
        """Whether something about a parameter may have changed since it was last read."""
        return self._shelf.touched or bool(self._others)

    def look_again(self) -> None:
        """Takes it that something may have changed."""
        self._shelf.touched = True

    def read(self) -> Floats:
        """All numbers as they stand in the network; to be read only."""
        self._fetch()
        for place, node in self._others:
            self._numbers[place] = node.data
        return self._numbers

    def write(self, numbers: Floats) -> None:
        """Sets all numbers in the network."""
        if self._shelf.touched:
            self._fetch()
            self._shelf.touched = True
        self._numbers[:] = numbers
        for place, node in self._others:
            node.data = float(numbers[place])

    def _fetch(self) -> None:
        shelf = self._shelf
        shelf.touched = False
        before = set(map(_shelf_of, self._parameters))
        if before - {shelf}:
            count = len(self._parameters)
            self._numbers[self._places] = np.fromiter(map(_data_of, self._parameters), dtype=float, count=count)
            for node, place in zip(self._parameters, self._places, strict=True):
                node._shelf = shelf
                node._place = place
            for other in before - {shelf}:
                other.touched = True
