"""The view Accuracy: for classes shares of right answers and the confusion matrix, for numbers R² and residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Horizontal

from mgrad.engine.training import Snapshot
from mgrad.tui import curves, formats
from mgrad.tui.curves import up_to_now
from mgrad.tui.map_layout import class_name, ticks
from mgrad.tui.sight import Answers
from mgrad.tui.view import View
from mgrad.tui.widgets.canvas import Canvas
from mgrad.tui.widgets.curve_plot import CurvePlot, Drawing, Line
from mgrad.tui.widgets.still import Still

if TYPE_CHECKING:
    from textual_plotext.plot import Plot

BOTH = 60
"""Cells from which on there is room for R² as a curve beside the residuals; else it is written there in numbers."""
CELL, WIDEST = 4, 12
"""Cells of a number in the matrix, and where there is room for the names of classes."""
BESIDE, ABOVE = 26, 5
"""Columns, or else rows, that the curve of accuracy needs beside, or above, the matrix."""
MOST_DOTS = 400
"""So many samples are drawn as residuals; more would only cover one another."""


class Residuals(Canvas):
    """Every sample's answer over what was wanted; right answers lie on the diagonal."""

    answers: Answers | None = None

    def draw(self, plt: Plot) -> None:
        tones, answers = self.app.theme_variables, self.answers
        if answers is not None and answers.wanted.size:
            every = max(1, answers.wanted.shape[1] // MOST_DOTS)
            wanted, given = answers.wanted[0, ::every], answers.outputs[0, ::every]
            fine = np.isfinite(given)
            low, high = float(wanted.min()), float(wanted.max())
            margin = 0.05 * ((high - low) or 1.0)
            ends = [low - margin, high + margin]
            plt.plot(ends, ends, marker="braille", color=Color.parse(tones["line"]).rgb)
            if fine.any():
                plt.scatter(
                    wanted[fine].tolist(), given[fine].tolist(), marker="braille", color=Color.parse(tones["ink"]).rgb
                )
            plt.xlim(*ends)
            plt.ylim(*ends)
            marks = ticks(low - margin, high + margin, 3)
            plt.xticks([mark for mark, _ in marks], [text for _, text in marks])
            plt.yticks([mark for mark, _ in marks], [text.rjust(5) for _, text in marks])


class AccuracyView(Horizontal):
    """A curve at the left, at the right what is behind its last point."""

    DEFAULT_CSS = """
    AccuracyView #matrix { width: auto; height: 100%; padding: 0 0 0 1; }
    AccuracyView Residuals { width: 1fr; color: $quiet; background: $background; }
    """

    def compose(self) -> ComposeResult:
        yield CurvePlot()
        yield Residuals()
        yield Still(id="matrix")

    _view: View | None = None
    _shape = 0, 0

    def on_resize(self) -> None:
        if self._view is not None:
            self.show(self._view)

    def show(self, view: View, *, curve: bool = True) -> None:
        """Draws the view's snapshot, and its answers where the engine has looked already; or tells its numbers alone,
        without the curve and the residuals."""
        self._view = view
        snapshot, run = view.snapshot, view.run
        if snapshot is None or run is None:
            return
        answers = view.sight.answers if view.sight else None
        numbers = run.dataset.problem == "regression"
        matrix, roomy = self.query_one("#matrix", Still), self.size.width >= BOTH
        self.query_one(Residuals).display = numbers
        matrix.display = not numbers or not roomy
        if numbers:
            self.styles.layout, matrix.styles.height = "horizontal", "100%"
            self.query_one(CurvePlot).display = roomy
            self._write(_r2(snapshot))
            if curve:
                residuals = self.query_one(Residuals)
                residuals.answers = answers
                residuals.refresh()
            self._curve(snapshot, "r2", curve)
        else:
            classes = tuple(map(class_name, run.dataset.classes))
            self._curve(snapshot, "accuracy", curve)
            beside = self.size.width - (len(classes) + 1) * CELL - 1 >= BESIDE
            above = not beside and self.size.height - len(classes) - 1 >= ABOVE
            self.query_one(CurvePlot).display = beside or above  # else the matrix needs all the room
            self.styles.layout = "vertical" if above else "horizontal"
            matrix.styles.height = "auto" if above else "100%"
            if answers is not None and answers.confusion is not None:
                self._write(self._matrix(answers, classes, CELL if beside else WIDEST))

    def _write(self, text: Text | str) -> None:
        """What stands at the right. Its numbers keep their widths: mostly nothing has to move."""
        lines = str(text).split("\n")
        shape = len(lines), max(map(len, lines))
        self.query_one("#matrix", Still).update(text, layout=shape != self._shape)
        self._shape = shape

    def _curve(self, snapshot: Snapshot, metric: str, whole: bool) -> None:
        lines = []
        for name, token, metrics in (("test", "primary", snapshot.test), ("train", "ink", snapshot.train)):
            now = getattr(metrics, metric) if metrics else None
            if now is not None:
                text = f"{formats.accuracy(now)} %" if metric == "accuracy" else formats.loss(now)
                shares = getattr(snapshot.curve, f"{name}_{metric}")
                lines.append(Line(name, token, *up_to_now(snapshot, shares, now), text))
        axis = curves.percent_axis if metric == "accuracy" else curves.share_axis
        drawing = Drawing(tuple(lines), axis(*(line.y for line in lines)), snapshot.progress)
        plot = self.query_one(CurvePlot)
        plot.draw(drawing) if whole else plot.tell(drawing)

    def _matrix(self, answers: Answers, classes: tuple[str, ...], most: int) -> Text:
        """Rows are the truth, columns the answer; the diagonal, where they agree, is bright. At most so wide a cell."""
        wanted = min(most, max(CELL, *(len(name) + 2 for name in classes)))
        cell = max(3, min(wanted, (self.size.width - 1) // (len(classes) + 1)))
        tones, confusion = self.app.theme_variables, answers.confusion
        assert confusion is not None
        quiet, ink, faint = (Style(color=tones[name]) for name in ("quiet", "ink", "faint"))
        text = Text("", quiet, no_wrap=True)
        if len(classes) < self.size.height:  # else the names of the rows, which are the same, must do
            text.append(" " * cell + "".join(f"{name[: cell - 1]:>{cell}}" for name in classes) + "\n")
        for name, row in zip(classes, confusion, strict=True):
            text.append(f"{name[: cell - 1]:>{cell}}", quiet)
            for column, number in enumerate(row):
                right = classes[column] == name
                style = Style(color=tones["success"], bold=True) if right else ink if number else faint
                text.append(f"{formats.count(int(number), cell) if number or right else '·':>{cell}}", style)
            text.append("\n")
        return text


def _r2(snapshot: Snapshot) -> str:
    """R² in numbers."""
    parts = (("train", "ink", snapshot.train), ("test", "primary", snapshot.test))
    texts = [
        f"[${tone}]{name}\n{formats.value(part.r2)}[/]" for name, tone, part in parts if part and part.r2 is not None
    ]
    return "\n".join(["[$quiet]R²[/]", *texts])


def accuracy_note(view: View) -> str:
    """What the numbers are about: the part of the data, and what stands in which direction."""
    part = view.sight.answers.part if view.sight and view.sight.answers else "train"
    if view.run is not None and view.run.dataset.problem == "regression":
        return f"{part}: answer ↑ target →"
    return f"{part}: truth ↓ answer →"
