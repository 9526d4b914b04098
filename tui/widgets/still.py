"""A text whose place is fixed: it is painted again only when it changes, and never moves anything else."""

from textual.widgets import Static

from mgrad.tui.widgets.framed import Framed


class Still(Static, Framed):
    """A Static for texts that are told ten times a second and are mostly the same."""

    _told = ""

    def tell(self, text: str) -> None:
        """Shows this text, as markup; its size must not depend on it."""
        if text != self._told:
            self._told = text
            self.update(text, layout=False)
