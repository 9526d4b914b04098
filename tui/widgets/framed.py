"""Words in a frame that are told ten times a second: only the frame's line is painted again, not what it is around."""

from typing import Self

from textual.geometry import Region
from textual.widget import Widget


class Framed(Widget):
    """A widget with a border whose title and subtitle change while it runs.

    Mixed in after the widget it is, whose style sheet Textual would not find otherwise.
    """

    _told_frame: tuple[str, str] = ("", "")
    _writing: tuple[Region, ...] = ()

    def title_frame(self, text: str) -> None:
        """Shows this in the border, at the left above."""
        if text != self._told_frame[0]:
            self._told_frame = text, self._told_frame[1]
            self._writing = (self._frame_line(0),)
            self.border_title = text
            self._writing = ()

    def note(self, text: str) -> None:
        """Shows this in the border, at the right below."""
        if text != self._told_frame[1]:
            self._told_frame = self._told_frame[0], text
            self._writing = (self._frame_line(self.outer_size.height - 1),)
            self.border_subtitle = text
            self._writing = ()

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        return super().refresh(*(regions or self._writing), repaint=repaint, layout=layout, recompose=recompose)

    def _frame_line(self, row: int) -> Region:
        """A line of the widget, counted from its border, as `refresh` wants it: from where its content begins."""
        left, above = self.content_offset
        return Region(-left, row - above, self.outer_size.width, 1)
