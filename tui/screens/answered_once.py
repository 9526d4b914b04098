"""Screens that ask for something, and take one answer: a second key that was already on its way is too late."""

from typing import Any

from textual.await_complete import AwaitComplete
from textual.screen import Screen


class AnsweredOnce(Screen[Any]):
    """A screen that can be dismissed only while it is the one on top. It stands last among the bases of a class, since
    Textual takes keys and styles from the first.

    Keys come faster than screens go: a second enter would take another screen away, or the last one there is.
    """

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Goes with this result, or stays what it is where it has gone already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete.nothing()
