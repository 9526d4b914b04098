"""A node over all training samples: how its values are spread, and the gradient of the mean loss."""

import numpy as np

from mgrad.tui.sight import OverBatch
from mgrad.tui.sparks import bars
from mgrad.tui.widgets.card import FIELD, signed, title

ROWS = 4


def batch_lines(label: str, kind: str, batch: OverBatch | None, width: int) -> list[str]:
    """Lines of the card."""
    lines = [title(label, kind, width), ""]
    if batch is None or not len(batch.values):
        return [*lines, "[$quiet]Nothing is known of it over the batch.[/]"]
    lines += [f"[$quiet]{'gradient':<{FIELD}}[/]{signed(batch.gradient)}   [$faint]of the mean loss[/]", ""]
    finite = batch.values[np.isfinite(batch.values)]
    lost = len(batch.values) - len(finite)
    if not len(finite):
        return [*lines, "[$error]▲ not one of its values is finite[/]"]
    low, middle, high = float(finite.min()), float(np.median(finite)), float(finite.max())
    if low == high:
        lines += [f"[$quiet]{'value':<{FIELD}}[/]{signed(low)}   [$faint]the same for all[/]"]
    else:
        room = min(width - 1, 60)
        halves = (finite / 2 - low / 2) / (high / 2 - low / 2)  # the span of all floats is no float
        counts = np.bincount(np.minimum((halves * room).astype(int), room - 1), minlength=room)
        lines += [f"[$quiet]{line}[/]" for line in bars(counts.tolist(), ROWS)]
        gap = " " * ((room - 21) // 2)
        lines += [
            f"{signed(low)}{gap}{signed(middle)}{' ' * (room - 21 - len(gap))}{signed(high)}",
            f"[$faint]{'min':<7}{gap}{'median':^7}{'max':>{room - 14 - len(gap)}}[/]",
        ]
    if lost:
        lines.append(f"[$error]▲ {lost} of {len(batch.values)} values are not finite[/]")
    return lines
