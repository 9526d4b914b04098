"""The graph as a tree: operands under their consumer, with live value and gradient at the right.

Rows are made when a person opens them, and each reads its numbers when it is drawn: so the size of the graph costs
nothing, and ten new snapshots a second cost one repaint of what is visible. Where rows are too deep to have room, the
guides stand closer; where that is not enough, those of the first levels are scrolled out to the left, as far as the
deepest visible row needs.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from mgrad.engine.errors import NotFiniteError, UnknownLabel
from mgrad.engine.outline import Outline, Row
from mgrad.tui import formats

NUMBERS = 2 * (formats.VALUE + 1)
"""Cells at the right of a row."""
LEAST_LABEL = 12
"""Cells that a label keeps, where it needs as many."""
MARK = 2
LEVEL, CLOSE_LEVEL = 2, 1
"""Cells of `▾ `, of a level's guide, and of one where there is little room."""
FROZEN = "z"
"""Behind a parameter that does not learn: the key that freezes."""
OPEN_AT_FIRST = 16
"""Rows of a graph that are shown before anybody opened one."""
Look = Callable[[Row], tuple[float | None, float | None]]


Part = tuple[str, str, bool]
"""Text, the token of its colour, and whether it is bold."""


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
        Binding("f", "fold", "Sum in full, or folded", show=False),
    ]

    class Cut(Message):
        """Other rows are scrolled out than before, at the top or at the left."""

    def __init__(self) -> None:
        super().__init__("")
        self.guide_depth = LEVEL
        self.auto_expand = False
        self.show_root = True
        self._outline: Outline | None = None
        self._look: Look | None = None
        self._failure: NotFiniteError | None = None
        self._frozen: frozenset[str] = frozenset()
        self._in_full: set[str] = set()
        self._cut, self._step = 0, LEVEL
        self._told: tuple[int, int, int] | None = None

    # ------------------------------------------------------------------ what it shows
    @property
    def here(self) -> Row | None:
        """The row under the cursor; the top one while the cursor is still in a graph that is gone."""
        node = at = self.cursor_node
        while at and at.parent:
            at = at.parent
        return node.data if node and at is self.root else self.root.data

    @property
    def above(self) -> Row | None:
        """The consumer of the first visible row; None for the top one, which has none."""
        node = self.get_node_at_line(round(self.scroll_offset.y)) if self.last_line >= 0 else None
        return node.parent.data if node and node.parent else None

    def plant(self, outline: Outline) -> None:
        """Another graph; what was open in the one before is opened again where it is still there."""
        opened = self._opened_labels()
        here = self.here.label if self.here else ""
        self._in_full.clear()
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

    def live(self, look: Look, failure: NotFiniteError | None, frozen: frozenset[str] = frozenset()) -> None:
        """Numbers of another snapshot, and what does not learn in it: repaints what is visible."""
        self._look, self._failure, self._frozen = look, failure, frozen
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
            if all(child.data != row for child in at.children):
                self._fold(at)  # its sum stood there in full
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

    def action_fold(self) -> None:
        """A folded sum in full, one + below the other; once more: all its terms in one row again."""
        node = self.cursor_node
        if node is not None and node.data is not None and node.data.folded:
            self._fold(node)
            node.expand()

    def _fold(self, node: TreeNode[Row]) -> None:
        if node.data is not None:
            self._in_full ^= {node.data.label}
            node.remove_children()
            self._fill(node)

    def _fill(self, node: TreeNode[Row]) -> None:
        if node.children or node.data is None or self._outline is None:
            return
        in_full = node.data.label in self._in_full
        for row in self._outline.unfolded(node.data) if in_full else self._outline.children(node.data):
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
    def get_label_width(self, node: TreeNode[Row]) -> int:
        """Rows are as wide as the panel, whatever they say: nobody has to draw them all to know it."""
        return 1

    def render_lines(self, crop: Region) -> list[Strip]:
        step, cut = self._needed()
        if (step, cut) != (self._step, self._cut):
            self._step, self._cut = step, cut
            self.call_next(self.refresh)  # the rows that are not painted this time stand elsewhere too
        state = (cut, round(self.scroll_offset.y), self.size.width)
        if state != self._told:
            self._told = state
            self.post_message(self.Cut())
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        line, width = y + round(self.scroll_offset.y), self.size.width
        node = self.get_node_at_line(line)
        if node is None or node.data is None:
            return Strip.blank(width, self.rich_style)
        path, here = _path(node), node is self.cursor_node
        guides = self._guides(path)
        parts = [(guides, "line", False), *self._row(node, node.data, width - len(guides), here)]
        tones, ground = self.app.theme_variables, self.rich_style
        back = tones["cursor"] if here else None
        segments = [
            Segment(text, ground + _style(tones[token], back if token != "line" else None, bold or here, line, node.id))
            for text, token, bold in parts
            if text
        ]
        return Strip(segments, width)

    def _guides(self, path: list[TreeNode[Row]]) -> str:
        below = path[1 + self._cut :]
        guides = "".join((" " if node.is_last else "│").ljust(self._step) for node in below[:-1])
        return guides + ("└" if below[-1].is_last else "├").ljust(self._step) if below else guides

    def _needed(self) -> tuple[int, int]:
        """How wide a level may be, and how many levels have to go, for each visible row to have room for its label and
        its numbers."""
        first, width = round(self.scroll_offset.y), self.size.width
        cut = {LEVEL: 0, CLOSE_LEVEL: 0}
        for line in range(first, first + self.size.height):
            node = self.get_node_at_line(line)
            if node is None or node.data is None:
                break
            deep, needed = len(_path(node)) - 1, MARK + min(LEAST_LABEL, _shortest(node.data)) + NUMBERS
            for step, most in cut.items():
                cut[step] = max(most, -((width - needed - step * deep) // step))
        step = CLOSE_LEVEL if cut[LEVEL] else LEVEL
        return step, cut[step]

    def _row(self, node: TreeNode[Row], row: Row, width: int, here: bool) -> list[Part]:
        room = max(1, width - MARK - NUMBERS)
        mark = "↺ " if row.reference else "  " if not row.opens else "▾ " if node.is_expanded else "▸ "
        frozen = row.label in self._frozen
        sign = FROZEN if frozen else row.operation.strip()
        name = next((name for name in row.captions if len(name) + len(sign) + 1 <= room), row.captions[-1])
        if len(name) > room:
            name = "…" + name[len(name) - room + 1 :]
        sign = f" {sign}" if sign and len(name) + 1 + len(sign) <= room else ""
        tone = "ink" if row.opens or row.reference or here else "quiet"
        parts = [(mark, "faint", False), (name, tone, False), (sign, "primary" if frozen else "faint", False)]
        parts.append((" " * (room - len(name) - len(sign)), tone, False))
        numbers = self._look(row) if self._look else (None, None)
        for quantity, number in zip(("value", "gradient"), numbers, strict=True):
            parts += [(" ", tone, False), self._number(row, quantity, number)]
        return parts

    def _number(self, row: Row, quantity: str, number: float | None) -> Part:
        failure = self._failure
        if failure and failure.quantity == quantity and failure.label == row.label:
            return formats.value(failure.number), "error", True
        if number is None:
            return formats.value(None), "faint", False
        if not math.isfinite(number):
            return formats.value(number), "error", False
        return formats.value(number), "plus" if number >= 0 else "minus", False


@lru_cache(maxsize=4096)
def _style(colour: str, back: str | None, bold: bool, line: int, node: int) -> Style:
    """A style that knows its row, which is what a click on it is told by; made once."""
    return Style(color=colour, bgcolor=back, bold=bold or None, meta={"line": line, "node": node})


def _path(node: TreeNode[Row]) -> list[TreeNode[Row]]:
    """From the root to the node."""
    path = [node]
    while path[-1].parent:
        path.append(path[-1].parent)
    return path[::-1]


def _shortest(row: Row) -> int:
    """Cells that the row's label needs to be read."""
    return len(row.captions[-1]) + (len(row.operation.strip()) + 1 if row.operation else 0)
