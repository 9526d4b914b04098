"""A picture by plotext, which is loaded when the first one is painted: a screen is there sooner without it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widget import Widget

if TYPE_CHECKING:
    from textual_plotext.plot import Plot


class Canvas(Widget):
    """Drawn by `draw` whenever it is painted, so that it always has the size that it fills; braille and no frame, in
    the widget's own colours."""

    DEFAULT_CSS = "Canvas { width: 1fr; height: 1fr; }"
    _plt: Plot | None = None
    _awaited = False

    def draw(self, plt: Plot) -> None:
        """Draws on a clean plot."""
        raise NotImplementedError

    def render(self) -> Text:
        if not self._awaited and "plotext" not in sys.modules:  # the rest of the screen comes first
            self._awaited = True
            self.call_after_refresh(self.refresh)
            return Text()
        if self._plt is None:
            from textual_plotext.plot import Plot

            self._plt = Plot()
        plt, size = self._plt, self.size
        plt.clear_figure()  # its settings depend on the pictures before otherwise
        plt.frame(False)
        self.draw(plt)
        plt.plotsize(size.width, size.height)
        plt._set_size(size.width, size.height)  # the one above is not always heeded after another size
        plt.theme("clear")
        return Text.from_ansi(plt.build())
