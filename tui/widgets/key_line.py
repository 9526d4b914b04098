"""The last line: the keys used most, and at its end those that the panel in focus has for itself.

One text that is written again when keys change: a widget a key, as in Textual's own footer, costs more at each move of
the focus than all panels together.
"""

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Protocol, runtime_checkable

from textual.events import Click, MouseMove
from textual.screen import Screen
from textual.widget import Widget

from mgrad.tui.keys import FOOTER_OF_PANEL, SPARE
from mgrad.tui.panes import WIDE
from mgrad.tui.widgets.still import Still


@runtime_checkable
class SaysWhatEnterDoes(Protocol):
    """A panel in which that depends on where its cursor is."""

    @property
    def enter_does(self) -> str:
        """In a word."""
        ...


@dataclass(frozen=True)
class Word:
    """A key, how it is written, what it does in a word, and in a sentence."""

    key: str
    written: str
    word: str
    sentence: str = ""

    @property
    def width(self) -> int:
        return len(self.written) + len(self.word) + 3

    def markup(self, under_mouse: bool) -> str:
        written = self.written.replace("[", r"\[")
        ground = " on $panel" if under_mouse else ""
        return f"[b $primary{ground}] {written} [/][$quiet{ground}]{self.word} [/]"


class KeyLine(Still):
    """Never more keys than its width holds: `SPARE` ones give way to the others. A click presses the key."""

    def __init__(self) -> None:
        super().__init__(id="keys")
        self.words: tuple[Word, ...] = ()
        self._over: Word | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._write)

    def on_resize(self) -> None:
        self._write(self.screen)

    def word_at(self, x: int) -> Word | None:
        """The key that stands in a column."""
        ends = accumulate(word.width for word in self.words)
        return next((word for word, end in zip(self.words, ends, strict=True) if x < end), None)

    def on_click(self, event: Click) -> None:
        word = self.word_at(event.x)
        if word is not None:
            self.app.simulate_key(word.key)

    def on_mouse_move(self, event: MouseMove) -> None:
        self._hover(self.word_at(event.x))

    def on_leave(self) -> None:
        self._hover(None)

    def _hover(self, word: Word | None) -> None:
        if word != self._over:
            self._over = word
            self.tooltip = word.sentence or None if word else None
            self._draw()

    def _draw(self) -> None:
        self.tell("".join(word.markup(word is self._over) for word in self.words))

    def _write(self, screen: Screen[Any]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        width = self.app.size.width
        own = words_of_panel(screen) if width >= WIDE else []
        taken, words = {word.key for word in own}, {}
        for _, binding, enabled, tooltip in screen.active_bindings.values():
            name = binding.action.partition("(")[0]
            if binding.show and enabled and name not in words and binding.key not in taken:
                words[name] = Word(binding.key, self.app.get_key_display(binding), binding.description, tooltip)
        spare = [name for name in SPARE if name in words]
        while spare and sum(word.width for word in (*words.values(), *own)) > width:
            del words[spare.pop(0)]
        shared = list(words.values())
        self.words = (*shared[:-1], *own, *shared[-1:])
        self._draw()


def words_of_panel(screen: Screen[Any]) -> list[Word]:
    """The keys that the panel in focus has for itself."""
    panel = _panel(screen)
    own = {word[0]: Word(*word) for word in FOOTER_OF_PANEL.get(panel.id or "", ())} if panel else {}
    if isinstance(panel, SaysWhatEnterDoes):
        own["enter"] = replace(own["enter"], word=panel.enter_does)
    return list(own.values())


def panel_in_focus(screen: Screen[Any]) -> str:
    """The name of the panel that has the keyboard; "" where none has it."""
    panel = _panel(screen)
    return panel.id or "" if panel else ""


def _panel(screen: Screen[Any]) -> Widget | None:
    at: Widget | None = screen.focused
    while at is not None and "panel" not in at.classes:
        at = at.parent if isinstance(at.parent, Widget) else None
    return at
