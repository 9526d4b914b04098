"""The lines in a map's border: what it is of, and what a place of it, or the picked sample, is. Texts only."""

from mgrad.engine.errors import UnknownLabel
from mgrad.tui import formats, map_layout
from mgrad.tui.map_layout import Frame, Window
from mgrad.tui.maps import Floats
from mgrad.tui.sight import Look, Plane, Points, Sight


def map_title(look: Look, width: int, has_picture: bool, as_picture: bool) -> str:
    """The node that is shown, and what else can be: as markup, words that can be clicked, for a panel of a width."""
    label, words = look.mapped or "output", [("slope", "gradient", look.slope)]
    if has_picture:
        words.append(("picture", "picture", as_picture))
    if has_picture and as_picture:
        label, words = "sample", words[1:]
    room = max(8, width - 10 - sum(len(word) + 2 for _, word, _ in words))
    label = label if len(label) <= room else "…" + label[1 - room :]
    safe = label.replace("[", r"\[")
    links = (f"[@click={action}()][{'b $ink' if chosen else '$faint'}]{word}[/][/]" for action, word, chosen in words)
    return "  ".join([f"[b $ink]Map[/]  [$quiet]{safe}[/]", *links])


def at_cell(sight: Sight, plane: Plane, frame: Frame, cell: tuple[int, int], classes: tuple[str, ...]) -> str:
    """What the plane says in a cell (column, row); with gradients, the nearest sample's."""
    window = Window.of(plane)
    points = sight.points
    if sight.look.slope and points is not None and points.gradient is not None:
        found = map_layout.nearest(points, sight.look, window, frame, *cell)
        if found is not None:
            return _slope(points, points.gradient, found)
    place = _place(*window.place(*cell, frame))
    return place + _answer(plane, cell[0] / frame.columns, cell[1] / frame.rows, classes)


def at_sample(sight: Sight, plane: Plane, frame: Frame, classes: tuple[str, ...]) -> str:
    """Where the picked sample is, and the node's value or gradient there."""
    points = sight.points
    i = map_layout.picked(points, sight.look) if points is not None else -1
    if points is None or i < 0:
        return f"sample {sight.look.sample}"
    if sight.look.slope and points.gradient is not None:
        return _slope(points, points.gradient, i)
    x, y = float(points.x[i]), float(points.y[i])
    if plane.winners is None:
        try:
            return f"{_place(x, y)} → {formats.value(sight.inspection.value(plane.label)).strip()}"
        except UnknownLabel:
            return _place(x, y)
    columns, rows = Window.of(plane).cells(points.x[[i]], points.y[[i]], frame)
    if rows[0] < 0 or not frame.rows:
        return _place(x, y)
    return _place(x, y) + _answer(plane, int(columns[0]) / frame.columns, int(rows[0]) / frame.rows, classes)


def _place(x: float, y: float) -> str:
    return f"({map_layout.signed(x)}, {map_layout.signed(y)})"


def _slope(points: Points, gradient: Floats, i: int) -> str:
    part = "test " if points.test[i] else ""
    return f"{part}sample {points.index[i]} → {formats.value(float(gradient[i])).strip()}"


def _answer(plane: Plane, across: float, down: float, classes: tuple[str, ...]) -> str:
    """What the plane says at a place, given as shares of its width and height."""
    table = plane.winners if plane.winners is not None else plane.values
    if table is None or not table.size:
        return ""
    row, column = int(down * table.shape[0] + 1e-9), int(across * table.shape[1] + 1e-9)
    if plane.winners is None or plane.margins is None:
        return f" → {formats.value(float(table[row, column])).strip()}"
    klass = int(table[row, column])
    name = map_layout.class_name(classes[klass]) if klass < len(classes) else str(klass)
    return f" → {name} by {plane.margins[row, column]:.2f}"
