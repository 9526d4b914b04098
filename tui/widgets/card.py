"""What the cards of the node panel share: a text of lines, numbers in the colour of their sign, labels that fit."""

from collections.abc import Sequence

from textual.widgets import Static

from mgrad.tui import formats
from mgrad.tui.widgets.asks import Choose

FIELD = 12
"""Cells of a field's name."""


class CardText(Static):
    """Lines of markup; laid out again only when there are more or fewer of them.

    A click on `[@click=choose(3)]` asks for the fourth of `targets`.
    """

    targets: Sequence[str] = ()
    _told = ""

    def tell(self, lines: Sequence[str], targets: Sequence[str] = ()) -> None:
        self.targets = tuple(targets)
        text = "\n".join(lines)
        if text != self._told:
            longer = text.count("\n") != self._told.count("\n")
            self._told = text
            self.update(text, layout=longer)

    def action_choose(self, number: int) -> None:
        if number < len(self.targets):
            self.post_message(Choose(self.targets[number]))


def signed(x: float | None) -> str:
    """A number in 7 cells in the colour of its sign, as markup."""
    return toned(formats.value(x))


def toned(text: str) -> str:
    """A written number in the colour of its sign, as markup."""
    bare = text.strip()
    if not bare[1:2].isdigit():
        return f"[$error]{text}[/]" if bare[1:] in ("nan", "inf") else f"[$faint]{text}[/]"
    return f"[{'$minus' if bare.startswith(formats.MINUS) else '$plus'}]{text}[/]"


def fitted(captions: Sequence[str], room: int) -> str:
    """The longest caption that fits, filled up to `room`; what has no room loses its front.

    >>> fitted(("w5 × layer1.neuron5", "w5 × neuron5", "× neuron5"), 12)
    'w5 × neuron5'
    >>> fitted(("layer1.neuron12.w5",), 7)
    '…n12.w5'
    """
    name = next((caption for caption in captions if len(caption) <= room), captions[-1])
    return (name if len(name) <= room else "…" + name[len(name) - room + 1 :]).ljust(room)


def captions_of(label: str) -> tuple[str, ...]:
    """A label, and what is left of it without its first parts."""
    parts = label.split(".")
    return tuple(".".join(parts[first:]) for first in range(len(parts)))


def safe(text: str) -> str:
    """A text that is shown as it is, in markup."""
    return text.replace("[", r"\[")


def title(label: str, kind: str, width: int) -> str:
    """The first line of a card."""
    room = width - len(kind) - 1
    return f"[b $ink]{safe(fitted((label,), room))}[/] [$faint]{kind}[/]"


def numbers_line(value: float, gradient: float | None, width: int) -> str:
    """`value` and `gradient` side by side."""
    gap = " " * max(1, width - FIELD - 2 * formats.VALUE - 11)
    return f"[$quiet]{'value':<{FIELD}}[/]{signed(value)}{gap}[$quiet]gradient   [/]{signed(gradient)}"
