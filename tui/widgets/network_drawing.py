"""The picture of a network, cell by cell: small maps, links, heads; drawn once for a sight and a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mgrad.tui import formats, links, maps
from mgrad.tui.links import Link
from mgrad.tui.network_layout import MAP, Cell, Column, Layout
from mgrad.tui.view import View

MOST_LINKS = 600
"""The strongest in the window; more could not be told apart."""
FAINT, STRONG = 0.16, 0.75
"""How much of its colour a weak and a strong link keeps while another neuron is chosen."""


@dataclass(frozen=True)
class Tones:
    """The colours of the theme that is on."""

    variables: dict[str, str]
    plain: bool

    def __getitem__(self, name: str) -> str:
        return self.variables[name]


class Drawing:
    """Draws a window of the layout. `strips` are its lines, `owner(x, y)` the link in a cell, as the weight's label."""

    def __init__(self, view: View, layout: Layout, window: Region, tones: Tones) -> None:
        self._view, self._layout, self._window, self._tones = view, layout, window, tones
        self._cells: dict[tuple[int, int], Segment] = {}
        self._labels: list[str] = []
        self._chosen = layout.find(view.look.label)
        self._draw_links()
        for i, column in enumerate(layout.columns):
            self._draw_head(column)
            for k, cell in enumerate(column.cells):
                if window.overlaps(Region(cell.x - 3, cell.y - 1, MAP[0] + 6, MAP[1] + 3)):
                    self._draw_cell(column, cell, (i, k) == self._chosen)
        self._draw_foot()

    def strips(self) -> list[Strip]:
        """The lines of the window."""
        window, blank = self._window, Segment(" ")
        return [
            Strip([self._cells.get((x, y), blank) for x in range(window.x, window.right)], window.width).simplify()
            for y in range(window.y, window.bottom)
        ]

    def owner(self, x: int, y: int) -> str | None:
        """The label of the weight whose link is in a cell."""
        x, y = x - self._window.x, y - self._window.y
        if not (0 <= y < self._owners.shape[0] and 0 <= x < self._owners.shape[1]):
            return None
        place = int(self._owners[y, x])
        return None if place == links.NOBODY else self._labels[place]

    # ------------------------------------------------------------------ parts
    def _write(self, x: int, y: int, text: str, token: str, bold: bool = False) -> None:
        if self._window.y <= y < self._window.bottom:
            style = Style(color=self._tones[token], bold=bold)
            for i, character in enumerate(text):
                if character != " ":
                    self._cells[x + i, y] = Segment(character, style)

    def _draw_links(self) -> None:
        view, window = self._view, self._window
        found: list[tuple[float, Link, str]] = []
        net, parameters = view.run.trainer.net, view.snapshot.parameters  # pyright: ignore[reportOptionalMemberAccess]
        start = 0
        for i, layer in enumerate(net.layers):
            block = parameters[start : start + len(layer.neurons) * (layer.inputs + 1)].reshape(len(layer.neurons), -1)
            start += block.size
            weights = block[:, :-1]
            largest = float(np.abs(weights[np.isfinite(weights)]).max(initial=0.0)) or 1.0
            found += self._links_of(i, np.nan_to_num(weights / largest))
        found.sort(key=lambda each: (-each[1].chosen, -each[0]))
        found = found[:MOST_LINKS]
        self._labels = [label for _, _, label in found]
        listed = [link for _, link, _ in found]
        bits, self._owners = links.draw(listed, window.width, window.height)
        back = self._tones["background"]
        for y, x in zip(*np.nonzero(bits), strict=True):
            link = listed[int(self._owners[y, x])]
            colour = self._tones["plus" if link.strength >= 0 else "minus"]
            keep = 1.0 if link.chosen else FAINT + (STRONG - FAINT) * abs(link.strength)
            style = Style(color=maps.blend(back, colour, keep), bold=link.chosen and self._tones.plain)
            self._cells[int(x) + window.x, int(y) + window.y] = Segment(chr(0x2800 + int(bits[y, x])), style)

    def _links_of(self, layer: int, weights: np.ndarray) -> list[tuple[float, Link, str]]:
        """The links into a layer that cross the window, with the labels of their weights."""
        window, chosen_label = self._window, self._view.look.label
        left, right = self._layout.columns[layer], self._layout.columns[layer + 1]
        sources = [cell for cell in left.cells if cell.on]
        found = []
        for k, target in enumerate(right.cells):
            for j, source in enumerate(sources):
                folded = bool(left.folded)
                strength = float(np.abs(weights[k]).mean()) if folded else float(weights[k, j])
                label = f"{target.label}.w{j + 1}"
                if max(source.y, target.y) < window.y or min(source.y, target.y) > window.bottom:
                    continue
                here = (layer, left.cells.index(source)), (layer + 1, k)
                chosen = label == chosen_label or (
                    ".w" not in chosen_label and self._chosen is not None and self._chosen in here
                )
                link = Link(
                    (source.x + MAP[0] + 1 - window.x, source.y + 1 - window.y),
                    (target.x - 3 - window.x, target.y + 1 - window.y),
                    strength, chosen and not folded, self._tones.plain and strength < 0,
                )  # fmt: skip
                found.append((abs(strength), link, label))
        return found

    def _draw_head(self, column: Column) -> None:
        view, x = self._view, column.x
        self._write(x - 2 if column.name == "inputs" else x - 1, 0, column.name, "ink", bold=True)
        if column.name == "inputs":
            on = len([cell for cell in column.cells if cell.on])
            self._write(
                x - 2, 1, f"{column.folded} inputs" if column.folded else f"{on} of {len(column.cells)}", "quiet"
            )
            return
        settings = view.wanted
        if column.name == "output":
            self._write(x - 1, 1, str(len(column.cells)), "quiet")
            self._write(x + 2, 1, f"{settings.output} ▾", "quiet")
        else:
            at = int(column.name.removeprefix("layer")) - 1
            size = settings.layers[at] if at < len(settings.layers) else len(column.cells)
            name = settings.activations[at] if at < len(settings.layers) else ""
            self._write(x - 1, 1, f"‹ {size:>2} ›", "quiet")
            self._write(x + 6, 1, f"{name} ▾", "quiet")

    def _draw_foot(self) -> None:
        layout, count = self._layout, len(self._view.wanted.layers)
        self._write(layout.width - 16, layout.height - 1, f" ‹ {count} ›  layers", "quiet")

    def _draw_cell(self, column: Column, cell: Cell, chosen: bool) -> None:
        view, x, y = self._view, cell.x, cell.y
        for row, line in enumerate(self._map_lines(column, cell)):
            at = x
            for segment in line:
                for character in segment.text:
                    self._cells[at, y + row] = Segment(character, segment.style)
                    at += 1
        sight, snapshot = view.sight, view.snapshot
        if chosen:
            self._frame(cell)
        if column.name == "inputs":
            mark = "" if column.folded or view.setup.inputs != 2 else "■ " if cell.on else "□ "
            self._write(x - 1, y + MAP[1], mark + cell.caption[:9], "ink" if cell.on else "faint")
            return
        self._write(x - len(cell.caption), y - 1 if chosen else y, cell.caption, "primary" if chosen else "faint")
        bias = sight.inspection.value(f"{cell.label}.b") if sight else 0.0
        if not chosen:
            self._write(
                x - 1, y + 1, "▪" if not self._tones.plain or bias >= 0 else "▫", "plus" if bias >= 0 else "minus"
            )
            ill = {
                name for each in (sight.health if sight else ()) for name in each.dead_neurons + each.saturated_neurons
            }
            if cell.label in ill:
                self._write(x - 1, y + 2, "!", "warning", bold=True)
            elif snapshot and any(label.startswith(f"{cell.label}.") for label in snapshot.frozen):
                self._write(x - 1, y + 2, "z", "primary", bold=True)

    def _frame(self, cell: Cell) -> None:
        width, height = MAP
        left, right, top, bottom = cell.x - 1, cell.x + width, cell.y - 1, cell.y + height
        line = "─" * width
        self._write(left, top, f"╭{line}╮", "primary")
        self._write(left, bottom, f"╰{line}╯", "primary")
        for y in range(cell.y, cell.y + height):
            self._write(left, y, "│", "primary")
            self._write(right, y, "│", "primary")

    def _map_lines(self, column: Column, cell: Cell) -> list[list[Segment]]:
        sight, tones = self._view.sight, self._tones
        values = sight.neurons.get(cell.label) if sight else None
        if values is None:
            shown = None if sight is None or column.folded or not cell.on else sight.inspection.value(cell.label)
            style = Style(color=tones["faint"], bgcolor=tones["panel"])
            text = f"{column.folded:>5}  " if column.folded else formats.value(shown)
            return [[Segment(line, style)] for line in (" " * MAP[0], text, " " * MAP[0])]
        bounded = column.name != "inputs" and self._activation(column) in ("tanh", "sigmoid")
        scale = 1.0 if bounded else maps.steady_scale(values)
        pixels = maps.resized(maps.shades(values, scale), 2 * MAP[1], MAP[0])
        paint = maps.paint(tones.plain, 0.0 if cell.on else 0.82, tones["background"], tones["error"])
        return maps.half_blocks(pixels, paint)

    def _activation(self, column: Column) -> str:
        net = self._view.run.trainer.net  # pyright: ignore[reportOptionalMemberAccess]
        return net.layers[self._layout.columns.index(column) - 1].activation
