"""One row of the setup panel: a name, a stepper `‹ value ›` or a list `value ▾` at its right; or toggles `■ name`."""

import textwrap
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from mgrad.tui.choices import Row, Setup

CONTROL = 12
CARET = "▏"


class SettingRow(Widget):
    """Draws a row of the table for a setup; what is typed, and what is wrong with it, stand in the row too."""

    DEFAULT_CSS = "SettingRow { height: 1; width: 100%; }"

    @dataclass
    class Pressed(Message):
        """The mouse was on a part of the row: "less", "more", "list", "value", or "toggle" with its place."""

        row: "SettingRow"
        part: str
        place: int = 0

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row
        self.typed: str | None = None
        self.problem: str | None = None
        self.here = False
        self.place = 0
        self._setup: Setup | None = None

    def show(self, setup: Setup) -> None:
        visible = self.row.shown(setup)
        if visible != self.display:
            self.display = visible
        if setup != self._setup:
            self._setup = setup
            self.refresh()

    def mark(self, *, here: bool, typed: str | None = None, problem: str | None = None) -> None:
        """Under the cursor or not, with what is being typed and what is wrong with it."""
        if (here, typed, problem) != (self.here, self.typed, self.problem):
            self.here, self.typed, self.problem = here, typed, problem
            self._grow()
            self.refresh()

    def on_resize(self) -> None:
        self._grow()

    def _grow(self) -> None:
        """Says how high it is. Measured, it would be by a text made for its former width, wrapped in the new one."""
        self.styles.height = 1 + len(self._sentence())

    def _sentence(self) -> list[str]:
        """What is wrong, in lines."""
        return textwrap.wrap(self.problem, self._width) if self.problem else []

    @property
    def _width(self) -> int:
        return max(self.size.width, 2 * CONTROL)

    def move(self, by: int) -> None:
        """To another of the toggles."""
        self.place = min(len(self.row.toggles) - 1, max(0, self.place + by))
        self.refresh()

    def render(self) -> Text:
        if self._setup is None or not self.row.shown(self._setup):
            return Text("")
        line = self._line(self._setup, self._width)
        if self.here and not self.problem and not self.row.toggles:
            line.stylize(Style(bold=True, bgcolor=self._tone("cursor")))
        if self.problem:
            line.stylize(Style(color=self._tone("error"), bold=True))
            line.append("".join(f"\n{each}" for each in self._sentence()), Style(color=self._tone("error")))
        return line

    def _line(self, setup: Setup, width: int) -> Text:
        number, pick = self.row.number, self.row.pick
        quiet, faint, ink = (Style(color=self._tone(name)) for name in ("quiet", "faint", "ink"))
        if self.row.toggles:
            return self._toggles(setup, width)
        value = "" if number is None else number.text(setup) if self.typed is None else self.typed + CARET
        if number and pick:
            name = self.row.name.ljust(width - 16)
            stepper = ("‹", faint), (f"{value:^4}"[-4:], ink), ("›", faint)
            return Text.assemble((name, quiet), *stepper, (f"{pick.get(setup):>8}", ink), (" ▾", faint))
        name = self.row.name.ljust(width - CONTROL)
        if number:
            return Text.assemble((name, quiet), ("‹", faint), (f"{value:^10}"[-10:], ink), ("›", faint))
        assert pick is not None
        value = pick.get(setup).rpartition("/")[2]  # of a table's path its name
        value = value if len(value) <= 10 else "…" + value[-9:]
        return Text.assemble((name, quiet), (f"{value:>10}", ink), (" ▾", faint))

    def _toggles(self, setup: Setup, width: int) -> Text:
        line = Text()
        for place, (toggle, start) in enumerate(zip(self.row.toggles, self._starts(width), strict=True)):
            on = toggle.get(setup)
            tone = Style(color=self._tone("ink" if on else "quiet"))
            if self.here and place == self.place:
                tone += Style(bold=True, bgcolor=self._tone("cursor"))
            line.append(" " * (start - line.cell_len))
            line.append(f"{'■' if on else '□'} {toggle.name}", tone)
        return line

    def _starts(self, width: int) -> list[int]:
        """Where each toggle begins: in even columns, or where names are too long for them with even gaps."""
        toggles = self.row.toggles
        needs, column = [len(toggle.name) + 2 for toggle in toggles], width // max(1, len(toggles))
        if max(needs[:-1], default=0) < column and needs[-1] <= column:
            return [i * column for i in range(len(toggles))]
        gap = max(1, (width - sum(needs)) // max(1, len(toggles) - 1))
        return [sum(needs[:i]) + i * min(gap, 2) for i in range(len(toggles))]

    def _tone(self, name: str) -> str:
        return self.app.theme_variables[name]

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if self.row.toggles:
            starts = self._starts(self._width)
            place = max(place for place, start in enumerate(starts) if start <= max(0, event.x))
            self.post_message(self.Pressed(self, "toggle", place))
            return
        x = event.x - self.size.width  # from the right: -1 is the last cell
        self.post_message(self.Pressed(self, self._part(x)))

    def _part(self, x: int) -> str:
        if self.row.number and self.row.pick:
            less, more = -16, -11
            if x >= -9:
                return "list"
        elif self.row.pick:
            return "list"
        else:
            less, more = -CONTROL, -1
        if abs(x - less) <= 1:
            return "less"
        return "more" if abs(x - more) <= 1 else "value"
