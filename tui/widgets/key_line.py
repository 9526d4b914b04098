"""The last line: the keys used most, and at its end those that the panel in focus has for itself."""

from typing import Any

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from mgrad.tui.keys import FOOTER_OF_PANEL, SPARE


class KeyLine(Footer):
    """A footer that never has more keys than its width holds: `SPARE` ones give way to those of a panel."""

    def compose(self) -> ComposeResult:
        keys = [*super().compose()]
        own = FOOTER_OF_PANEL.get(panel_in_focus(self.screen), ())
        for key in keys:
            if isinstance(key, FooterKey):
                key.set_class(key.action.partition("(")[0] in SPARE, "spare")
        self.set_class(bool(own), "-own")
        yield from keys[:-1]
        for name, display, word in own:
            yield FooterKey(name, display, word, "", classes="own").data_bind(compact=Footer.compact)
        yield from keys[-1:]


def panel_in_focus(screen: Screen[Any]) -> str:
    """The name of the panel that has the keyboard; "" where none has it."""
    at: Widget | None = screen.focused
    while at is not None and "panel" not in at.classes:
        at = at.parent if isinstance(at.parent, Widget) else None
    return at.id or "" if at else ""
