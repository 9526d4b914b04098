"""Where everything of a network lies on the panel: columns of neurons, their heads, and what a click means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mgrad.engine.features import FEATURES
from mgrad.tui.choices import Setup
from mgrad.tui.work import Run

MAP = (7, 3)
"""Cells of a neuron's small map."""
PITCH = MAP[1] + 1
TOP = 3
"""Rows of the heads."""
LEFT = 3
"""Cells left of a map: its number, and room for a frame."""
GAP = 14
"""Least cells between two columns of maps: room for links."""
MOST_INPUTS = 16
"""More are folded into one block."""
NEURON = re.compile(r"(layer\d+)\.(neuron\d+)(?:\.|$)")


@dataclass(frozen=True)
class Cell:
    """A neuron or an input: its label, what stands beside it, and the left upper cell of its map."""

    label: str
    caption: str
    x: int
    y: int
    on: bool = True


@dataclass(frozen=True)
class Column:
    """The inputs, or a layer: `row` is the key of its row in the set-up ("" for inputs and output)."""

    name: str
    cells: tuple[Cell, ...]
    x: int
    row: str = ""
    folded: int = 0
    """So many inputs are one block."""


@dataclass(frozen=True)
class Spot:
    """Cells that can be clicked, and what that means: `choose`, `feature`, `less`, `more` or `list`, with a name."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    name: str

    def holds(self, x: int, y: int) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True)
class Layout:
    """All columns, the size that they need, and the spots."""

    columns: tuple[Column, ...]
    width: int
    height: int
    spots: tuple[Spot, ...] = field(repr=False, default=())

    def spot_at(self, x: int, y: int) -> Spot | None:
        return next((spot for spot in self.spots if spot.holds(x, y)), None)

    def find(self, label: str) -> tuple[int, int] | None:
        """Column and place of the neuron or input that a label belongs to: also of its weights, its bias, its sum."""
        match = NEURON.match(label)
        wanted = f"{match[1]}.{match[2]}" if match else label
        for i, column in enumerate(self.columns):
            for k, cell in enumerate(column.cells):
                if cell.label == wanted:
                    return i, k
        return None


def lay_out(run: Run, setup: Setup, width: int, height: int) -> Layout:
    """The layout of a run's network for a panel of so many cells; it may need more, and then scrolls."""
    net, features = run.trainer.net, [node.label for node in run.trainer.template.features]
    names = list(FEATURES) if setup.inputs == 2 and set(features) <= set(FEATURES) else features
    folded = len(names) if len(names) > MOST_INPUTS else 0
    counts = [1 if folded else len(names), *net.sizes]
    need = LEFT + len(counts) * (MAP[0] + 2) + (len(counts) - 1) * GAP
    width = max(width, need)
    step = (width - LEFT - MAP[0] - 4) // max(1, len(counts) - 1)
    height = max(height, TOP + max(counts) * PITCH)
    columns = []
    for i, count in enumerate(counts):
        x = LEFT + i * step
        top = TOP + (max(0, height - TOP - count * PITCH) // 2 if i else 0)
        places = [top + k * PITCH for k in range(count)]
        if i == 0:
            shown = ["inputs"] if folded else names
            cells = [
                Cell(name, name, x, y, name in features or bool(folded)) for name, y in zip(shown, places, strict=True)
            ]
            columns.append(Column("inputs", tuple(cells), x, folded=folded))
        else:
            labels = [neuron.label for neuron in net.layers[i - 1].neurons]
            cells = [Cell(name, str(k + 1), x, y) for k, (name, y) in enumerate(zip(labels, places, strict=True))]
            last = i == len(counts) - 1
            columns.append(
                Column("output" if last else f"layer{i}", tuple(cells), x, "output" if last else f"layer{i}")
            )
    return Layout(tuple(columns), width, height, tuple(_spots(columns, setup, width, height)))


def _spots(columns: list[Column], setup: Setup, width: int, height: int) -> list[Spot]:
    spots = []
    for column in columns:
        for cell in column.cells:
            if column.name == "inputs":
                toggles = setup.inputs == 2 and not column.folded
                spots.append(
                    Spot(cell.x - 2, cell.y + MAP[1], MAP[0] + 4, 1, "feature" if toggles else "choose", cell.label)
                )
                spots.append(Spot(cell.x, cell.y, *MAP, "choose" if cell.on else "feature", cell.label))
            else:
                spots.append(Spot(cell.x, cell.y, *MAP, "choose", cell.label))
                spots.append(Spot(cell.x - 2, cell.y + 1, 2, 1, "choose", f"{cell.label}.b"))
        if column.row and column.name != "output":
            spots.append(Spot(column.x - 1, 1, 2, 1, "less", column.row))
            spots.append(Spot(column.x + 4, 1, 2, 1, "more", column.row))
        if column.row:
            spots.append(Spot(column.x + 6, 1, 10, 1, "list", column.row))
    spots.append(Spot(width - 16, height - 1, 3, 1, "less", "layers"))
    spots.append(Spot(width - 12, height - 1, 3, 1, "more", "layers"))
    return spots
