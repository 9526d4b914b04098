"""The card of one node: its numbers, how it is made, where its gradient comes from, what became of it."""

from textwrap import wrap

from mgrad.engine.graph import Constant, Value
from mgrad.engine.inspection import Inspection
from mgrad.engine.outline import Outline, Row
from mgrad.tui import formats, sums
from mgrad.tui.sight import Sight
from mgrad.tui.sparks import spark
from mgrad.tui.widgets.card import STACKED, captions_of, field, fitted, named, safe, signed, title, toned

MOST_LINES = 100
"""Of an account: what is beyond stands in one line. Of operands: what is beyond is counted."""
MOST_FORMULA = 3


class NodeCard:
    """The lines of a card; `targets` are the labels that can be clicked in it."""

    def __init__(self, outline: Outline, row: Row, sight: Sight, frozen: bool, width: int) -> None:
        self.row, self.node, self.sight, self.width = row, row.node, sight, width
        self.outline, self.stacked = outline, width < STACKED
        self.inspection: Inspection = sight.inspection
        self.targets: list[str] = []
        kind = row.operation.strip() or row.kind if row.kind == "node" else row.kind
        self.lines = [*title(row.label, f"frozen {kind}" if frozen else kind, width), *self._numbers()]
        for section in (self._formula(), self._operands(), self._account(), self._past()):
            if section:
                self.lines += ["", *section]

    @property
    def _here(self) -> str:
        """The node's label without its place."""
        return captions_of(self.row.label)[-1]

    def _numbers(self) -> list[str]:
        gradient = None if isinstance(self.node, Constant) else self.inspection.gradient(self.node)
        batch = self.sight.batch.gradient if self.sight.batch else None
        value = named("value", signed(self.inspection.value(self.node)), self.width)
        below = [("gradient", signed(gradient)), ("over batch", signed(batch))]
        if self.stacked:
            return [value, *(named(name, number, self.width) for name, number in below)]
        left = field(self.width) + formats.VALUE
        gap = self.width - left - formats.VALUE - 11
        first, second = (f"[$quiet]{name:<11}[/]{number}" for name, number in below)
        return [f"{value}{' ' * gap}{first}", f"{' ' * (left + gap)}{second}"]

    # ------------------------------------------------------------------ how it is made
    def _formula(self) -> list[str]:
        if not self.node.operands:
            return []
        own = (f"{self.row.label}.", f"{self.row.label.rpartition('.')[0]}.")

        def name(node: Value) -> str:
            text = _name(node)
            shorter = (text.removeprefix(prefix) for prefix in own if prefix != "." and text.startswith(prefix))
            return next(shorter, text)

        def number(node: Value) -> str:
            return _name(node) if _is_plain(node) else formats.value(self.inspection.value(node)).strip()

        value = formats.value(self.inspection.value(self.node)).strip()
        room = self.width - field(self.width)
        whole = self.outline.formula(self.node, _name)
        names = [whole] if len(whole) <= room else _wrapped(self.outline.formula(self.node, name), room)
        at = 2 if self.stacked else field(self.width)  # of the numbers: they are longer
        numbers = _wrapped(self.outline.formula(self.node, number), self.width - at, f"= {value}")
        heads = ["formula", *[""] * (len(names) - 1)]
        lines = [named(head, f"[$ink]{safe(line)}[/]", self.width) for head, line in zip(heads, names, strict=True)]
        return lines + [f"{' ' * at}[$quiet]{safe(line)}[/]" for line in numbers]

    def _operands(self) -> list[str]:
        found = self.outline.locals(self.node, self.inspection)
        if not found:
            return []
        gap = 1 if self.stacked else 7
        room = self.width - 2 * formats.VALUE - gap
        head = f"d{self._here}/d·"
        head = head if len(head) < formats.VALUE + gap else "local"
        heads = f"{'value':>{formats.VALUE}}{head:>{formats.VALUE + gap}}"
        lines = [f"[$quiet]{'made of':<{room}}[/][$faint]{heads}[/]"]
        for each in found[:MOST_LINES]:
            caption = (_name(each.operand),) if _is_plain(each.operand) else captions_of(each.operand.label)
            name = self._link(fitted(caption, room - 1), each.operand)
            lines.append(f"{name} {signed(each.value)}{' ' * gap}{signed(each.derivative)}")
        if len(found) > MOST_LINES:
            lines.append(f"[$faint]and {len(found) - MOST_LINES} more[/]")
        return lines

    # ------------------------------------------------------------------ where its gradient comes from
    def _account(self) -> list[str]:
        account = self.outline.account(self.node, self.inspection)
        numbers = 2 * formats.VALUE + sums.WIDTH + 6
        room = self.width if self.stacked else self.width - numbers - 1
        variable = f"dc/d{self._here}" if len(self._here) < 5 else "dc/dn"
        heads = f"{'dL/dc':>{formats.VALUE}}{variable:>{formats.VALUE + 3}}{'part':>{sums.WIDTH + 3}}"
        if self.stacked:
            head = ["[$quiet]comes from[/]", f"[$faint]{heads:>{self.width}}[/]"]
        else:
            head = [f"[$quiet]{'comes from':<{room}}[/] [$faint]{heads}[/]"]
        if not account.lines:
            top = "[$faint]1 by definition[/]" if self.node is self.outline.root else "[$faint]   ·[/]"
            return [named("comes from", top, self.width)]
        shown, others = account.lines[:MOST_LINES], account.lines[MOST_LINES:]
        parts = [line.part for line in shown]
        if others:
            parts.append(sums.exact(line.part for line in others))
        written = sums.written(parts, account.gradient)
        lines = head
        for line, part in zip(shown, written.parts, strict=False):
            reads_as_formula = line.captions[0] != line.label
            name = self._link(fitted(line.captions, room), line.through if reads_as_formula else line.consumer)
            made = f"{signed(line.upstream)} [$faint]×[/] {signed(line.local)} [$faint]=[/] {toned(part)}"
            lines += [name, " " * (self.width - numbers) + made] if self.stacked else [f"{name} {made}"]
        if others:
            lines.append(self._rest(f"{len(others)} more", written.parts[-1]))
        if written.rounding:
            lines.append(self._rest("rounding", written.rounding))
        return lines

    def _rest(self, name: str, part: str) -> str:
        room = max(0, self.width - 1 - len(name) - len(part))
        return f"[$quiet]{name}[/]{' ' * room}{toned(part)}"

    # ------------------------------------------------------------------ what became of it
    def _past(self) -> list[str]:
        change, values, epochs = self.sight.change, self.sight.history, self.sight.history_epochs
        at, lines = field(self.width), []
        if change is None:
            lines.append(named("last step", "[$faint]   ·[/]", self.width))
        else:
            step = named("last step", f"{signed(change[0])} [$faint]→[/] {signed(change[1])}", self.width)
            moved = f"[$faint]Δ[/] {signed(change[1] - change[0])}"
            gap = self.width - at - 3 * formats.VALUE - 5
            lines += [step, " " * (at + formats.VALUE + 1) + moved] if self.stacked else [step + " " * gap + moved]
        if values is None or epochs is None or not len(values):
            return [*lines, named("history", "[$faint]   ·[/]", self.width), ""]
        line = spark(values.tolist(), self.width - at)
        first, last = f"{epochs[0]:.0f}", f"{epochs[-1]:.0f}"
        ends = f"epoch {first}" if first == last else f"epoch {first} to {last}"
        return [*lines, named("history", f"[$quiet]{line}[/]", self.width), f"{' ' * at}[$faint]{ends}[/]"]

    def _link(self, text: str, target: Value) -> str:
        """A text that chooses a node when it is clicked."""
        self.targets.append(target.label)
        bare = text.rstrip()
        return f"[@click=choose({len(self.targets) - 1})][$quiet]{safe(bare)}[/][/]{' ' * (len(text) - len(bare))}"


def _is_plain(node: Value) -> bool:
    """A number that was written in an expression."""
    return isinstance(node, Constant) and node.label.startswith("constant")


def _name(node: Value) -> str:
    return f"{node.data:g}".replace("-", formats.MINUS) if _is_plain(node) else node.label


def _wrapped(text: str, room: int, end: str = "") -> list[str]:
    """At most three lines; what has no room is left out at its end, but for `end`."""
    lines = wrap(f"{text} {end}".strip(), room, break_long_words=True)
    if len(lines) <= MOST_FORMULA:
        return lines
    last = lines[MOST_FORMULA - 1][: room - len(end) - 3].rstrip(" +×")
    return [*lines[: MOST_FORMULA - 1], f"{last} … {end}".rstrip()]
