"""What the cards of the node panel share: a text of lines, numbers in the colour of their sign, labels that fit."""

from collections.abc import Sequence

from textual.widgets import Static

from mgrad.tui import formats
from mgrad.tui.widgets.asks import Choose

FIELD, SHORT_FIELD = 12, 11
"""Cells of a field's name, and where there is little room."""
STACKED = 41
"""In a card that is narrower, what else stands side by side stands below each other."""
LEAST_WIDTH = 28
"""Cells of three numbers with their signs: `+0.0693 × +1.0000 =  +0.0693`."""


class CardText(Static):
    """Lines of markup, none of which is wrapped; laid out again only when there are more or fewer of them.

    A click on `[@click=choose(3)]` asks for the fourth of `targets`.
    """

    targets: Sequence[str] = ()
    _told = ""

    def tell(self, lines: Sequence[str], targets: Sequence[str] = ()) -> None:
        self.targets = tuple(targets)
        text = "\n".join(lines)
        if text != self._told:
            self._told = text
            # Said, not measured: Textual keeps a measured height where a text changes again before its layout is done.
            self.styles.height = text.count("\n") + 1
            self.update(text, layout=False)

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


def field(width: int) -> int:
    """Cells of a field's name in a card of that width."""
    return FIELD if width >= STACKED else SHORT_FIELD


def title(label: str, kind: str, width: int) -> list[str]:
    """The first two lines of a card: the second is for the kind, where the first has no room for it."""
    name = f"[b $ink]{safe(fitted((label,), width))}[/]"
    if len(label) + 1 + len(kind) > width:
        return [name, f"[$faint]{kind:>{width}}[/]"]
    return [f"[b $ink]{safe(label)}[/]{' ' * (width - len(label) - len(kind))}[$faint]{kind}[/]", ""]


def named(name: str, number: str, width: int) -> str:
    """A field: its name, and a number as markup."""
    return f"[$quiet]{name:<{field(width)}}[/]{number}"


def squeezed(lines: Sequence[str], height: int) -> list[str]:
    """Without the blank lines, where there is no room for them.

    >>> squeezed(["a", "", "b"], 3), squeezed(["a", "", "b"], 2)
    (['a', '', 'b'], ['a', 'b'])
    """
    return list(lines) if len(lines) <= height else [line for line in lines if line]
