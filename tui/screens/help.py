"""What the keys do: a page about the panel in focus, then all keys; any key closes it."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from mgrad.tui.keys import HELP, PANEL_HELP, SIGNS
from mgrad.tui.screens.answered_once import AnsweredOnce

Keys = tuple[tuple[str, str], ...]


class HelpScreen(ModalScreen[None], AnsweredOnce):
    """`panel` is the id of the panel that has the keyboard, "" for none."""

    def __init__(self, panel: str = "") -> None:
        super().__init__()
        self._panel = panel

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page") as page:
            page.border_title = "[b $primary]Keys[/]"
            page.border_subtitle = "any key closes"
            if self._panel in PANEL_HELP:
                name, words, keys = PANEL_HELP[self._panel]
                yield Static(f"[b $primary]{name}[/]  [$quiet]{words}[/]")
                yield Static(_lines(keys) + "\n")
            with Horizontal(id="columns"):
                yield Static(_groups(HELP[:2]), classes="keys")
                yield Static(_groups(HELP[2:]), classes="keys")
            yield Static("\n" + "  ".join(f"[${colour}]{sign}[/]" for sign, colour in SIGNS))
            yield Static(
                "[$plus]+ plus[/]   [$minus]− minus[/]   [$quiet]value of a node, and gradient of the loss by it[/]"
            )

    def on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down", "pageup", "pagedown"):
            return
        event.stop()
        self.dismiss()

    def on_click(self) -> None:
        self.dismiss()


def _lines(keys: Keys) -> str:
    return "\n".join(
        f"[b $primary]{f'{key:<9}'.replace('[', chr(92) + '[')}[/] [$quiet]{words}[/]" for key, words in keys
    )


def _groups(groups: tuple[tuple[str, Keys], ...]) -> str:
    return "\n\n".join(f"[b $ink]{name}[/]\n{_lines(keys)}" for name, keys in groups)
