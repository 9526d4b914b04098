"""What the keys do, on one page that any key closes."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from mgrad.tui.keys import HELP, SIGNS


class HelpScreen(ModalScreen[None]):
    """Two columns of keys, and the signs of the header below."""

    def compose(self) -> ComposeResult:
        with Vertical(id="page") as page:
            page.border_title = "[b $primary]Keys[/]"
            page.border_subtitle = "any key closes"
            with Horizontal(id="columns"):
                yield Static(_groups(HELP[:2]), classes="keys")
                yield Static(_groups(HELP[2:]), classes="keys")
            yield Static("\n" + "   ".join(f"[${colour}]{sign}[/]" for sign, colour in SIGNS))
            yield Static(
                "[$plus]+ plus[/]   [$minus]− minus[/]   [$quiet]value of a node, and gradient of the loss by it[/]"
            )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss()

    def on_click(self) -> None:
        self.dismiss()


def _groups(groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> str:
    blocks = []
    for name, keys in groups:
        lines = [f"[b $primary]{f'{key:<9}'.replace('[', chr(92) + '[')}[/] [$quiet]{words}[/]" for key, words in keys]
        blocks.append("\n".join([f"[b $ink]{name}[/]", *lines]))
    return "\n\n".join(blocks)
