"""Screens that ask for something: they take one answer, and some are left by a click beside them."""

from typing import Any

from textual import events
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


class LeftByAClick(AnsweredOnce):
    """A click beside what it asks leaves it without an answer."""

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)
