"""The graph panel: column heads over the tree, and the sample whose numbers the tree shows."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from mgrad.engine.errors import NotFiniteError
from mgrad.engine.graph import Constant
from mgrad.engine.inspection import Inspection
from mgrad.engine.outline import Outline, Row
from mgrad.engine.training import Snapshot
from mgrad.tui.view import View
from mgrad.tui.widgets.graph_tree import GraphTree
from mgrad.tui.work import Run


class GraphPanel(Vertical):
    """Holds which sample is looked at; asks the trainer for its numbers when a snapshot is another one."""

    def __init__(self) -> None:
        super().__init__(id="graph", classes="panel")
        self.border_title = "[b $ink]Graph[/]"
        self.sample = 0
        self.inspection: Inspection | None = None
        self.labels: list[str] = []
        self._outline: Outline | None = None
        self._run: Run | None = None
        self._inspected: tuple[Snapshot, int] | None = None
        self._failure: NotFiniteError | None = None
        self._noted: int | None = None

    def compose(self) -> ComposeResult:
        yield Static("value    grad", id="heads")
        yield GraphTree()

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self.query_one(GraphTree).here

    @property
    def operands(self) -> tuple[Row, ...]:
        """The rows below it."""
        return self._outline.children(self.selected) if self._outline and self.selected else ()

    def show(self, view: View) -> None:
        if view.run is None or view.snapshot is None:
            return
        tree = self.query_one(GraphTree)
        if self._run is None or view.run.trainer is not self._run.trainer:
            self._run, self._inspected, self.inspection = view.run, None, None
            loss = view.run.trainer.template.loss
            self.labels = [node.label for node in loss.nodes()]
            self.sample = min(self.sample, len(view.run.dataset.train) - 1)
            self._outline = Outline(loss)
            tree.plant(self._outline)
        if self._inspected != (view.snapshot, self.sample) or view.failure is not self._failure:
            self._inspect(view.run, view.snapshot)
            tree.live(self._look, view.failure)
        self._note_sample()
        self._show_failure(view.failure)

    def _note_sample(self) -> None:
        if self._noted != self.sample:
            self._noted = self.sample
            before, after = "[@click=screen.sample_before()]‹[/]", "[@click=screen.sample_next()]›[/]"
            self.border_subtitle = f"{before} sample {self.sample} {after}"

    def move_sample(self, by: int) -> None:
        """To a neighbour; the ends meet."""
        if self._run:
            self.sample = (self.sample + by) % len(self._run.dataset.train)

    def go_to(self, label: str) -> Row | None:
        """The row that shows a label now has the cursor; None if there is no such node."""
        return self.query_one(GraphTree).go_to(label)

    def _inspect(self, run: Run, snapshot: Snapshot) -> None:
        self.inspection = run.trainer.inspect(snapshot, self.sample)
        self._inspected = (snapshot, self.sample)

    def _look(self, row: Row) -> tuple[float | None, float | None]:
        if self.inspection is None:
            return None, None
        gradient = None if isinstance(row.node, Constant) else self.inspection.gradient(row.node)
        return self.inspection.value(row.node), gradient

    def _show_failure(self, failure: NotFiniteError | None) -> None:
        if failure is self._failure:
            return
        self._failure = failure
        self.set_class(failure is not None, "bad")
        if failure is not None:
            self.go_to(failure.label)
