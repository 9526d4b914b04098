"""A new number for a parameter: one line to type in, what is wrong with it on the line below."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mgrad.tui import formats
from mgrad.tui.screens.answered_once import AnsweredOnce


class EditScreen(ModalScreen[float | None], AnsweredOnce):
    """Returns the number, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(self, label: str, number: float) -> None:
        super().__init__()
        self._label, self._number = label, number

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = f"[b $primary]{self._label.replace('[', chr(92) + '[')}[/]"
            box.border_subtitle = "enter sets, esc leaves"
            yield Static(f"[$quiet]now[/] {formats.value(self._number)}", id="now")
            yield Input(placeholder="new number", id="number")
            yield Static(id="fault", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.dismiss(None)
            return
        number = formats.read(event.value)
        if number is None:
            self.query_one("#fault", Static).update(
                f"{event.value!r} is not a finite number. Type one, like −0.5 or 1e-3."
            )
        else:
            self.dismiss(number)

    def action_leave(self) -> None:
        self.dismiss(None)
