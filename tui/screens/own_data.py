"""A table of one's own before it is learned from: which columns are features, which is the target.

Nothing is loaded until a person says so; what cannot be loaded is said here, in a sentence, and the choice stays open.
"""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Static

from mgrad.datasets import Preview, preview
from mgrad.engine.errors import MgradError
from mgrad.tui.messages import as_on_screen
from mgrad.tui.screens.answered_once import AnsweredOnce
from mgrad.tui.settings import Settings, load_data
from mgrad.tui.setup_table import PROBLEMS

FEATURE, TARGET, LEFT_OUT = "■", "◎", "□"
ROWS = 20


class OwnDataScreen(ModalScreen[Settings | None], AnsweredOnce):
    """Returns settings that learn from the table, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "use", "Feature"),
        Binding("t", "target", "Target"),
        Binding("a", "all", "All, none"),
        Binding("p", "problem", "Classify, predict"),
        Binding("l", "load", "Load"),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, path: Path, settings: Settings) -> None:
        super().__init__()
        self._path, self._settings = path, settings
        self._preview: Preview | None = None
        self._target = -1
        self._features: set[int] = set()
        self._problem: str | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = f"[b $primary]{str(self._path.name).replace('[', chr(92) + '[')}[/]"
            yield Static(id="about", markup=True)
            yield DataTable(cursor_type="row", zebra_stripes=False)
            yield Static(id="fault", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for name in ("", "column", "holds", "different", "first values"):
            table.add_column(name, key=name or "use")
        try:
            self._preview = preview(self._path, rows=ROWS)
        except MgradError as error:
            self._say(str(error))
            return
        columns = self._preview.columns
        known = self._settings if Path(self._settings.data) == self._path else Settings()
        self._problem = known.problem
        target = -1 if known.target is None else self._place(known.target)
        self._target = target if target >= 0 else len(columns) - 1
        wanted = set(range(len(columns))) if known.columns is None else set(map(self._place, known.columns))
        self._features = {at for at in wanted - {self._target} if at >= 0 and columns[at].kind != "bad"}
        for at, column in enumerate(columns):
            tone = "error" if column.kind == "bad" else "ink"
            table.add_row(
                self._mark(at), self._text(column.heading, tone), self._text(column.kind, "quiet"),
                self._text(str(column.different), "quiet"), self._text("  ".join(column.cells), "faint"), key=str(at),
            )  # fmt: skip
        table.focus()
        self._tell()

    # ------------------------------------------------------------------ keys
    def action_use(self) -> None:
        """The column under the cursor is a feature, or is left out."""
        at = self.query_one(DataTable).cursor_row
        if self._preview and at != self._target and self._fine(at):
            self._features ^= {at}
            self._tell()

    def action_target(self) -> None:
        """The column under the cursor is what is to be predicted; the one before becomes a feature."""
        at = self.query_one(DataTable).cursor_row
        if self._preview and self._fine(at) and at != self._target:
            before = self._target
            self._target, self._problem = at, None
            self._features.discard(at)
            if self._preview.columns[before].kind != "bad":
                self._features.add(before)
            self._tell()

    def action_all(self) -> None:
        """All columns that can be features, or none but the one under the cursor."""
        if self._preview:
            fine = {at for at, column in enumerate(self._preview.columns) if column.kind != "bad"} - {self._target}
            here = self.query_one(DataTable).cursor_row
            self._features = fine if self._features != fine else ({here} & fine or {min(fine, default=0)} & fine)
            self._tell()

    def action_problem(self) -> None:
        """Whether the target is a class to tell or a number to predict: found out, or said."""
        order = (None, "classification", "regression")
        self._problem = order[(order.index(self._problem) + 1) % len(order)]
        self._tell()

    def action_load(self) -> None:
        """Learns from the table, where it can be learned from."""
        if self._preview is None:
            return
        headings = [column.heading for column in self._preview.columns]
        features = [headings[at] for at in sorted(self._features)]
        every = len(features) == len(headings) - 1
        wanted = replace(
            self._settings, data=str(self._path), target=headings[self._target], problem=self._problem,
            columns=None if every else tuple(features), features=None, noise=0.0, size=None, loss=None, output=None,
        )  # fmt: skip
        try:
            load_data(wanted)
        except MgradError as error:
            self._say(as_on_screen(str(error)))
            return
        self.dismiss(wanted)

    def action_leave(self) -> None:
        self.dismiss(None)

    @on(DataTable.RowSelected)
    def _row_selected(self) -> None:
        self.action_use()

    @on(DataTable.RowHighlighted)
    def _row_highlighted(self) -> None:
        if self._preview is not None:
            self._say_what_matters()

    # ------------------------------------------------------------------ small steps
    def _place(self, column: str) -> int:
        """The place of a column that was named by its heading, or counted from 1; -1 where there is none."""
        assert self._preview is not None
        headings = [each.heading for each in self._preview.columns]
        if column in headings:
            return headings.index(column)
        return int(column) - 1 if column.isdecimal() and 1 <= int(column) <= len(headings) else -1

    def _fine(self, at: int) -> bool:
        """Says what is wrong with a column that cannot be used."""
        assert self._preview is not None
        column = self._preview.columns[at]
        self._say(column.fault)
        return column.kind != "bad"

    def _mark(self, at: int) -> Text:
        sign = TARGET if at == self._target else FEATURE if at in self._features else LEFT_OUT
        return self._text(sign, {TARGET: "primary", FEATURE: "ink", LEFT_OUT: "faint"}[sign])

    def _tell(self) -> None:
        assert self._preview is not None
        table = self.query_one(DataTable)
        for at in range(len(self._preview.columns)):
            table.update_cell(str(at), "use", self._mark(at))
        words = {kind: word for word, (kind, _) in PROBLEMS.items()}
        problem = words[self._problem] if self._problem else f"{' or '.join(PROBLEMS)}: found out"
        target = self._preview.columns[self._target].heading.replace("[", "\\[")
        self.query_one("#about", Static).update(
            f"{self._preview.rows} rows   [b]{len(self._features)}[/] features {FEATURE}   "
            f"target {TARGET} [b $primary]{target}[/] ({problem})"
        )
        self._say_what_matters()

    def _say_what_matters(self) -> None:
        """What is wrong with the column under the cursor, else with the choice, else which columns are left out."""
        assert self._preview is not None
        columns, here = self._preview.columns, self.query_one(DataTable).cursor_row
        bad = [column for column in columns if column.fault]
        if columns[here].fault:
            self._say(columns[here].fault)
        elif columns[self._target].fault:
            self._say(f"{columns[self._target].fault} Choose another target: t on a column makes it one.")
        elif not self._features:
            self._say("No feature is chosen: space on a column makes it one.")
        elif bad:
            more = f"; so are {len(bad) - 1} more" if len(bad) > 1 else ""
            self._say(f"{bad[0].fault} It is left out{more}.")
        else:
            self._say("")

    def _say(self, sentence: str) -> None:
        fault = self.query_one("#fault", Static)
        fault.update(sentence)
        fault.display = bool(sentence)

    def _text(self, text: str, token: str) -> Text:
        return Text(text, self.app.theme_variables[token], no_wrap=True)
