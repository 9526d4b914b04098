"""A plot of lines over epochs, each named where it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Horizontal
from textual.widget import Widget

from mgrad.tui import curves, formats
from mgrad.tui.curves import Axis, Numbers
from mgrad.tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from textual_plotext.plot import Plot as Plotter

TICKS = 6
"""Cells at the left for the numbers of the axis."""
BLANK = Axis(0.0, 1.0, ())


@dataclass(frozen=True)
class Line:
    """One curve: where it is drawn, and what is written at its end."""

    name: str
    token: str
    x: Numbers
    y: Numbers
    end: str


@dataclass(frozen=True)
class Drawing:
    """All that a plot shows: lines, the one that matters most last, over epochs from 0 to `last`."""

    lines: tuple[Line, ...] = ()
    axis: Axis = BLANK
    last: float = 1.0


class Plot(Canvas):
    """The picture itself."""

    drawing = Drawing()

    def draw(self, plt: Plotter) -> None:
        tones, drawing = self.app.theme_variables, self.drawing
        for line in drawing.lines:
            x, y = curves.thin(line.x, line.y, max(8, self.size.width - TICKS))
            if len(x):
                draw = plt.plot if len(x) > 1 else plt.scatter
                draw(x.tolist(), y.tolist(), marker="braille", color=Color.parse(tones[line.token]).rgb)
        if not any(len(line.x) for line in drawing.lines):
            plt.scatter([0.0], [drawing.axis.low - 1], marker="braille")  # plotext draws no axis without a point
        plt.ylim(drawing.axis.low, drawing.axis.high)
        plt.xlim(0, max(drawing.last, 1))
        marks = curves.readable_ticks(drawing.axis, max(2, self.size.height - 1))
        plt.yticks([y for y, _ in marks], [text.rjust(TICKS - 1) for _, text in marks])
        ticks = self._epochs(drawing.last) if drawing.lines else []
        plt.xticks([float(tick) for tick in ticks], [formats.count(tick).strip() for tick in ticks])

    def _epochs(self, last: float) -> list[int]:
        # plotext writes ticks in no particular order, and one over another, or shifted, where they come too near
        width, last = self.size.width - TICKS, max(last, 1)
        room = 2 * len(formats.count(int(last)).strip()) + 1
        ticks = curves.epoch_ticks(last, most=max(2.5, min(4, width // room)))
        return ticks if len(ticks) < 2 or (ticks[1] - ticks[0]) / last * (width - 1) >= room else ticks[-1:]


class Ends(Widget):
    """Names and numbers, each on the row where its line ends."""

    drawing = Drawing()

    def render(self) -> str:
        room = max(2, self.size.height - 1)
        axis = self.drawing.axis
        # where two lines end on one row, the higher one's name stands above
        lines = sorted(self.drawing.lines, key=lambda line: -line.y[-1] if len(line.y) else 0.0)[:room]
        texts = [""] * room + ["[$faint]epoch[/]" if lines else ""]
        wanted = [(axis.row(line.y[-1], room) if len(line.y) and math.isfinite(line.y[-1]) else 0) for line in lines]
        for row, line in zip(curves.apart(wanted, room), lines, strict=True):
            name = f"{line.name:<6}" if len(line.name) <= 6 else f"{line.name:<7}"
            texts[row] = f"[${line.token}]{name}{line.end}[/]"
        return "\n".join(texts)


class CurvePlot(Horizontal):
    """A plot and, at its right, what its lines are called."""

    DEFAULT_CSS = """
    CurvePlot { height: 1fr; }
    CurvePlot Plot { width: 1fr; color: $quiet; background: $background; }
    CurvePlot Ends { width: 13; height: 100%; padding: 0 0 0 1; }
    """

    def compose(self) -> ComposeResult:
        yield Plot()
        yield Ends()

    def draw(self, drawing: Drawing) -> None:
        """Shows these lines."""
        plot = self.query_one(Plot)
        plot.drawing = drawing
        plot.refresh()
        self.tell(drawing)

    def tell(self, drawing: Drawing) -> None:
        """Shows what is written at the ends of these lines: cheap beside drawing them."""
        ends = self.query_one(Ends)
        ends.drawing = drawing
        ends.refresh()
