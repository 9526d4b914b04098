"""Small pictures of the playground's own data, to choose from: points in the colours of their targets."""

from functools import cache

import numpy as np
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from mgrad.datasets import catalogue, load
from mgrad.datasets.playground import PLAYGROUND
from mgrad.tui.choices import Setup

WIDTH, HEIGHT, GAP = 6, 3, 0
"""Cells of a picture; each is 2 × 4 dots of braille."""
REACH = 6.0
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Bits of a braille cell by row and column."""


class Thumbnails(Widget):
    """The sets of the problem at hand; the chosen one bright."""

    DEFAULT_CSS = "Thumbnails { height: 3; width: 100%; }"

    class Picked(Message):
        """A person clicked a picture."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[tuple[str, ...], str] = ((), "")

    def show(self, setup: Setup) -> None:
        own = {row.name for row in PLAYGROUND}
        names = tuple(each.name for each in catalogue() if each.name in own and each.problem == setup.problem)
        if (names, setup.settings.data) != self._shown:
            self._shown = names, setup.settings.data
            self.refresh()

    def render(self) -> Text:
        names, chosen = self._shown
        tones = self.app.theme_variables
        lines = [Text() for _ in range(HEIGHT)]
        for name in names:
            bits, plus = picture(name)
            for row, line in enumerate(lines):
                for column in range(WIDTH):
                    tone = tones["plus" if plus[row, column] else "minus"]
                    line.append(chr(0x2800 + int(bits[row, column])), Style(color=tone, dim=name != chosen))
                line.append(" " * self._gap())
        return Text("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        names, _ = self._shown
        place = event.x // (WIDTH + self._gap())
        if 0 <= place < len(names):
            self.post_message(self.Picked(names[place]))

    def _gap(self) -> int:
        return 1 if self.size.width >= 4 * (WIDTH + 1) else GAP


@cache
def picture(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Dots (HEIGHT, WIDTH) as bits of braille, and whether most points in a cell are above 0.

    >>> bits, plus = picture("gauss")
    >>> bits.shape, bool(plus[0, 4]), bool(plus[2, 1])
    ((3, 6), True, False)
    """
    data = load(name, size=200, train_share=100)
    columns = np.clip(((data.train.inputs[:, 0] + REACH) / (2 * REACH) * WIDTH * 2).astype(int), 0, WIDTH * 2 - 1)
    rows = np.clip(((REACH - data.train.inputs[:, 1]) / (2 * REACH) * HEIGHT * 4).astype(int), 0, HEIGHT * 4 - 1)
    bits, sums = np.zeros((HEIGHT, WIDTH), dtype=int), np.zeros((HEIGHT, WIDTH))
    for x, y, target in zip(columns, rows, data.train.targets, strict=True):
        bits[y // 4, x // 2] |= DOTS[y % 4, x % 2]
        sums[y // 4, x // 2] += target
    return bits, sums > 0
