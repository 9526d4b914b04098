"""The node under the cursor: what it is, its numbers, how it is made and from what."""

from mgrad.engine.graph import Constant, Value
from mgrad.engine.inspection import Inspection
from mgrad.engine.operations import OPERATIONS
from mgrad.engine.outline import Row
from mgrad.tui import formats
from mgrad.tui.widgets.still import Still

WIDE = 42


class NodePanel(Still):
    """A card: what does not apply stays away, the order never changes."""

    def __init__(self) -> None:
        super().__init__(id="node", classes="panel")
        self.border_title = "[b $ink]Node[/]"

    def show(self, row: Row | None, operands: tuple[Row, ...], inspection: Inspection | None, sample: int) -> None:
        """`operands` are the rows below the node's."""
        self.note(f"sample {sample}")
        if row is None or inspection is None:
            self.tell("")
            return
        width = max(30, self.size.width)
        lines = [_title(row, width), "", *_numbers(row.node, inspection, width)]
        formula = _formula(row, operands, width - 9)
        if formula:
            lines += ["", f"[$quiet]formula[/]  [$ink]{_safe(formula)}[/]"]
        if operands:
            lines += [f"[$faint]{'value':>{width - 8}}{'grad':>8}[/]"]
            lines += [_operand(operand, inspection, width) for operand in operands]
        room = max(3, self.size.height)
        if len(lines) > room:
            hidden = len(lines) - room + 1
            lines = [*lines[: room - 1], f"[$faint]and {hidden} more[/]"]
        self.tell("\n".join(lines))


def _title(row: Row, width: int) -> str:
    kind = row.operation or row.kind if row.kind == "node" else row.kind
    label = row.label if len(row.label) + len(kind) + 1 <= width else "…" + row.label[-(width - len(kind) - 2) :]
    return f"[b $ink]{_safe(label)}[/][$faint]{kind:>{width - len(label)}}[/]"


def _numbers(node: Value, inspection: Inspection, width: int) -> list[str]:
    value = f"[$quiet]value[/]  {signed(inspection.value(node))}"
    if isinstance(node, Constant):
        return [value]
    name = "gradient" if width >= WIDE else "grad"
    gradient = f"[$quiet]{name}[/] {signed(inspection.gradient(node))}"
    return [value + " " * (width - 22 - len(name)) + gradient]


def _formula(row: Row, operands: tuple[Row, ...], width: int) -> str:
    """How it is made: of a sum all its terms, else the operation; a neuron's own parts lose its name."""
    if not row.node.operands:
        return ""
    if row.folded and row.node.operation is OPERATIONS["add"]:
        text = " + ".join(_term(operand) for operand in operands)
    else:
        place = row.label.rpartition(".")[0] or row.label
        text = row.node.formula().replace(f"{place}.", "")
    return text if len(text) <= width else text[: width - 1] + "…"


def _term(row: Row) -> str:
    """The shortest caption that names all of it: `w1 × neuron1`, not `× neuron1`."""
    return [caption for caption in row.captions if not caption.startswith("×")][-1]


def _operand(row: Row, inspection: Inspection, width: int) -> str:
    room = width - 15
    name = next((caption for caption in row.captions if len(caption) <= room), row.captions[-1][-room:])
    gradient = None if isinstance(row.node, Constant) else inspection.gradient(row.node)
    gap = " " * (room - len(name))
    return f"[$quiet]{_safe(name)}[/]{gap}{signed(inspection.value(row.node))} {signed(gradient)}"


def signed(x: float | None) -> str:
    """A number in the colour of its sign, as markup."""
    text = formats.value(x)
    if x is None:
        return f"[$faint]{text}[/]"
    if x - x != 0:  # inf and nan
        return f"[$error]{text}[/]"
    return f"[{'$plus' if x >= 0 else '$minus'}]{text}[/]"


def _safe(text: str) -> str:
    return text.replace("[", r"\[")
