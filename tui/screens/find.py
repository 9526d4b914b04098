"""Find a node by its label: a line to type in, and the labels that match, with their count."""

from typing import ClassVar
from weakref import WeakKeyDictionary

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.worker import Worker, WorkerState

from mgrad.engine.graph import Value
from mgrad.tui.finding import Finder, Found

HINT = "a label, letters of it, or a pattern: layer2.*.w3"
_FINDERS: WeakKeyDictionary[Value, Finder] = WeakKeyDictionary()


class FindScreen(ModalScreen[str | None]):
    """Returns the chosen label of a graph, or None. The labels are collected when a graph is searched first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("down", "move('down')", "Down", show=False),
        Binding("up", "move('up')", "Up", show=False),
        Binding("pagedown", "move('page_down')", "Page down", show=False),
        Binding("pageup", "move('page_up')", "Page up", show=False),
    ]

    def __init__(self, loss: Value) -> None:
        super().__init__()
        self._loss = loss
        self._finder: Finder | None = _FINDERS.get(loss)
        self._found = Found((), 0)

    def compose(self) -> ComposeResult:
        with Vertical(id="find") as box:
            box.border_title = "[b $primary]Find[/]"
            yield Input(placeholder=HINT, select_on_focus=False)
            yield Static(id="none", markup=False)
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        if self._finder is None:
            self.run_worker(self._collect, thread=True, exit_on_error=False)
        self._list("")

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
        listed.clear_options()
        listed.add_options(self._found.labels)
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
