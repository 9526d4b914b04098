"""The view Health: how far each layer moves in a step, as a share of its weights; dead and saturated neurons."""

import math

import numpy as np
from textual.app import ComposeResult
from textual.containers import Vertical

from mgrad.engine.health import LayerHealth
from mgrad.engine.training import Snapshot
from mgrad.engine.verdicts import HEALTHY, rate_verdict
from mgrad.tui import formats
from mgrad.tui.curves import Axis
from mgrad.tui.view import View
from mgrad.tui.widgets.curve_plot import CurvePlot, Drawing, Line
from mgrad.tui.widgets.still import Still

AXIS = Axis(-6.0, 0.0, ((-5.0, "−5"), (-3.0, "−3"), (-1.0, "−1")))
LEAST_HEIGHT = 11
TONES = ("ink", "primary", "quiet", "success", "warning")
ADVICE = {
    "too high": "[$warning]The rate looks too high[/]: try [b]\\[[/].",
    "too low": "[$warning]The rate looks too low[/]: try [b]][/].",
    "healthy": "The rate looks healthy.",
    "": "",
}


class HealthView(Vertical):
    """A line a layer, the healthy band between two faint lines; a table below, its names in the lines' colours."""

    DEFAULT_CSS = """
    HealthView #layers { height: auto; color: $quiet; }
    HealthView Ends { display: none; }
    """

    _breaks = 0

    def compose(self) -> ComposeResult:
        yield CurvePlot()
        yield Still(id="layers")

    def show(self, view: View, *, curve: bool = True) -> None:
        """Draws the view's snapshot, or tells its numbers alone."""
        snapshot = view.snapshot
        if snapshot is None:
            return
        health = view.sight.health if view.sight else ()
        plot = self.query_one(CurvePlot)
        if curve:
            plot.draw(_drawing(snapshot, len(health)))
        if plot.display != (self.size.height >= LEAST_HEIGHT):
            plot.display = not plot.display  # where there is no room for both the numbers say more
        table = self._table(health)
        self.query_one("#layers", Still).update(table, layout=table.count("\n") != self._breaks)
        self._breaks = table.count("\n")

    def _table(self, health: tuple[LayerHealth, ...]) -> str:
        room = max(1, self.size.height - (8 if self.size.height >= LEAST_HEIGHT else 3))
        rows = [_row(layer, _tone(i)) for i, layer in enumerate(health)]
        if len(rows) > room:
            rows = [*rows[: room - 1], f"[$faint]and {len(rows) - room + 1} more layers[/]"]
        head = f"[$faint]{'':<7}{'grad':>7}{'update':>7}{'dead':>6}{'satur.':>7}[/]"
        verdict = ADVICE[rate_verdict([layer.update for layer in health])]
        return "\n".join([head, *rows, *self._ill(health), verdict])

    def _ill(self, health: tuple[LayerHealth, ...]) -> list[str]:
        """A line that says which neurons are dead, or saturated for nearly all samples, as many as have room."""
        width = max(30, self.size.width)
        dead = [name for layer in health for name in layer.dead_neurons]
        full = [name for layer in health for name in layer.saturated_neurons]
        texts = [
            f"{word}: {' '.join(map(_short, names))}" for word, names in (("dead", dead), ("saturated", full)) if names
        ]
        text = "   ".join(texts)
        return [f"[$warning]{text if len(text) <= width else text[: width - 1] + '…'}[/]"] if text else []


def _drawing(snapshot: Snapshot, layers: int) -> Drawing:
    curve, last = snapshot.curve, float(snapshot.epoch)
    lines = [Line("", "line", np.array([0.0, max(1.0, last)]), np.full(2, edge), "") for edge in HEALTHY]
    for i in range(layers):
        known = np.isfinite(curve.updates[:, i])
        updates = np.clip(curve.updates[known, i], AXIS.low, AXIS.high)
        lines.append(Line("", _tone(i), curve.epochs[known], updates, ""))
    return Drawing(tuple(lines), AXIS, last)


def _tone(place: int) -> str:
    return TONES[place % len(TONES)]


def _row(layer: LayerHealth, tone: str) -> str:
    out = not math.isnan(layer.update) and not HEALTHY[0] <= layer.update <= HEALTHY[1]
    update = f"[{'$warning' if out else '$ink'}]{formats.exponent(layer.update):>7}[/]"
    dead = _share(layer.dead, 6, 0.0)
    gradient, full = formats.loss(layer.gradient), _share(layer.saturated, 7, 0.5)
    return f"[${tone}]{layer.name:<7}[/][$ink]{gradient:>7}[/]{update}{dead}{full}"


def _short(label: str) -> str:
    """A neuron's label in as few cells as it can be read in.

    >>> _short("layer2.neuron13")
    '2.13'
    """
    return label.replace("layer", "").replace("neuron", "")


def _share(share: float | None, width: int, fine: float) -> str:
    """A share in percent; a warning where it is more than is fine."""
    if share is None or not math.isfinite(share):
        return f"[$faint]{'·':>{width}}[/]"
    return f"[{'$warning' if share > fine else '$ink'}]{f'{formats.percent(share)} %':>{width}}[/]"
