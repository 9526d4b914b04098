"""The picture of a network, cell by cell: small maps, links, heads; made once for a sight and a window."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mgrad.tui import formats, links, maps
from mgrad.tui.network_layout import HEAD, Cell, Column, Layout
from mgrad.tui.network_links import choose_links, split_parameters
from mgrad.tui.sight import Floats
from mgrad.tui.view import View
from mgrad.tui.widgets.map_marks import Tones, style

LEVELS = 15
"""Steps of how strong a link is drawn."""
OFF = 0.82
"""How much of the background is in the map of an input that is not fed."""
SIGNED = 5
"""Without colour a sign stands on shades so far from zero, and beyond."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn. `label` is what is looked at, `cursor` an input that is not fed, where the keys are."""

    view: View
    layout: Layout
    label: str = ""
    cursor: str = ""
    scales: dict[str, float] = field(default_factory=dict)
    """Of maps without bounds, by label; drawing keeps them up to date."""
    plain: bool = False


class Drawing:
    """Draws the window that is scrolled to. `strips` are its lines."""

    def __init__(self, scene: Scene, window: Region, tones: Tones) -> None:
        self._scene, self._window, self._tones = scene, window, tones
        self._body = Region(window.x, window.y, window.width, max(0, window.height - HEAD))
        blank = style(None, tones.back)
        self._letters = [[" "] * window.width for _ in range(window.height)]
        self._looks: list[list[Style | None]] = [[blank] * window.width for _ in range(window.height)]
        self._weights: list[str] = []
        self._owners = np.empty((0, 0), dtype=np.int64)
        self._pictures: dict[str, Floats] = {}
        self._strongest = 1.0
        view, layout = scene.view, scene.layout
        if view.run is None or view.snapshot is None:
            return
        blocks = split_parameters(view.run.trainer.net, view.snapshot.parameters)
        self._pictures, self._strongest = _pictures_of(view, layout, blocks[0][0])
        self._draw_links([weights for weights, _ in blocks])
        place = layout.find(scene.cursor or scene.label)
        chosen = layout.cell(place) if place else None
        for i, column in enumerate(layout.columns):
            if column.x + layout.step < window.x or column.x - 3 > window.right:
                continue
            biases = blocks[i - 1][1] if i else np.zeros(0)
            for k, cell in enumerate(column.cells):
                if cell.region.grow((1, 3, 2, 3)).overlaps(self._body):
                    self._draw_cell(column, cell, float(biases[k]) if i else None, cell is chosen)
            self._draw_head(column, bool(place and place[0] == i))

    @property
    def strips(self) -> list[Strip]:
        """The lines of the window, the heads first."""
        rows = zip(self._letters, self._looks, strict=True)
        return [Strip(_merged(letters, looks), self._window.width) for letters, looks in rows]

    def weight_at(self, x: int, y: int) -> str:
        """The label of the weight whose link is in a cell, x and y as in the layout; "" where there is none."""
        x, y = x - self._body.x, y - self._body.y
        if not (0 <= y < self._owners.shape[0] and 0 <= x < self._owners.shape[1]):
            return ""
        owner = int(self._owners[y, x])
        return "" if owner == links.NOBODY else self._weights[owner]

    # ------------------------------------------------------------------ cells
    def _put(self, x: int, y: int, text: str, token: str, bold: bool = False, solid: bool = False) -> None:
        """Text at a place of the layout; its blanks leave what is there, unless it is `solid`."""
        row, look = y - self._body.y + HEAD, style(self._tones[token], self._tones.back, bold)
        if HEAD <= row < self._window.height:
            self._write(x, row, text, look, solid)

    def _write(self, x: int, row: int, text: str, look: Style, solid: bool = False) -> None:
        letters, looks, left = self._letters[row], self._looks[row], x - self._window.x
        for column, character in enumerate(text, left):
            if (solid or character != " ") and 0 <= column < len(letters):
                letters[column], looks[column] = character, look

    def _put_segments(self, x: int, y: int, segments: list[Segment]) -> None:
        row, column = y - self._body.y + HEAD, x - self._window.x
        if not HEAD <= row < self._window.height:
            return
        letters, looks = self._letters[row], self._looks[row]
        for segment in segments:
            for character in segment.text:
                if 0 <= column < len(letters):
                    letters[column], looks[column] = character, segment.style
                column += 1

    # ------------------------------------------------------------------ parts
    def _draw_links(self, weights: list[Floats]) -> None:
        scene, body, tones = self._scene, self._body, self._tones
        fed = [node.label for node in scene.view.run.trainer.template.features] if scene.view.run else []
        ties = choose_links(scene.layout, fed, weights, scene.label, body, scene.plain)
        self._weights = [tie.label for tie in ties]
        bits, self._owners = links.draw([tie.link for tie in ties], body.width, body.height)
        dimmed = any(tie.link.chosen for tie in ties)
        looks = []
        for tie in ties:
            strength = round(abs(tie.link.strength) * LEVELS) / LEVELS
            colour = tones["quiet" if not tie.label else "plus" if tie.link.strength >= 0 else "minus"]
            share = 0.65 + 0.35 * strength if tie.link.chosen else 0.12 + (0.5 if dimmed else 0.75) * strength
            looks.append(style(maps.blend(tones.back, colour, share), tones.back, scene.plain and tie.link.chosen))
        places = bits.nonzero()
        for y, x, dots, owner in zip(
            *(axis.tolist() for axis in (*places, bits[places], self._owners[places])), strict=True
        ):
            self._letters[y + HEAD][x], self._looks[y + HEAD][x] = chr(0x2800 + dots), looks[owner]

    def _draw_head(self, column: Column, here: bool) -> None:
        """Name, and what can be changed; where the keys are, they change this one."""
        view, x, tones = self._scene.view, column.x, self._tones
        if self._window.height < HEAD:
            return
        faint, quiet = style(tones["faint"], tones.back), style(tones["quiet"], tones.back)
        self._write(x, 0, column.name, style(tones["ink"], tones.back, True))
        if not column.row:
            fed, all_ = sum(cell.on for cell in column.cells), len(column.cells)
            self._write(x, 1, f"{len(column.folded) or fed}" + f" of {all_}" * (fed < all_), quiet)
            return
        settings, count, at = view.wanted, len(column.cells), x + 3
        activation = settings.output or ""
        if column.row != "output":
            place = int(column.row.removeprefix("layer")) - 1
            known = place < len(settings.layers)
            count, at = settings.layers[place] if known else count, x + 6
            activation = settings.activations[place] if place < len(settings.activations) else ""
            arrows = style(tones["primary"], tones.back, True) if here else faint
            self._write(x, 1, "‹   ›", arrows)
        self._write(x + (column.row != "output"), 1, f"{count:>2}" if at == x + 6 else f"{count}", quiet)
        self._write(at, 1, activation, quiet)
        self._write(at + len(activation) + 1, 1, "▾", faint)

    def _draw_cell(self, column: Column, cell: Cell, bias: float | None, chosen: bool) -> None:
        scene, (width, height) = self._scene, cell.size
        x, y, below = cell.x, cell.y, cell.y + height
        for row, line in enumerate(self._map_lines(column, cell)):
            self._put_segments(x, y + row, line)
        if chosen:
            self._draw_frame(cell)
        room = max(width, scene.layout.step - 6)
        if bias is None:
            toggles = not column.folded and scene.view.setup.inputs == 2
            mark = ("■ " if cell.on else "□ ") if toggles else ""
            token = "primary" if chosen else "ink" if cell.on else "faint"
            caption = scene.label if scene.label in column.folded else cell.caption
            self._put(x, below, _short(mark + caption, room), token, bold=chosen, solid=True)
            return
        if not chosen:
            self._put(x - len(cell.number), y, cell.number, "quiet")
        self._put(x, below, _short(cell.caption, room), "primary" if chosen else "quiet", bold=chosen, solid=True)
        own = scene.label == f"{cell.label}.b"
        sign = "▪" if bias >= 0 or not scene.plain else "▫"
        beside = x - 2 if chosen else x - 1  # clear of the frame
        self._put(beside, below - 1, sign, "primary" if own else "plus" if bias >= 0 else "minus", bold=own)
        self._draw_state(cell)
        if column.row == "output" and not cell.number and scene.view.snapshot:
            self._put(x, below + 1, f"loss {formats.loss(scene.view.snapshot.train.loss)}", "ink")

    def _draw_state(self, cell: Cell) -> None:
        """Signs for a neuron that does nothing any more, and for one that is frozen, at the right of its map."""
        view, right = self._scene.view, cell.x + cell.size[0]
        health = view.sight.health[:-1] if view.sight else ()  # an output that is sure of itself is no fault
        if any(cell.label in each.dead_neurons + each.saturated_neurons for each in health):
            self._put(right, cell.y, "!", "warning", bold=True)
        frozen = view.snapshot.frozen if view.snapshot else ()
        if any(label.startswith(f"{cell.label}.") for label in frozen):
            self._put(right, cell.y + cell.size[1] - 1, "z", "primary", bold=True)

    def _draw_frame(self, cell: Cell) -> None:
        (width, height), left, right = cell.size, cell.x - 1, cell.x + cell.size[0]
        self._put(left, cell.y - 1, f"╭{cell.number}".ljust(width + 1, "─") + "╮", "primary", bold=True)
        self._put(left, cell.y + height, "╰" + "─" * width + "╯", "primary", bold=True)
        for y in range(cell.y, cell.y + height):
            self._put(left, y, "│", "primary", bold=True)
            self._put(right, y, "│", "primary", bold=True)

    # ------------------------------------------------------------------ maps
    def _map_lines(self, column: Column, cell: Cell) -> list[list[Segment]]:
        scene, tones, (width, height) = self._scene, self._tones, cell.size
        sight = scene.view.sight
        if column.folded and sight and sight.picture is not None:
            greys = np.floor(sight.picture * (maps.SHADES - 1) + 0.5).astype(np.int64)
            return maps.half_blocks(maps.resized(greys, 2 * height, width), maps.Paint(maps.greys(), tones.back))
        values = self._pictures.get(cell.label)
        if values is None and sight:
            values = sight.neurons.get(cell.label)
        if values is None:
            return self._instead_of_a_map(column, cell)
        if cell.label in self._pictures:
            scale = self._strongest
        elif column.row and self._activation(column) in ("tanh", "sigmoid"):
            scale = 1.0
        else:
            scale = scene.scales[cell.label] = maps.steady_scale(values, scene.scales.get(cell.label))
        pixels = maps.shades(_pooled(values, 2 * height, width), scale)
        lines = maps.half_blocks(pixels, maps.paint(scene.plain, 0.0 if cell.on else OFF, tones.back, tones.error))
        return _with_signs(lines, pixels) if scene.plain and cell.on else lines

    def _instead_of_a_map(self, column: Column, cell: Cell) -> list[list[Segment]]:
        """Where there is no plane: the number for the sample."""
        sight, (width, height), tones = self._scene.view.sight, cell.size, self._tones
        text = ""
        if sight and sight.look.network and cell.on and not column.folded:
            text = formats.value(sight.inspection.value(cell.label))
        look = style(tones["quiet"], tones["panel"])
        return [[Segment((text if row == (height - 1) // 2 else "").center(width), look)] for row in range(height)]

    def _activation(self, column: Column) -> str:
        run = self._scene.view.run
        return run.trainer.net.layers[self._scene.layout.columns.index(column) - 1].activation if run else ""


def _pictures_of(view: View, layout: Layout, weights: Floats) -> tuple[dict[str, Floats], float]:
    """Where a picture is fed, the first layer's neurons show their weights as one; and what full colour means there."""
    picture = view.sight.picture if view.sight else None
    if picture is None or picture.size != weights.shape[1]:
        return {}, 1.0
    cells = layout.columns[1].cells
    finite = np.abs(weights[np.isfinite(weights)])
    strongest = float(np.percentile(finite, 98)) if finite.size else 1.0
    return {cell.label: row.reshape(picture.shape) for cell, row in zip(cells, weights, strict=True)}, strongest or 1.0


def _pooled(values: Floats, rows: int, columns: int) -> Floats:
    """The picture in another size: each pixel the mean of what it covers."""
    high, wide = values.shape
    if (high, wide) == (rows, columns):
        return values
    if not np.isfinite(values).all():  # a mean would spread what is not finite
        return values[np.ix_(np.arange(rows) * high // rows, np.arange(columns) * wide // columns)]
    return _shares(high, rows) @ values @ _shares(wide, columns).T


@lru_cache(maxsize=64)
def _shares(count: int, wanted: int) -> Floats:
    """(wanted, count): how much of each pixel is in each of the pixels wanted instead; rows add up to 1."""
    edges, places = np.linspace(0.0, count, wanted + 1), np.arange(count)
    inside = np.minimum(edges[1:, None], places + 1) - np.maximum(edges[:-1, None], places)
    return np.clip(inside, 0.0, 1.0) * wanted / count


def _with_signs(lines: list[list[Segment]], pixels: np.ndarray) -> list[list[Segment]]:
    """Cells of a map without colour, some of which say whether they are plus or minus."""
    middle, colours, wide = maps.SHADES // 2, maps.ramp(plain=True), pixels.shape[1]
    found = []
    for row, line in enumerate(lines):
        cells = [Segment(character, segment.style) for segment in line for character in segment.text]
        for column in (1, wide // 2, wide - 2) if row in (0, len(lines) - 1) else ():
            top, bottom = pixels[2 * row : 2 * row + 2, column].tolist()
            if maps.NOT_FINITE not in (top, bottom) and abs(top + bottom - 2 * middle) >= 2 * SIGNED:
                ground = colours[(top + bottom) // 2]
                ink = "#000000" if maps.luminance(ground) > maps.BRIGHT else "#ffffff"
                cells[column] = Segment("+" if top + bottom > 2 * middle else "−", style(ink, ground))
        found.append(cells)
    return found


def _merged(letters: list[str], looks: list[Style | None]) -> list[Segment]:
    """A line of cells, neighbours of one style put together. Styles are made once, so that `is` tells them apart."""
    found, start = [], 0
    for end in range(1, len(looks) + 1):
        if end == len(looks) or looks[end] is not looks[start]:
            found.append(Segment("".join(letters[start:end]), looks[start]))
            start = end
    return found


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
