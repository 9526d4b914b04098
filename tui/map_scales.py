"""What full colour means on a map: a scale for values and one for gradients, which change as seldom as they can."""

from collections.abc import Hashable

import numpy as np

from mgrad.tui import maps
from mgrad.tui.maps import Floats
from mgrad.tui.sight import Sight
from mgrad.tui.view import View

BOUNDED = ("tanh", "sigmoid")
"""Operations whose answers stay within ±1: their maps have one scale for ever."""


class Steady:
    """A scale that remembers what it was for the same node of the same run."""

    def __init__(self) -> None:
        self._about: Hashable = None
        self.scale = 1.0

    def follow(self, about: Hashable, values: Floats) -> float:
        """The scale for these values, which are `about` something: the one from before while that will do."""
        before = self.scale if about == self._about else None
        self._about, self.scale = about, maps.steady_scale(values, before)
        return self.scale


class Scales:
    """Both scales of a map."""

    def __init__(self) -> None:
        self._values, self._slopes = Steady(), Steady()

    def of_values(self, view: View, sight: Sight) -> float:
        """A network's only output has the scale of its targets, tanh and sigmoid have ±1, others their plane's."""
        plane, points = sight.plane, sight.points
        if plane is None or plane.values is None:
            return self._values.scale
        trainer = view.run.trainer if view.run else None
        outputs = [node.label for node in trainer.template.outputs] if trainer else []
        if [plane.label] == outputs and points is not None:
            pool = points.wanted if points.classes == 0 else np.ones(1)
        else:
            pool = np.ones(1) if _operation(sight, plane.label) in BOUNDED else plane.values
        return self._values.follow((trainer, plane.label), pool)

    def of_slopes(self, sight: Sight) -> float:
        """That of the gradients at the samples."""
        points = sight.points
        if not sight.look.slope or points is None or points.gradient is None:
            return self._slopes.scale
        return self._slopes.follow(sight.look.mapped, points.gradient)


def _operation(sight: Sight, label: str) -> str:
    """What makes a node, by name; "" for a leaf, and for what is not in the graph."""
    node = sight.inspection.root.find(label)
    return node.operation.name if node is not None and node.operation else ""
