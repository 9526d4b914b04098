"""What lies on a plane: points, the picked sample, the cursor, and signs where there is no colour.

A mark takes a cell of its own; its ground is the colour of the two pixels that were there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from mgrad.tui import map_layout, maps
from mgrad.tui.map_layout import Frame, Window
from mgrad.tui.maps import MARGINS, NOT_FINITE, SHADES, Ints, Paint
from mgrad.tui.sight import Look, Plane, Points

INKS = ("#7a4304", "#043a5e")
"""Dark ink of minus and of plus."""
TRAIN, TRAIN_WRONG, TEST, TEST_WRONG = "ox", "OX", "◦×", "○╳"


@lru_cache(maxsize=65536)
def style(colour: str | None, back: str, bold: bool = False) -> Style:
    """A style, made once."""
    return Style(color=colour, bgcolor=back, bold=bold)


class Tones:
    """Colours of the theme that is on, as #rrggbb."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.back, self.error = self["background"], self["error"]

    def __getitem__(self, token: str) -> str:
        return _hex(self._variables[token])


@lru_cache(maxsize=256)
def _hex(colour: str) -> str:
    return Color.parse(colour).hex6


class Marks:
    """Cells to be drawn in place of the plane's own: `found[row][column]`."""

    def __init__(self, pixels: Ints, paint: Paint, frame: Frame, tones: Tones, plain: bool) -> None:
        self.found: dict[int, dict[int, Segment]] = {}
        self._pixels, self._paint, self._frame, self._tones, self._plain = pixels, paint, frame, tones, plain
        self._tops, self._bottoms = pixels[::2].tolist(), pixels[1::2].tolist()

    def add_points(
        self, points: Points, look: Look, window: Window, glyphs: tuple[str, ...], scale: float, slope_scale: float
    ) -> None:
        """The points that are to be seen, and the picked sample over everything else."""
        slopes = points.gradient if look.slope else None
        chosen = map_layout.picked(points, look)
        targets = maps.shades(points.wanted, scale) if points.classes == 0 else None
        seen = map_layout.topmost(points, look, window, self._frame)
        for (row, column), i in seen.items():
            ground = self._ground(row, column)
            if slopes is not None:
                self._put(row, column, *self._slope(float(slopes[i]) / slope_scale, ground))
            elif targets is not None:
                glyph = "◦" if points.test[i] else "•"
                self._put(row, column, glyph, self._target(int(targets[i]), ground), ground)
            else:
                self._put(row, column, *self._class_point(points, i, glyphs, ground))
        if chosen >= 0:
            columns, rows = window.cells(points.x[[chosen]], points.y[[chosen]], self._frame)
            if rows[0] >= 0:
                self._add_picked(int(rows[0]), int(columns[0]), self._glyph(points, chosen, glyphs))

    def add_signs(self, plane: Plane, glyphs: tuple[str, ...]) -> None:
        """Where there is no colour: here and there the sign of the value, or the winning class."""
        for row in range(1, self._frame.rows, 3):
            for column in range(2, self._frame.columns, 6):
                top, bottom = self._tops[row][column], self._bottoms[row][column]
                if NOT_FINITE in (top, bottom) or max(top, bottom) >= len(self._paint.colours) - 1:
                    continue
                if plane.winners is not None:
                    same = top // MARGINS == bottom // MARGINS
                    text = glyphs[top // MARGINS] if same and top // MARGINS < len(glyphs) else ""
                else:
                    far = min(top, bottom) - SHADES // 2, max(top, bottom) - SHADES // 2
                    text = "+" if far[0] > 2 else "−" if far[1] < -2 else ""
                if text:
                    ground = self._ground(row, column)
                    clear = top % MARGINS / (MARGINS - 1) if plane.winners is not None else 0.6
                    self._put(row, column, text, maps.blend(ground, _contrast(ground), 0.15 + 0.4 * clear), ground)

    def add_sentence(self, lines: tuple[str, ...]) -> None:
        """Words in the middle of an empty plane."""
        for i, line in enumerate(lines):
            row, start = self._frame.rows // 2 - len(lines) // 2 + i, (self._frame.columns - len(line)) // 2
            if start >= 0 and 0 <= row < self._frame.rows:
                for offset, letter in enumerate(line):
                    self._put(row, start + offset, letter, self._tones["quiet"], self._ground(row, start + offset))

    def add_cursor(self, column: int, row: int) -> None:
        """A cross-hair; what is marked beside it stays, a point under it is seen."""
        if not self._frame.holds(column, row):
            return
        for down, right, arm in ((-1, 0, "│"), (1, 0, "│"), (0, -1, "─"), (0, 1, "─"), (0, -2, "─"), (0, 2, "─")):
            at, beside = row + down, column + right
            if self._frame.holds(beside, at) and beside not in self.found.get(at, {}):
                ground = self._ground(at, beside)
                self._put(at, beside, arm, _contrast(ground), ground, True)
        under = self.found.get(row, {}).get(column)
        ground = self._ground(row, column)
        ink = _contrast(ground)
        text = under.text if under is not None and under.text not in "+−" else "┼"
        self._put(row, column, text, ground, ink, True)

    # ------------------------------------------------------------------ kinds of points
    def _class_point(self, points: Points, i: int, glyphs: tuple[str, ...], ground: str) -> tuple[str, str, str, bool]:
        glyph = self._glyph(points, i, glyphs)
        if points.right is not None and not points.right[i]:  # tinted ink is for what is right
            ink = _contrast(ground)
            return (glyph, ground, ink, True) if glyph.isdigit() else (glyph, ink, ground, True)  # a digit: no capital
        if self._plain:
            return glyph, _contrast(ground), ground, False
        klass = int(points.wanted[i])
        ink = INKS[klass] if points.classes == 2 else maps.blend(maps.HUES[klass % len(maps.HUES)], "#000000", 0.62)
        if points.test[i] and points.classes > 2:
            ink = maps.blend(ink, ground, 0.45)
        return glyph, ink, ground, False

    def _glyph(self, points: Points, i: int, glyphs: tuple[str, ...]) -> str:
        if points.classes == 0:
            return "•"
        wrong = points.right is not None and not points.right[i]
        klass = int(points.wanted[i])
        if points.classes == 2:
            return ((TEST_WRONG if wrong else TEST) if points.test[i] else TRAIN_WRONG if wrong else TRAIN)[klass]
        glyph = glyphs[klass] if klass < len(glyphs) else "?"
        return glyph.upper() if wrong else glyph

    def _slope(self, share: float, ground: str) -> tuple[str, str, str, bool]:
        """A gradient: colour by its sign, size and strength by its size."""
        if not np.isfinite(share):
            return "╱", self._tones.error, ground, True
        size = round(min(1.0, abs(share)) * 16) / 16  # few colours, so that each is made once
        if self._plain:
            return ("·" if abs(share) < 0.05 else "+" if share > 0 else "−"), self._tones["ink"], ground, size >= 0.5
        glyph = "●" if size >= 0.5 else "•" if abs(share) >= 0.1 else "·"
        end = maps.ENDS[2] if share > 0 else maps.ENDS[0]
        bright = self._tones["plus" if share > 0 else "minus"]
        return glyph, maps.blend(ground, maps.blend(end, bright, 0.7), 0.4 + 0.6 * size), ground, False

    def _target(self, shade: int, ground: str) -> str:
        """Dark ink of the number to predict: of the plane's own colour where that is right."""
        if shade == NOT_FINITE:
            return self._tones.error
        if self._plain:
            return _contrast(ground)
        return maps.blend(maps.ramp()[shade], "#000000", 0.5)

    def _add_picked(self, row: int, column: int, glyph: str) -> None:
        self._put(row, column, glyph, "#ffffff", "#000000", True)
        for side, edge in ((column - 1, "▐"), (column + 1, "▌")):
            if self._frame.holds(side, row):
                self._put(row, side, edge, "#000000", self._ground(row, side))

    # ------------------------------------------------------------------ cells
    def _ground(self, row: int, column: int) -> str:
        return self._paint.ground(self._tops[row][column], self._bottoms[row][column])

    def _put(self, row: int, column: int, text: str, colour: str, back: str, bold: bool = False) -> None:
        self.found.setdefault(row, {})[column] = Segment(text, style(colour, back, bold))


def _contrast(ground: str) -> str:
    return "#000000" if maps.luminance(ground) >= maps.BRIGHT else "#ffffff"
