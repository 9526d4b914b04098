"""A list that opens beside a row: the names to choose from, each with a few words about it."""

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option as Entry

from mgrad.tui.choices import Option
from mgrad.tui.screens.answered_once import LeftByAClick


class PickScreen(ModalScreen[str | None], LeftByAClick):
    """Returns the chosen name, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,left", "leave", "Leave"),
        Binding("right", "take", "Take", show=False),
    ]

    def __init__(self, title: str, options: tuple[Option, ...], chosen: str, beside: Region) -> None:
        super().__init__()
        self._title, self._options, self._chosen, self._beside = title, options, chosen, beside

    def compose(self) -> ComposeResult:
        yield OptionList(markup=False)

    def on_mount(self) -> None:
        listed = self.query_one(OptionList)
        faint, ink = (self.app.theme_variables[name] for name in ("faint", "ink"))
        names = min(max(len(option.name) for option in self._options), self.app.size.width // 2)
        room = self.app.size.width - names - 12
        width = 0
        for option in self._options:
            name = option.name if len(option.name) <= names else "…" + option.name[1 - names :]
            text = Text(name.ljust(names), ink)
            if option.caption:
                text.append("  " + option.caption, faint)
                text.truncate(min(names + 2 + room, 72), overflow="ellipsis")
            width = max(width, text.cell_len)
            listed.add_option(Entry(text, id=None))
        listed.border_title = f"[b $primary]{self._title}[/]"
        width, height = max(width, len(self._title) + 4) + 6, len(self._options) + 2
        height = min(height, self.app.size.height - 2)
        listed.styles.width, listed.styles.height = width, height
        x = min(self._beside.right + 2, self.app.size.width - width)
        y = min(max(0, self._beside.y - 1), self.app.size.height - height - 1)
        listed.styles.offset = Offset(max(0, x), max(0, y))
        listed.highlighted = next((i for i, option in enumerate(self._options) if option.name == self._chosen), 0)

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._options[event.option_index].name)

    def action_take(self) -> None:
        self.query_one(OptionList).action_select()

    def action_leave(self) -> None:
        self.dismiss(None)
