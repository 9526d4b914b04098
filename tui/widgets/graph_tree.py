"""The graph as a tree: operands under their consumer, with live value and gradient at the right.

Rows are made when a person opens them, and each reads its numbers when it is drawn: so the size of the graph costs
nothing, and ten new snapshots a second cost one repaint of what is visible.
"""

import math
from collections.abc import Callable
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from mgrad.engine.errors import NotFiniteError, UnknownLabel
from mgrad.engine.outline import Outline, Row
from mgrad.tui import formats

NUMBERS = 2 * (formats.VALUE + 1)
"""Cells at the right of a row. A row too deep to have them shows its label alone; the card below has its numbers."""
LEAST_LABEL = 4
"""Cells that a label keeps."""
OPEN_AT_FIRST = 16
"""Rows of a graph that are shown before anybody opened one."""
Look = Callable[[Row], tuple[float | None, float | None]]


class GraphTree(Tree[Row], inherit_bindings=False):
    """Give it an outline and a function that looks numbers up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False),
        Binding("down", "cursor_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "First", show=False),
        Binding("end", "scroll_end", "Last", show=False),
        Binding("right", "enter_node", "Open", show=False),
        Binding("left", "leave_node", "Close", show=False),
        Binding("enter", "select_cursor", "Open, close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__("")
        self.guide_depth = 2
        self.auto_expand = False
        self.show_root = True
        self._outline: Outline | None = None
        self._look: Look | None = None
        self._failure: NotFiniteError | None = None

    # ------------------------------------------------------------------ what it shows
    @property
    def here(self) -> Row | None:
        """The row under the cursor; the top one while the cursor is still in a graph that is gone."""
        node = at = self.cursor_node
        while at and at.parent:
            at = at.parent
        return node.data if node and at is self.root else self.root.data

    def plant(self, outline: Outline) -> None:
        """Another graph; what was open in the one before is opened again where it is still there."""
        opened = self._opened_labels()
        here = self.here.label if self.here else ""
        self.clear()
        self._outline = outline
        self.root.data = outline.top
        self.root.allow_expand = outline.top.opens
        if opened:
            self._open_all(self.root, opened)
        else:
            self._open_some()
        if self.go_to(here) is None:
            self.move_cursor(self.root)

    def live(self, look: Look, failure: NotFiniteError | None) -> None:
        """Numbers of another snapshot: repaints what is visible."""
        self._look, self._failure = look, failure
        self.root.refresh()  # every row hangs on the root, so this empties the cache of painted lines
        self.refresh()

    def go_to(self, label: str) -> Row | None:
        """Opens the way to a label and puts the cursor there; the row that shows it, None if there is no such node."""
        if self._outline is None:
            return None
        try:
            path = self._outline.path_to(label)
        except UnknownLabel:
            return None
        at = self.root
        for row in path[1:]:
            self._fill(at)
            at.expand()
            at = next(child for child in at.children if child.data == row)
        if self.last_line >= 0:  # asking for it counts the lines again, which the cursor goes by
            self.move_cursor(at)
            self.scroll_to_node(at, animate=False)
        return path[-1]

    # ------------------------------------------------------------------ opening
    def _on_tree_node_expanded(self, event: Tree.NodeExpanded[Row]) -> None:
        self._fill(event.node)

    def on_tree_node_selected(self, event: Tree.NodeSelected[Row]) -> None:
        """Enter, or a click on the row."""
        row = event.node.data
        if row and row.reference:
            self.go_to(row.label)
        elif row and row.opens:
            event.node.toggle()

    def action_enter_node(self) -> None:
        """Open; when it is open, go to its first operand."""
        node = self.cursor_node
        if node is None or not node.allow_expand:
            return
        if node.is_expanded:
            self.action_cursor_down()
        else:
            node.expand()

    def action_leave_node(self) -> None:
        """Close; when it is closed, go to its consumer."""
        node = self.cursor_node
        if node is None:
            return
        if node.allow_expand and node.is_expanded:
            node.collapse()
        elif node.parent:
            self.move_cursor(node.parent)

    def on_resize(self, event: events.Resize) -> None:
        self.root.refresh()

    def _fill(self, node: TreeNode[Row]) -> None:
        if node.children or node.data is None or self._outline is None:
            return
        for row in self._outline.children(node.data):
            node.add(Text(row.captions[0]), row, allow_expand=row.opens)

    def _open_all(self, node: TreeNode[Row], labels: set[str]) -> None:
        if node.data and node.data.label in labels and node.data.opens:
            self._fill(node)
            node.expand()
            for child in node.children:
                self._open_all(child, labels)

    def _open_some(self) -> None:
        """From the root, the first of every row, as far as the panel has room."""
        node, count = self.root, 1
        while node.data and node.data.opens:
            self._fill(node)
            count += len(node.children)
            if count > min(self.app.size.height // 2, OPEN_AT_FIRST) and node is not self.root:
                break
            node.expand()
            deeper = [child for child in node.children if child.data and child.data.opens]
            if not deeper:
                break
            node = deeper[0]

    def _opened_labels(self) -> set[str]:
        opened: set[str] = set()
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.data and node.is_expanded:
                opened.add(node.data.label)
                waiting += node.children
        return opened

    # ------------------------------------------------------------------ drawing
    def render_label(self, node: TreeNode[Row], base_style: Style, style: Style) -> Text:
        row = node.data
        if row is None or self._look is None:
            return Text(" ")  # an empty text has no style, on which the filter for NO_COLOR fails
        tones, here = self.app.theme_variables, node is self.cursor_node
        depth = _depth(node)
        space = self.size.width - 2 * depth - 2
        numbers = space - NUMBERS >= min(len(row.captions[-1]), LEAST_LABEL)  # a number that is cut would be a lie
        room = max(LEAST_LABEL, space - NUMBERS * numbers)
        mark = "↺ " if row.reference else "  " if not row.opens else "▾ " if node.is_expanded else "▸ "
        name = next((name for name in row.captions if len(name) + len(row.operation) + 1 <= room), row.captions[-1])
        if len(name) > room:
            name = "…" + name[len(name) - room + 1 :]
        text = Text(mark, Style(color=tones["faint"]), no_wrap=True, end="")
        text.append(name, Style(color=tones["ink" if row.opens or row.reference or here else "quiet"]))
        if row.operation and len(name) + 1 + len(row.operation) <= room:
            text.append(f" {row.operation}", Style(color=tones["faint"]))
        text.truncate(room + 2, overflow="crop", pad=True)
        if numbers:
            for quantity, number in zip(("value", "gradient"), self._look(row), strict=True):
                text.append(" ")
                text.append_text(self._number(row, quantity, number))
        if here:
            text.stylize(Style(bold=True, bgcolor=tones["cursor"]))
        return text

    def _number(self, row: Row, quantity: str, number: float | None) -> Text:
        tones, failure = self.app.theme_variables, self._failure
        if failure and failure.quantity == quantity and failure.label == row.label:
            return Text(formats.value(failure.number), Style(color=tones["error"], bold=True))
        if number is None:
            return Text(formats.value(None), Style(color=tones["faint"]))
        if not math.isfinite(number):
            return Text(formats.value(number), Style(color=tones["error"]))
        return Text(formats.value(number), Style(color=tones["plus" if number >= 0 else "minus"]))


def _depth(node: TreeNode[Row]) -> int:
    depth = 0
    while node.parent:
        node, depth = node.parent, depth + 1
    return depth
