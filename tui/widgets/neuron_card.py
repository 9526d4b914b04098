"""One neuron forward, in numbers: weight × value = part, line by line, to its sum and its answer."""

from mgrad.tui import formats, sums
from mgrad.tui.neuron_sum import NeuronSum
from mgrad.tui.widgets.card import captions_of, fitted, safe, signed, title, toned

MOST_TERMS = 100
"""What is beyond stands in one line."""


def neuron_lines(found: NeuronSum, chosen: str, width: int) -> tuple[list[str], list[str]]:
    """Lines of the card, and the labels that its links choose."""
    room = width - 2 * formats.VALUE - sums.WIDTH - 7
    head = f"{'weight':>{formats.VALUE}}{'value':>{formats.VALUE + 3}}{'part':>{sums.WIDTH + 3}}"
    lines = [title(found.label, found.activation, width), f"{' ' * (room + 1)}[$faint]{head}[/]"]
    targets: list[str] = []
    shown, others = found.terms[:MOST_TERMS], found.terms[MOST_TERMS:]
    rest = [sums.exact(term.part for term in others)] if others else []
    written = sums.written([*(term.part for term in shown), *rest, found.bias], found.pre)
    for term, part in zip(shown, written.parts, strict=False):
        weight, source = captions_of(term.weight)[-1], captions_of(term.source)
        name = fitted([f"{weight} × {caption}" for caption in source], room)
        lines.append(
            f"[@click=choose({len(targets)})]{_name(name, term.weight == chosen or term.source == chosen)}[/]"
            f" {signed(term.factor)} [$faint]×[/] {signed(term.value)} [$faint]=[/] {toned(part)}"
        )
        targets.append(term.weight)
    if others:
        name = f"{len(others)} more"
        lines.append(f"[$quiet]{name}[/]{' ' * (width - len(name) - sums.WIDTH)}{toned(written.parts[-2])}")
    bias, answer, pre = f"{found.label}.b", found.label, f"{found.label}.pre"
    end = width
    lines.append(_link("b", bias, chosen, targets, toned(written.parts[-1]), end - sums.WIDTH))
    if written.rounding:
        gap = " " * max(1, end - len("rounding") - len(written.rounding))
        lines.append(f"[$quiet]rounding[/]{gap}{toned(written.rounding)}")
    total = f"[b]{toned(written.total)}[/]"
    name = f"Σ {len(found.terms) + 1}"
    if found.activation == "linear":
        lines.append(_link(f"{captions_of(answer)[-1]} {name}", answer, chosen, targets, total, end - formats.VALUE))
    else:
        lines.append(_link(f"pre {name}", pre, chosen, targets, total, end - formats.VALUE))
        value = f"[$faint]=[/] [b]{signed(found.answer)}[/]"
        lines.append(_link(f"{found.activation}(pre)", answer, chosen, targets, value, end - formats.VALUE - 2))
    return lines, targets


def _link(name: str, label: str, chosen: str, targets: list[str], end: str, room: int) -> str:
    targets.append(label)
    gap = " " * max(1, room - len(name))
    return f"[@click=choose({len(targets) - 1})]{_name(name, label == chosen)}[/]{gap}{end}"


def _name(text: str, here: bool) -> str:
    return f"[b $ink]{safe(text)}[/]" if here else f"[$quiet]{safe(text)}[/]"
