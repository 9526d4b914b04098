"""Words in a frame that are told ten times a second: only the frame's line is painted again, not what it is around."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from textual.geometry import Region
from textual.widget import Widget


class Framed(Widget):
    """A widget with a border whose title and subtitle change while it runs.

    Mixed in after the widget it is, whose style sheet Textual would not find otherwise.
    """

    _told_frame: Mapping[str, str] = MappingProxyType({})
    _writing: tuple[Region, ...] = ()

    def title_frame(self, text: str) -> None:
        """Shows this in the border, at the left above."""
        self._write_frame("title", text, 0)

    def note(self, text: str) -> None:
        """Shows this in the border, at the right below."""
        self._write_frame("subtitle", text, self.outer_size.height - 1)

    def _write_frame(self, place: str, text: str, row: int) -> None:
        if text != self._told_frame.get(place, ""):
            self._told_frame = {**self._told_frame, place: text}
            self._writing = (self._frame_line(row),)
            if place == "title":
                self.border_title = text
            else:
                self.border_subtitle = text
            self._writing = ()

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        return super().refresh(*(regions or self._writing), repaint=repaint, layout=layout, recompose=recompose)

    def _frame_line(self, row: int) -> Region:
        """A line of the widget, counted from its border, as `refresh` wants it: from where its content begins."""
        left, above = self.content_offset
        return Region(-left, row - above, self.outer_size.width, 1)
