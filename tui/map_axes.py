"""Which two inputs span the plane, where there are more: one place for each, and never one input for both."""

Axes = tuple[int, int]
PLAIN = ("x1", "x2")
"""What the columns of sets are called that are made by a formula."""


def named(captions: tuple[str, str], inputs: int) -> tuple[str, str] | None:
    """What the axes are called, where that is worth a line: not for the only two columns of a formula.

    >>> named(("x1", "x2"), 2), named(("width", "height"), 2)
    (None, ('width', 'height'))
    """
    return captions if inputs > 2 or captions != PLAIN else None


def turned(axes: Axes, axis: int, by: int, inputs: int) -> Axes:
    """The next input on an axis, or the one before; the ends meet, and the other axis' input is left out.

    >>> turned((0, 1), 0, 1, 4), turned((0, 1), 1, -1, 4)
    ((2, 1), (0, 3))
    """
    found = (axes[axis] + by) % inputs
    if found == axes[1 - axis]:
        found = (found + by) % inputs
    return _with(axes, axis, found)


def taken(axes: Axes, axis: int, chosen: int) -> Axes:
    """A certain input on an axis; where that is the other axis' own, the two change places.

    >>> taken((0, 1), 0, 3), taken((0, 1), 0, 1)
    ((3, 1), (1, 0))
    """
    return (axes[1], axes[0]) if chosen == axes[1 - axis] else _with(axes, axis, chosen)


def _with(axes: Axes, axis: int, chosen: int) -> Axes:
    return (chosen, axes[1]) if axis == 0 else (axes[0], chosen)
