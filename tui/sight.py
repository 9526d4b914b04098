"""What a person looks at, and what there is to see there: frozen data between the engine and the panels.

A `Look` is a question (which node, which sample, which part of the input plane), a `Sight` the engine's answer to it
for one snapshot. Panels draw sights and never ask the engine themselves: so all of a screen tells of one moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgrad.engine.inspection import Inspection
from mgrad.engine.training import Snapshot

if TYPE_CHECKING:
    from mgrad.engine.health import LayerHealth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Look:
    """What is looked at. An empty `label` means the network's output."""

    label: str = ""
    sample: int = 0
    part: str = "train"
    """Of the data: train or test."""
    slope: bool = False
    """The map shows the node's gradient at the samples, not its value over the plane."""
    axes: tuple[int, int] = (0, 1)
    """Which two inputs span the plane."""
    discretise: bool = False
    show_test: bool = False
    network: bool = False
    """Whether the small maps of all neurons are wanted too."""
    glance: str = ""
    """A node that the map shows in place of `label` while the mouse is over it; all else stays with `label`."""

    @property
    def mapped(self) -> str:
        """What the map shows; "" for the output."""
        return self.glance or self.label


@dataclass(frozen=True, eq=False)
class Plane:
    """A node's value over two inputs: `values` (rows, columns), the first row at the top of the plane.

    Where several classes compete for a point (`winners`, the class; `margins`, 0 to 1, how clearly) `values` is None.
    """

    label: str
    xs: Floats
    ys: Floats
    captions: tuple[str, str]
    values: Floats | None
    winners: Ints | None = None
    margins: Floats | None = None


@dataclass(frozen=True, eq=False)
class Points:
    """The samples on the plane: where, what (a class 0, 1, ... or a number to predict), and which are right."""

    x: Floats
    y: Floats
    wanted: Floats
    """The class, or the number; with two classes 0 is -1 and 1 is +1."""
    classes: int
    """How many; 0 where numbers are predicted."""
    right: Flags | None
    """None where nothing can be right."""
    test: Flags
    index: Ints
    """The sample's number in its part."""
    gradient: Floats | None = None
    """The chosen node's gradient at each sample, where that is looked at."""


@dataclass(frozen=True, eq=False)
class OverBatch:
    """The chosen node over all training samples: gradient of the mean loss, and its values in order of size."""

    gradient: float | None
    values: Floats


@dataclass(frozen=True, eq=False)
class Answers:
    """What the network answers for one part of the data: `outputs` and `wanted` are (outputs, samples)."""

    part: str
    outputs: Floats
    wanted: Floats
    right: Flags | None
    confusion: Ints | None
    """(classes, classes): rows are the truth, columns the answer."""


@dataclass(frozen=True, eq=False)
class Sight:
    """Everything that the engine says about a look, at one snapshot."""

    look: Look
    snapshot: Snapshot
    inspection: Inspection
    plane: Plane | None = None
    points: Points | None = None
    picture: Floats | None = None
    """(rows, columns) of the sample itself where it is an image."""
    neurons: dict[str, Floats] = field(default_factory=dict)
    """Small maps by label, (rows, columns) each; filled while the network is shown."""
    batch: OverBatch | None = None
    change: tuple[float, float] | None = None
    """The chosen node before and after the last step, for the picked sample."""
    history_epochs: Floats | None = None
    history: Floats | None = None
    """The chosen node's value at past snapshots."""
    health: tuple[LayerHealth, ...] = ()
    answers: Answers | None = None
