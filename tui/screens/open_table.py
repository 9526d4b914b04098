"""The picker of a table of one's own: a list of files, and a line to type a path."""

from textual import on
from textual_fspicker import FileOpen, Filters
from textual_fspicker.parts import DirectoryNavigation

from mgrad.tui.screens.answered_once import AnsweredOnce

TABLES = (".csv", ".tsv", ".txt", ".csv.gz")
"""What a table's file name ends with."""


class OpenTableScreen(FileOpen, AnsweredOnce):
    """Returns the path of a file, or None. Enter or a click on a file opens it, on a folder goes into it."""

    def __init__(self) -> None:
        tables = Filters(("tables", lambda path: path.name.lower().endswith(TABLES)), ("all files", lambda path: True))
        super().__init__(".", title="Open a table", filters=tables, must_exist=True, double_click_directories=False)

    @on(DirectoryNavigation.Selected)
    def _open(self, event: DirectoryNavigation.Selected) -> None:
        event.stop()
        event.prevent_default()
        self.dismiss(event.path)
