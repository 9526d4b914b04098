"""The view Loss: train and test over epochs, and a sentence about what they say."""

from textual.app import ComposeResult
from textual.containers import Vertical

from mgrad.engine.training import Snapshot
from mgrad.engine.verdicts import best, overfits_since
from mgrad.tui import curves, formats
from mgrad.tui.curves import up_to_now
from mgrad.tui.widgets.curve_plot import CurvePlot, Drawing, Line
from mgrad.tui.widgets.still import Still


class LossView(Vertical):
    """Two curves and a verdict."""

    DEFAULT_CSS = "LossView #verdict { height: 1; color: $quiet; }"

    def compose(self) -> ComposeResult:
        yield CurvePlot()
        yield Still(id="verdict")

    def show(self, snapshot: Snapshot, logarithmic: bool, *, curve: bool = True) -> None:
        """Draws a snapshot's curve, on a logarithmic axis or a linear one, and tells its numbers; or these alone."""
        drawing, plot = _drawing(snapshot, logarithmic), self.query_one(CurvePlot)
        plot.draw(drawing) if curve else plot.tell(drawing)
        self.query_one("#verdict", Still).tell(verdict(snapshot))


def _drawing(snapshot: Snapshot, logarithmic: bool) -> Drawing:
    curve, lines = snapshot.curve, []
    scale = curves.logarithm if logarithmic else lambda losses: losses
    for name, token, losses, metrics in (
        ("test", "primary", curve.test, snapshot.test),
        ("train", "ink", curve.train, snapshot.train),
    ):
        if metrics is not None:
            epochs, losses = up_to_now(snapshot, losses, metrics.loss)
            lines.append(Line(name, token, epochs, scale(losses), formats.loss(metrics.loss)))
    axis = curves.log_axis if logarithmic else curves.linear_axis
    return Drawing(tuple(lines), axis(*(line.y for line in lines)), snapshot.progress)


def verdict(snapshot: Snapshot) -> str:
    """One line about the curves: overfitting and what helps, else the best loss so far."""
    curve = snapshot.curve
    since = overfits_since(curve.epochs, curve.train, curve.test)
    if since is not None:
        return f"[$warning]Overfits since epoch {since}[/]: try penalty l2."
    if snapshot.test is not None:
        part, losses, now = "test", curve.test, snapshot.test.loss
    else:
        part, losses, now = "train", curve.train, snapshot.train.loss
    found = best(curve.epochs, losses)
    if found is None or snapshot.step == 0:
        return ""
    if now < found.loss:
        return f"Best {part} {formats.loss(now).strip()} now."
    return f"Best {part} {formats.loss(found.loss).strip()} at epoch {found.epoch}."
