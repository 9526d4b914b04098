"""Small pictures of numbers in a line or two of text."""

from collections.abc import Sequence

import numpy as np

BLOCKS = " ▁▂▃▄▅▆▇█"
GAP = "╱"


def spark(values: Sequence[float], width: int) -> str:
    """A line of blocks, from the lowest to the highest value; as wide as there are values, but at most `width`.

    >>> spark([0, 1, 2, 3], 10), spark([5.0, 5.0], 10), spark([1.0, float("nan"), 2.0], 10)
    ('▁▃▆█', '▄▄', '▁╱█')
    """
    numbers = np.asarray(values, dtype=float)
    if len(numbers) > width:  # the last of each bucket: the newest is always there
        numbers = numbers[(np.arange(1, width + 1) * len(numbers)) // width - 1]
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return GAP * len(numbers)
    low, span = finite.min() / 2, finite.max() / 2 - finite.min() / 2  # halves: a span of all floats is no inf
    return "".join(_block(number / 2 - low, span) for number in numbers)


def _block(above: float, span: float) -> str:
    if not np.isfinite(above):
        return GAP
    return BLOCKS[4] if span <= 0 else BLOCKS[1 + round(7 * float(above / span))]


def bars(counts: Sequence[int], rows: int) -> list[str]:
    """Upright bars, the tallest as high as `rows` lines; whatever is not 0 can be seen.

    >>> bars([0, 1, 16], 2)
    ['  █', ' ▁█']
    """
    most = max(counts, default=0) or 1
    heights = [max(1, round(8 * rows * count / most)) if count else 0 for count in counts]
    return ["".join(BLOCKS[min(8, max(0, height - 8 * row))] for height in heights) for row in range(rows - 1, -1, -1)]
