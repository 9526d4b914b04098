"""A new number for a parameter: one line to type in, what is wrong with it on the line below.

Over it are words to click, each of which makes a number of the one before: who has but a mouse gets to any number too.
"""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mgrad.tui import formats
from mgrad.tui.screens.answered_once import LeftByAClick

MOVES: dict[str, Callable[[float], float]] = {
    "0": lambda number: 0.0,
    "±": lambda number: -number,
    "÷2": lambda number: number / 2,
    "×2": lambda number: number * 2,
    "−.1": lambda number: number - 0.1,
    "+.1": lambda number: number + 0.1,
}


class EditScreen(ModalScreen[float | None], LeftByAClick):
    """Returns the number, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(self, label: str, number: float) -> None:
        super().__init__()
        self._label, self._number = label, number

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = f"[b $primary]{self._label.replace('[', chr(92) + '[')}[/]"
            box.border_subtitle = "[@click=screen.set()]enter sets[/], [@click=screen.leave()]esc leaves[/]"
            moves = "  ".join(f"[@click=screen.move('{word}')][b $primary]{word}[/][/]" for word in MOVES)
            yield Static(f"[$quiet]now[/] {formats.value(self._number)}     {moves}", id="now")
            yield Input(placeholder="new number", id="number")
            yield Static(id="fault", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()

    def action_move(self, word: str) -> None:
        """Another number is made of the one that was typed, or else of the one of now, and stands in the line."""
        line = self.query_one(Input)
        typed = formats.read(line.value)
        line.value = f"{MOVES[word](self._number if typed is None else typed):.6g}"
        line.cursor_position = len(line.value)
        self.query_one("#fault", Static).update("")

    @on(Input.Submitted)
    def action_set(self) -> None:
        """Answers with the number, if it is one; an empty line leaves."""
        text = self.query_one(Input).value
        number = formats.read(text)
        if number is None and text.strip():
            self.query_one("#fault", Static).update(f"{text!r} is not a finite number. Type one, like −0.5 or 1e-3.")
        else:
            self.dismiss(number)

    def action_leave(self) -> None:
        self.dismiss(None)
