"""A panel with the curves of a run: train and test over epochs, each named where its line ends."""

import math
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Horizontal
from textual_plotext import PlotextPlot

from mgrad.tui import curves
from mgrad.tui.curves import Axis, Numbers
from mgrad.tui.widgets.still import Still

ENDS = 13
"""Cells at the right for names and numbers."""


@dataclass(frozen=True)
class Line:
    """One curve: where it is drawn, and what is written at its end."""

    name: str
    token: str
    x: Numbers
    y: Numbers
    end: str


class Plot(PlotextPlot):
    """The picture itself: braille, no frame."""

    def on_mount(self) -> None:
        self.theme = "clear"  # no colours of its own: the panel's background and text colour show through
        self.draw([], Axis(0.0, 1.0, ()), 0.0)

    def draw(self, lines: list[Line], axis: Axis, last: float) -> None:
        plt, tones = self.plt, self.app.theme_variables
        plt.clear_data()
        plt.frame(False)
        buckets = max(8, self.size.width - 6)
        for line in lines:
            x, y = curves.thin(line.x, line.y, buckets)
            if len(x):
                colour = Color.parse(tones[line.token]).rgb
                draw = plt.plot if len(x) > 1 else plt.scatter
                draw(x.tolist(), y.tolist(), marker="braille", color=colour)
        if not any(len(line.x) for line in lines):
            plt.scatter([0.0], [axis.low - 1], marker="braille")  # plotext draws no axis without a point
        plt.ylim(axis.low, axis.high)
        plt.xlim(0, max(last, 1))
        plt.yticks([y for y, _ in axis.ticks], [text.rjust(5) for _, text in axis.ticks])
        ticks = curves.epoch_ticks(max(last, 1))
        plt.xticks([float(tick) for tick in ticks], [str(tick) for tick in ticks])
        self.refresh()


class CurvePlot(Horizontal):
    """A plot and, at its right, names and numbers on the rows where the lines end."""

    DEFAULT_CSS = """
    CurvePlot Plot { width: 1fr; color: $quiet; background: $background; }
    CurvePlot .ends { width: 13; height: 100%; padding: 0 0 0 1; }
    """

    def __init__(self, title: str, note: str, id: str) -> None:
        super().__init__(id=id, classes="panel")
        self.border_title = f"[b $ink]{title}[/]"
        self.border_subtitle = note
        self._shown: tuple[list[Line], Axis, float] | None = None

    def compose(self) -> ComposeResult:
        yield Plot()
        yield Still(classes="ends")

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw())

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def show(self, lines: list[Line], axis: Axis, last: float) -> None:
        """Draws these lines, the one that matters most last, with the x axis from 0 to `last`."""
        self._shown = lines, axis, last
        self._draw()

    def _draw(self) -> None:
        if self._shown is None or not self.size.height:
            return
        lines, axis, last = self._shown
        self.query_one(Plot).draw(lines, axis, last)
        self.query_one(".ends", Still).tell(self._ends(lines, axis))

    def _ends(self, lines: list[Line], axis: Axis) -> str:
        room = max(2, self.size.height - 1)
        lines = sorted(lines, key=lambda line: -line.y[-1] if len(line.y) else 0.0)  # the higher line's name goes first
        texts = [""] * room + ["[$faint]epoch[/]"]
        wanted = [(axis.row(line.y[-1], room) if len(line.y) and math.isfinite(line.y[-1]) else 0) for line in lines]
        for row, line in zip(curves.apart(wanted, room), lines, strict=True):
            texts[row] = f"[${line.token}]{line.name:<6}{line.end}[/]"
        return "\n".join(texts)
