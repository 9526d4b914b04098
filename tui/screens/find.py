"""Find a node by its label: a line to type in, and the labels that match."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from mgrad.tui.finding import matches


class FindScreen(ModalScreen[str | None]):
    """Returns the chosen label, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("down", "move('down')", "Down", show=False),
        Binding("up", "move('up')", "Up", show=False),
    ]

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self._labels = labels
        self._found: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "[b $primary]Find[/]"
            box.border_subtitle = "enter goes there"
            yield Input(placeholder="a label, or letters of it: layer1.neuron2.w1", select_on_focus=False)
            yield Static(id="none", markup=False)
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._list("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        highlighted = self.query_one(OptionList).highlighted
        if self._found and highlighted is not None:
            self.dismiss(self._found[highlighted])

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index])

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def action_move(self, where: str) -> None:
        listed = self.query_one(OptionList)
        listed.action_cursor_down() if where == "down" else listed.action_cursor_up()

    def action_leave(self) -> None:
        self.dismiss(None)

    def _list(self, text: str) -> None:
        listed, none = self.query_one(OptionList), self.query_one("#none", Static)
        self._found = matches(text, self._labels)
        listed.clear_options()
        listed.add_options(self._found)
        listed.display, none.display = bool(self._found), not self._found
        if self._found:
            listed.highlighted = 0
        else:
            none.update(f'No node\'s label holds "{text.strip()}".')
