"""A panel with several views: their names stand in its border, the shown one bold; a click on a name shows it."""

from collections.abc import Sequence


def views_title(names: Sequence[str], shown: str, action: str = "show_view") -> str:
    """Markup for a border title; a click calls the panel's `action_<action>(name)`.

    >>> views_title(["Loss", "Health"], "Loss")
    "[b $ink]Loss[/]  [@click=show_view('Health')][$quiet]Health[/][/]"
    """
    return "  ".join(
        f"[b $ink]{name}[/]" if name == shown else f"[@click={action}('{name}')][$quiet]{name}[/][/]" for name in names
    )


def next_view(names: Sequence[str], shown: str) -> str:
    """The view after the shown one; after the last comes the first."""
    return names[(list(names).index(shown) + 1) % len(names)]
