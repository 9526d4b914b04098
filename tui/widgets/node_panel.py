"""The panel about the chosen node: the views Node (all about it), Forward (its neuron in numbers) and Batch."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from mgrad.engine.errors import UnknownLabel
from mgrad.engine.outline import Row
from mgrad.engine.training import Snapshot
from mgrad.tui.neuron_sum import neuron_sum, parameters_at
from mgrad.tui.outlines import outline_of
from mgrad.tui.sight import Sight
from mgrad.tui.view import View
from mgrad.tui.widgets.asks import EditNode, FreezeNodes
from mgrad.tui.widgets.batch_card import batch_lines
from mgrad.tui.widgets.card import LEAST_WIDTH, CardText, squeezed
from mgrad.tui.widgets.framed import Framed
from mgrad.tui.widgets.neuron_card import neuron_lines
from mgrad.tui.widgets.node_card import NodeCard
from mgrad.tui.widgets.views import next_view, views_title

VIEWS = ("Node", "Forward", "Batch")
WORDS_WIDTH = 40
"""In a narrower frame the words stand closer."""


class NodePanel(VerticalScroll, Framed):
    """Draws the sight's node; scrolls where it has no room."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move_view(-1)", "View before", show=False),
        Binding("right", "move_view(1)", "Next view", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="node", classes="panel")
        self.shown = VIEWS[0]
        self.label = ""
        self._frozen: tuple[str, ...] = ()
        self._view: View | None = None
        self._seen: tuple[Sight | None, Snapshot | None] = (None, None)

    def compose(self) -> ComposeResult:
        yield CardText()

    def on_mount(self) -> None:
        self.action_show_view(self.shown)

    def show(self, view: View) -> None:
        """Draws the shown view where there is something new."""
        self._view = view
        if (view.sight, view.snapshot) != self._seen:
            self._seen = (view.sight, view.snapshot)
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    # ------------------------------------------------------------------ what a person does
    def action_show_view(self, name: str) -> None:
        self.shown = name
        self.title_frame(views_title(VIEWS, name))
        self.scroll_home(animate=False)
        self._draw()

    def action_move_view(self, by: int) -> None:
        """The next view, or the one before; the ends meet."""
        self.action_show_view(next_view(VIEWS if by > 0 else VIEWS[::-1], self.shown))

    def action_edit(self) -> None:
        if self.label:
            self.post_message(EditNode(self.label))

    def action_freeze(self) -> None:
        if self._frozen:
            self.post_message(FreezeNodes(self._frozen))

    # ------------------------------------------------------------------ drawing
    def _draw(self) -> None:
        if not self.is_mounted:
            return
        card, view = self.query_one(CardText), self._view
        sight = view.sight if view else None
        row = self._row(sight) if sight else None
        if view is None or sight is None or row is None:
            self.label = ""
            card.tell([])
            return
        if row.label != self.label:
            self.label = row.label
            self.scroll_home(animate=False)
        width, height = max(LEAST_WIDTH, self.scrollable_content_region.width), self.size.height
        net = view.run.trainer.net if view.run else None
        frozen: frozenset[str] = getattr(sight.snapshot, "frozen", frozenset())
        self._frozen = parameters_at(net, row.label) if net else ()
        self._note_words(
            editable=row.kind == "parameter", frozen=bool(self._frozen) and frozen.issuperset(self._frozen)
        )
        if self.shown == "Node":
            made = NodeCard(outline_of(sight.inspection.root), row, sight, row.label in frozen, width)
            card.tell(squeezed(made.lines, height), made.targets)
        elif self.shown == "Batch":
            card.tell(squeezed(batch_lines(row.label, row.operation.strip() or row.kind, sight.batch, width), height))
        else:
            found = neuron_sum(net, sight.inspection, row.label) if net else None
            none = [f"[$quiet]{row.label} is in no neuron.[/]", "[$quiet]Choose a weight or a sum.[/]"]
            card.tell(*neuron_lines(found, row.label, width) if found else (none, ()))

    def _row(self, sight: Sight) -> Row | None:
        outline = outline_of(sight.inspection.root)
        run = self._view.run if self._view else None
        output = run.trainer.template.outputs[0].label if run else ""
        try:
            return outline.row(sight.look.label or output)
        except UnknownLabel:
            return None

    def _note_words(self, editable: bool, frozen: bool) -> None:
        words = (
            _word("edit", "e", "edit()", editable),
            _word("free" if frozen else "freeze", "z", "freeze()", bool(self._frozen)),
            _word("pin", "p", "screen.pin()"),
            _word("copy", "y", "screen.copy()"),
        )
        self.note((" " if self.outer_size.width < WORDS_WIDTH else "  ").join(words))


def _word(word: str, key: str, action: str, on: bool = True) -> str:
    """A word that can be clicked, and its key; pale where it does not apply."""
    return f"[@click={action}][$quiet]{word}[/] [b $primary]{key}[/][/]" if on else f"[$faint]{word} {key}[/]"
