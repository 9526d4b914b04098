"""Find a node by its label: a line to type in, and the labels that match, with their count and their numbers."""

from collections.abc import Callable
from typing import ClassVar
from weakref import WeakKeyDictionary

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.worker import Worker, WorkerState

from mgrad.engine.graph import Constant, Value
from mgrad.engine.inspection import Inspection
from mgrad.tui import formats
from mgrad.tui.finding import Finder, Found
from mgrad.tui.screens.answered_once import AnsweredOnce
from mgrad.tui.widgets.card import fitted, safe, signed

NUMBERS = 2 * (formats.VALUE + 1)
REFRESH_SECONDS = 0.25
HINT = "a label, letters of it, or a pattern: layer2.*.w3"
_FINDERS: WeakKeyDictionary[Value, Finder] = WeakKeyDictionary()


class FindScreen(ModalScreen[str | None], AnsweredOnce):
    """Returns the chosen label of a graph, or None. The labels are collected when a graph is searched first.

    `inspect` says where the numbers beside the labels come from now; they follow it as it changes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("down", "move('down')", "Down", show=False),
        Binding("up", "move('up')", "Up", show=False),
        Binding("pagedown", "move('page_down')", "Page down", show=False),
        Binding("pageup", "move('page_up')", "Page up", show=False),
    ]

    def __init__(self, loss: Value, inspect: Callable[[], Inspection | None] = lambda: None) -> None:
        super().__init__()
        self._loss = loss
        self._inspect = inspect
        self._inspection: Inspection | None = None
        self._finder: Finder | None = _FINDERS.get(loss)
        self._found = Found((), 0)

    def compose(self) -> ComposeResult:
        with Vertical(id="find") as box:
            box.border_title = "[b $primary]Find[/]"
            yield Input(placeholder=HINT, select_on_focus=False)
            yield Static(id="none", markup=False)
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one(OptionList).can_focus = False
        if self._finder is None:
            self.run_worker(self._collect, thread=True, exit_on_error=False)
        self._list("")
        self.set_interval(REFRESH_SECONDS, self._follow)

    def on_resize(self) -> None:
        """The lines are as wide as there is room."""
        self.call_after_refresh(lambda: self._list(self.query_one(Input).value))

    def _collect(self) -> Finder:
        *below, loss = self._loss.nodes()
        return Finder(node.label for node in (loss, *below))

    @on(Worker.StateChanged)
    def _collected(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Finder):
            self._finder = _FINDERS[self._loss] = event.worker.result
            self._list(self.query_one(Input).value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._list(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        highlighted = self.query_one(OptionList).highlighted
        if self._found.labels and highlighted is not None:
            self.dismiss(self._found.labels[highlighted])

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found.labels[event.option_index])

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def action_move(self, where: str) -> None:
        listed = self.query_one(OptionList)
        moves = {"down": listed.action_cursor_down, "up": listed.action_cursor_up}
        moves.get(where, listed.action_page_down if where == "page_down" else listed.action_page_up)()

    def action_leave(self) -> None:
        self.dismiss(None)

    def _list(self, text: str) -> None:
        listed, line = self.query_one(OptionList), self.query_one("#none", Static)
        self._found = self._finder.find(text) if self._finder else Found((), 0)
        self._inspection = self._inspect()
        listed.clear_options()
        listed.add_options([self._line(label) for label in self._found.labels])
        listed.display, line.display = bool(self._found.labels), not self._found.labels
        line.set_class(self._finder is not None, "error")
        if self._found.labels:
            listed.highlighted = 0
        line.update(f'No node has a label like "{text.strip()}".' if self._finder else "collecting labels")
        shown, count = len(self._found.labels), self._found.count
        several = f"{count:,} labels" if count != 1 else "1 label"
        self.query_one("#find", Vertical).border_subtitle = (
            f"the best {shown} of {several}" if shown < count else several if count else ""
        )

    def _line(self, label: str) -> Content | str:
        """A label with its numbers, where they are known."""
        inspection = self._inspection
        node = inspection.root.find(label) if inspection else None
        if inspection is None or node is None or inspection.root is not self._loss:
            return label
        gradient = None if isinstance(node, Constant) else inspection.gradient(node)
        room = max(1, self.query_one(Input).size.width - NUMBERS - 1)  # a scroll bar may come
        numbers = f"{signed(inspection.value(node))} {signed(gradient)}"
        return Content.from_markup(f"{safe(fitted((label,), room))} {numbers}")

    def _follow(self) -> None:
        """The numbers of now."""
        if self._inspect() is not self._inspection:
            self._inspection = self._inspect()
            listed = self.query_one(OptionList)
            for place, label in enumerate(self._found.labels):
                listed.replace_option_prompt_at_index(place, self._line(label))
