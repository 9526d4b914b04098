"""Where everything of a network lies on the panel: columns of neurons, their heads, and what a click means.

The head of a column stays where it is while the neurons below it scroll. So heads have coordinates of their own: x as
for the neurons, y from the top of the panel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from textual.geometry import Region

from mgrad.engine.features import FEATURES
from mgrad.tui.work import Run

MAP = (7, 3)
"""Cells of a neuron's small map, at least."""
ROOMY = ((11, 5), (9, 4))
"""Of one where all have room for it."""
LARGE = (14, 6)
"""Of the map of an only output, and at most of a picture that is fed."""
HEAD = 2
"""Rows of the heads."""
TOP = 1
"""Row of the first map, below the heads: room for the frame of a chosen one."""
LEFT = 2
LEAST_STEP = 18
"""From one column to the next: its number, map and head, and room for links."""
LEAST_LAST = 12
"""Of the last column: its head, and names of classes."""
MOST_INPUTS = 16
"""More are folded into one block."""
NEURON = re.compile(r"((?:layer\d+\.)?neuron\d+)(?:[.~]|$)")


@dataclass(frozen=True)
class Cell:
    """A neuron or an input: its label, its map, and what stands beside and below it."""

    label: str
    number: str
    caption: str
    x: int
    y: int
    size: tuple[int, int] = MAP
    on: bool = True
    """Whether it is fed; a neuron always is."""

    @property
    def region(self) -> Region:
        """The cells of its map."""
        return Region(self.x, self.y, *self.size)

    @property
    def middle(self) -> int:
        """The row where its links begin and end."""
        return self.y + (self.size[1] - 1) // 2


@dataclass(frozen=True)
class Column:
    """The inputs, or a layer: `row` is the key of its row in the set-up ("" for the inputs)."""

    name: str
    cells: tuple[Cell, ...]
    x: int
    row: str = ""
    folded: tuple[str, ...] = ()
    """The labels of inputs that are one block."""


@dataclass(frozen=True)
class Spot:
    """Cells that can be clicked, and what that means: `choose`, `feature`, `less`, `more` or `list`, with a name."""

    region: Region
    kind: str
    name: str


@dataclass(frozen=True)
class Layout:
    """All columns, the size that they need with their heads, and the spots."""

    columns: tuple[Column, ...]
    width: int
    height: int
    step: int
    """From one column to the next."""
    spots: tuple[Spot, ...] = field(repr=False, default=())
    heads: tuple[Spot, ...] = field(repr=False, default=())

    def spot_at(self, x: int, y: int) -> Spot | None:
        """What is below the heads, in rows from there."""
        return next((spot for spot in self.spots if spot.region.contains(x, y)), None)

    def head_at(self, x: int, y: int) -> Spot | None:
        """What is in the heads."""
        return next((spot for spot in self.heads if spot.region.contains(x, y)), None)

    def find(self, label: str) -> tuple[int, int] | None:
        """Column and place of the neuron or input that a label belongs to: also of its weights, its bias, its sum."""
        match = NEURON.match(label)
        wanted = match[1] if match else label
        for i, column in enumerate(self.columns):
            if wanted in column.folded:
                return i, 0
            for k, cell in enumerate(column.cells):
                if cell.label == wanted:
                    return i, k
        return None

    def cell(self, place: tuple[int, int]) -> Cell:
        """The neuron or input at a column and a place in it."""
        return self.columns[place[0]].cells[place[1]]


def lay_out(run: Run, width: int, height: int) -> Layout:
    """The layout of a run's network for a panel of so many cells: as large as fits, else it scrolls."""
    for size in ROOMY:
        found = _lay_out(run, width, height, size)
        if found.width <= width and found.height <= height:
            return found
    return _lay_out(run, width, height, MAP)


def _lay_out(run: Run, width: int, height: int, small: tuple[int, int]) -> Layout:
    net, inputs, pitch = run.trainer.net, _inputs(run, small), small[1] + 1
    only = net.sizes[-1] == 1
    sizes = [inputs.cells[0].size, *(small for _ in net.sizes[1:]), LARGE if only else small]
    counts = [len(inputs.cells), *net.sizes]
    highs = [(count - 1) * pitch + size[1] + 1 for count, size in zip(counts, sizes, strict=True)]
    last = max(sizes[-1][0], LEAST_LAST) + 2
    need = LEFT + (LEAST_STEP + small[0] - MAP[0]) * len(net.sizes) + last
    tall = HEAD + TOP + max(highs)
    bar = tall > height  # a scrollbar takes a column or a row, and then the other one may be needed too
    height -= need > width - bar
    width -= tall > height
    tops = [TOP + max(0, (height - HEAD - TOP - high) // 2) for high in highs]  # what is higher begins at the top
    width, tall = max(width, need), max(tall, height)
    step = (width - LEFT - last) // len(net.sizes)
    columns = [_moved(inputs, tops[0])]
    for i, layer in enumerate(net.layers, 1):
        is_last, x = i == len(net.layers), LEFT + i * step
        answers = run.dataset.classes if is_last and len(run.dataset.classes) == counts[i] else ("",) * counts[i]
        cells = [
            Cell(neuron.label, "" if is_last and only else str(k + 1), answers[k], x, tops[i] + k * pitch, sizes[i])
            for k, neuron in enumerate(layer.neurons)
        ]
        name = "output" if is_last else f"layer{i}"
        columns.append(Column(name, tuple(cells), x, name))
    spots = [spot for column in columns for spot in _spots(column, step)]
    heads = [spot for column in columns for spot in _heads(column)]
    return Layout(tuple(columns), width, tall, step, tuple(spots), tuple(heads))


def _inputs(run: Run, small: tuple[int, int]) -> Column:
    """The column of inputs, at the top. Over two inputs all features stand there, those not fed are off."""
    dataset = run.dataset
    fed = [node.label for node in run.trainer.template.features]
    togglable = len(dataset.features) == 2 and set(fed) <= set(FEATURES)
    names = list(FEATURES) if togglable else fed
    if len(names) > MOST_INPUTS:
        size = _picture_size(len(names))
        return Column("inputs", (Cell("inputs", "", f"{len(names)} inputs", LEFT, 0, size),), LEFT, folded=tuple(names))
    captions = dict(zip(dataset.features, dataset.captions, strict=True))
    cells = [
        Cell(name, "", captions.get(name, name), LEFT, k * (small[1] + 1), small, name in fed)
        for k, name in enumerate(names)
    ]
    return Column("inputs", tuple(cells), LEFT)


def _picture_size(count: int) -> tuple[int, int]:
    """Cells for inputs that may be the pixels of a square."""
    side = int(count**0.5)
    return (min(side, LARGE[0]), (min(side, LARGE[0]) + 1) // 2) if side * side == count else MAP


def _moved(column: Column, down: int) -> Column:
    return replace(column, cells=tuple(replace(cell, y=cell.y + down) for cell in column.cells))


def _spots(column: Column, step: int) -> list[Spot]:
    spots = []
    for cell in column.cells:
        below = Region(cell.x, cell.y + cell.size[1], min(step - 4, max(cell.size[0], 12)), 1)
        if not column.row:
            spots.append(Spot(below, "choose" if column.folded else "feature", cell.label))
            spots.append(Spot(cell.region, "choose" if cell.on else "feature", cell.label))
        else:
            spots.append(Spot(cell.region, "choose", cell.label))
            spots.append(Spot(Region(cell.x - 2, cell.y, 2, 1), "choose", cell.label))
            spots.append(Spot(Region(cell.x - 2, cell.y + cell.size[1] - 1, 2, 1), "choose", f"{cell.label}.b"))
            if cell.caption:
                spots.append(Spot(below, "choose", cell.label))
    return spots


def _heads(column: Column) -> list[Spot]:
    """`‹ 8 ›  tanh ▾` below the name of a hidden layer, `1  tanh ▾` below that of the output."""
    if not column.row:
        return []
    spots = [Spot(Region(column.x + (3 if column.row == "output" else 6), 1, 10, 1), "list", column.row)]
    if column.row != "output":
        spots.append(Spot(Region(column.x - 1, 1, 3, 1), "less", column.row))
        spots.append(Spot(Region(column.x + 3, 1, 3, 1), "more", column.row))
    return spots
