"""The graph panel: column heads over the tree, and the sample whose numbers the tree shows."""

from collections import deque

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Tree

from mgrad.engine.errors import NotFiniteError
from mgrad.engine.graph import Constant, Value
from mgrad.engine.outline import Outline, Row
from mgrad.tui import formats
from mgrad.tui.outlines import outline_of
from mgrad.tui.sight import Sight
from mgrad.tui.view import View
from mgrad.tui.widgets.asks import Choose, PickSample
from mgrad.tui.widgets.card import fitted, safe
from mgrad.tui.widgets.framed import Framed
from mgrad.tui.widgets.graph_tree import GraphTree
from mgrad.tui.widgets.still import Still

HEADS = f"{'value':>{formats.VALUE}} {'grad':>{formats.VALUE}} "


class Heads(Still):
    """Over the columns; at the left, where rows are scrolled out, what the first visible one goes into."""

    above: Row | None = None

    def say(self, above: Row | None) -> None:
        self.above = above
        room = self.size.width - len(HEADS)
        crumb = " " * room
        if above is not None and room > 4:
            name = f"‹ {fitted((above.label,), room - 2).rstrip()}"
            crumb = f"[@click=up()][$quiet]{safe(name)}[/][/]{' ' * (room - len(name))}"
        self.tell(f"{crumb}[$faint]{HEADS}[/]")

    def action_up(self) -> None:
        if self.above is not None:
            self.post_message(Choose(self.above.label))


class GraphPanel(Vertical, Framed):
    """Shows the tree of the run's loss with the sight's numbers; the row under its cursor is the chosen node."""

    def __init__(self) -> None:
        super().__init__(id="graph", classes="panel")
        self.border_title = "[b $ink]Graph[/]"
        self._outline: Outline | None = None
        self._loss: Value | None = None
        self._sight: Sight | None = None
        self._failure: NotFiniteError | None = None
        self._looked_at: str | None = None
        self._here = ""
        self._asked: deque[str] = deque(maxlen=100)
        self._sample: tuple[int, str, int] | None = None

    def compose(self) -> ComposeResult:
        yield Heads(id="heads")
        yield GraphTree()

    @property
    def graph_tree(self) -> GraphTree:
        return self.query_one(GraphTree)

    def show(self, view: View) -> None:
        """Another graph is planted, another sight's numbers are shown, another chosen node is gone to."""
        if view.run is None or view.snapshot is None:
            return
        trainer = view.run.trainer
        loss = trainer.template.loss
        planted = loss is not self._loss
        if planted:
            self._loss, self._outline, self._sight = loss, outline_of(loss), None
            self._looked_at = None
            self.graph_tree.plant(self._outline)
            self._here = self.graph_tree.here.label if self.graph_tree.here else ""
        if planted or view.sight is not self._sight or view.failure is not self._failure:
            self._sight = view.sight
            self.graph_tree.live(self._look, view.failure, view.snapshot.frozen)
        self._follow(view.look.label or trainer.template.outputs[0].label)
        self._note_sample(view)
        self._show_failure(view.failure)

    def go_to(self, label: str) -> Row | None:
        """The row that shows a label now has the cursor; None if there is no such node."""
        row = self.graph_tree.go_to(label)
        if row is not None:
            self._here = row.label
        return row

    # ------------------------------------------------------------------ the chosen node
    def _follow(self, label: str) -> None:
        """Goes where the look went, but for what was asked for here: then the cursor is there, or already further."""
        if label == self._looked_at:
            return
        self._looked_at = label
        if label in self._asked:
            while self._asked.popleft() != label:
                pass
            return
        self._asked.clear()
        here = self.graph_tree.here
        if here is None or here.label != label:
            self.go_to(label)

    @on(Tree.NodeHighlighted)
    def _moved(self, event: Tree.NodeHighlighted[Row]) -> None:
        event.stop()
        row = event.node.data
        if row is not None and event.node is self.graph_tree.cursor_node and row.label != self._here:
            self._here = row.label
            self._asked.append(row.label)
            self.post_message(Choose(row.label))

    @on(GraphTree.Cut)
    def _cut(self, event: GraphTree.Cut) -> None:
        event.stop()
        self.query_one(Heads).say(self.graph_tree.above)

    def _look(self, row: Row) -> tuple[float | None, float | None]:
        inspection = self._sight.inspection if self._sight else None
        if inspection is None or inspection.root is not self._loss:
            return None, None
        gradient = None if isinstance(row.node, Constant) else inspection.gradient(row.node)
        return inspection.value(row.node), gradient

    # ------------------------------------------------------------------ the sample
    def _note_sample(self, view: View) -> None:
        look, count = view.look, len(getattr(view.run.dataset, view.look.part)) if view.run else 0
        if self._sample == (look.sample, look.part, count):
            return
        self._sample = look.sample, look.part, count
        name = "sample" if look.part == "train" else f"{look.part} sample"
        self.note(f"[@click=sample_before()]‹[/] {name} {look.sample} [@click=sample_next()]›[/]")

    def action_sample_before(self) -> None:
        self._ask_sample(-1)

    def action_sample_next(self) -> None:
        self._ask_sample(1)

    def _ask_sample(self, by: int) -> None:
        """A neighbour in the same part of the data; the ends meet."""
        if self._sample and self._sample[2]:
            index, part, count = self._sample
            self.post_message(PickSample((index + by) % count, part))

    def _show_failure(self, failure: NotFiniteError | None) -> None:
        if failure is self._failure:
            return
        self._failure = failure
        self.set_class(failure is not None, "bad")
        if failure is not None and self.graph_tree.go_to(failure.label) is not None:
            self.refresh()
