"""The setup panel: all settings as rows, one under the cursor.

Up and down move, left and right change, enter opens a list or begins typing; letters are left to the screen, so that
space runs and s steps while the panel has the keyboard.
"""

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from mgrad.datasets import Dataset, names
from mgrad.engine.features import FEATURES
from mgrad.tui import formats
from mgrad.tui.choices import Number, Option, Setup
from mgrad.tui.screens.pick import PickScreen
from mgrad.tui.setup_table import GROUPS, ROWS
from mgrad.tui.view import View
from mgrad.tui.widgets.asks import OpenTable
from mgrad.tui.widgets.setting_row import SettingRow
from mgrad.tui.widgets.still import Still
from mgrad.tui.widgets.thumbnails import Thumbnails

OPEN = Option("open …", "a table of your own (ctrl+o)")
COLUMNS = Option("columns …", "what it learns from, and what it predicts")
TYPED = set("0123456789.-+e" + formats.MINUS)


class SetupPanel(VerticalScroll, can_focus=True):
    """Shows a setup and says when a person changed it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("left", "change(-1)", "Less", show=False),
        Binding("right", "change(1)", "More", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("enter", "open", "Open", show=False),
    ]

    @dataclass
    class Changed(Message):
        """A person chose this."""

        setup: Setup

    def __init__(self) -> None:
        super().__init__(id="setup", classes="panel")
        self.border_title = "[b $ink]Setup[/]"
        self._setup: Setup | None = None
        self._dataset: Dataset | None = None
        self._cursor = "learning_rate"
        self._typed: str | None = None
        self._problem: str | None = None
        self._said = ""

    def compose(self) -> ComposeResult:
        for side, groups in (("left", GROUPS[:2]), ("middle", GROUPS[2:3]), ("right", GROUPS[3:])):
            with Vertical(id=f"setup-{side}", classes="side"):
                for name, rows in groups:
                    with Vertical(classes="group", id=f"group-{name.lower()}"):
                        yield Still(id=f"head-{name.lower()}", classes="head")
                        for row in rows:
                            yield SettingRow(row)
                            if row.key == "data":
                                yield Thumbnails()

    def on_mount(self) -> None:
        self._mark()

    def show(self, view: View) -> None:
        """What is asked for; a change shows at once, before it is built."""
        self._dataset = view.dataset
        self._write(view.setup)
        for name, note in self._notes(view):
            head = self.query_one(f"#head-{name.lower()}", Still)
            room = max(24, head.size.width) - len(name)
            note = f"[$faint]{note:>{room}}[/]"
            note = f"[@click=screen.regenerate()]{note}[/]" if name == "Data" else note
            head.tell(f"[b $ink]{name}[/]{note}")

    def _notes(self, view: View) -> tuple[tuple[str, str], ...]:
        """What stands at the right of each head."""
        data, fed = view.dataset, view.setup.settings.features
        samples = "" if data is None else f"{len(data.train) + len(data.test)} samples ↻"
        parameters = "" if view.snapshot is None else f"{len(view.snapshot.parameters)} parameters"
        features = f"{len(fed) if fed else 2} of {len(FEATURES)}"
        run = f"{formats.duration(view.step_seconds)} a step" if view.step_seconds else ""
        return ("Data", samples), ("Features", features), ("Network", parameters), ("Learning", ""), ("Run", run)

    @property
    def rows(self) -> list[SettingRow]:
        """All rows, from top to bottom, those that are not shown too."""
        return list(self.query(SettingRow))

    @property
    def enter_does(self) -> str:
        """What enter does on the row under the cursor, in a word."""
        row = self._here().row
        return "Set" if self._typed is not None else "Toggle" if row.toggles else "List" if row.pick else "Type"

    @property
    def problem(self) -> str | None:
        """What is wrong with the number that was typed."""
        return self._problem

    # ------------------------------------------------------------------ cursor and changes
    def action_move(self, by: int) -> None:
        self._leave_typing()
        rows = [row for row in self.rows if row.display]
        keys = [row.row.key for row in rows]
        at = keys.index(self._cursor) if self._cursor in keys else 0
        self._go(rows[min(len(rows) - 1, max(0, at + by))])

    def action_first(self) -> None:
        self.action_move(-1000)

    def action_last(self) -> None:
        self.action_move(1000)

    def action_change(self, by: int) -> None:
        self._leave_typing()
        row = self._here().row
        if self._setup is None:
            return
        if row.toggles:
            self._here().move(by)
        elif row.number:
            self._choose(row.number.moved(self._setup, by))
        elif row.pick:
            self._choose(row.pick.moved(self._setup, by, self._dataset))

    def action_open(self) -> None:
        row = self._here().row
        if self._typed is not None:
            self._take_typed()
        elif row.toggles and self._setup:
            self._choose(row.toggles[self._here().place].turned(self._setup))
        elif row.pick:
            self._open_list()
        elif row.number and self._setup:
            self._typed, self._problem = "", None
            self._mark()

    def on_key(self, event: events.Key) -> None:
        number = self._here().row.number
        if number is None or self._typed is None:  # digits are tabs until somebody begins to type
            return
        if event.key == "escape":
            self._leave_typing()
        elif event.key == "backspace":
            self._typed, self._problem = (self._typed or "")[:-1], None
        elif event.character in TYPED:
            self._typed, self._problem = ((self._typed or "") + str(event.character))[:9], None
        else:
            return
        event.stop()
        event.prevent_default()
        self._mark()

    @on(SettingRow.Pressed)
    def _pressed(self, event: SettingRow.Pressed) -> None:
        event.stop()
        self.focus()
        self._leave_typing()
        self._go(event.row)
        if event.part == "toggle":
            event.row.place = event.place
            self.action_open()
        elif event.part in ("less", "more"):
            self.action_change(1 if event.part == "more" else -1)
        elif event.part == "list":
            self._open_list()
        else:
            self.action_open()

    @on(Thumbnails.Picked)
    def _picture_picked(self, event: Thumbnails.Picked) -> None:
        event.stop()
        pick = ROWS["data"].pick
        if pick and self._setup:
            self._choose(pick.put(self._setup, event.name))

    def on_blur(self) -> None:
        self._leave_typing()

    # ------------------------------------------------------------------ small steps
    def _here(self) -> SettingRow:
        rows = self.rows
        return next((row for row in rows if row.row.key == self._cursor and row.display), rows[0])

    def _go(self, row: SettingRow) -> None:
        self._cursor = row.row.key
        self._mark()
        row.scroll_visible(animate=False)

    def _mark(self) -> None:
        here = self._here()
        for row in self.rows:
            if row is here:
                row.mark(here=True, typed=self._typed, problem=self._problem)
            else:
                row.mark(here=False)
        name, kind = here.row.name, "live" if here.row.live else "rebuilds"
        self.border_subtitle = f"{name}: {kind}" if self._typed is None else "enter sets, esc leaves"
        if self.enter_does != self._said:
            self._said = self.enter_does
            self.refresh_bindings()  # the footer says it

    def _choose(self, setup: Setup) -> None:
        if setup != self._setup:
            self._write(setup)
            self.post_message(self.Changed(setup))

    def _write(self, setup: Setup) -> None:
        """Tells it to all that shows it."""
        if setup == self._setup:
            return
        self._setup = setup
        for row in self.rows:
            row.show(setup)
        self.query_one(Thumbnails).show(setup)
        features, plane = self.query_one("#group-features"), setup.inputs == 2
        if features.display != plane:
            features.display = plane

    def _open_list(self) -> None:
        here = self._here()
        pick = here.row.pick
        if pick is None or self._setup is None:
            return
        options, path = pick.options(self._setup, self._dataset), self._setup.settings.data
        if here.row.key == "data":
            options = (*options, *([COLUMNS] if path not in names() else []), OPEN)

        def chosen(name: str | None) -> None:
            if name in (OPEN.name, COLUMNS.name):
                self.post_message(OpenTable("" if name == OPEN.name else path))
            elif name is not None and self._setup is not None:
                self._choose(pick.put(self._setup, name))

        self.app.push_screen(PickScreen(here.row.name, options, pick.get(self._setup), here.region), chosen)

    def _take_typed(self) -> None:
        number = self._here().row.number
        if number is None or self._setup is None or not self._typed:
            self._leave_typing()
            return
        typed = formats.read(self._typed)
        self._problem = self._sentence(number, typed)
        if self._problem is None and typed is not None:
            self._typed = None
            self._choose(number.put(self._setup, typed))
        self._mark()

    def _sentence(self, number: Number, typed: float | None) -> str | None:
        problem = number.problem(typed)
        return problem and f"{self._here().row.name} {problem}".capitalize()

    def _leave_typing(self) -> None:
        if self._typed is not None or self._problem is not None:
            self._typed = self._problem = None
            self._mark()
