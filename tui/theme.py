"""Colours: the house theme, and tokens that are derived from whatever theme is on.

Orange and blue mean minus and plus, and nothing else; the frame is grey; one accent says where the keyboard is.
"""

from textual.color import Color
from textual.theme import Theme

MGRAD = Theme(
    "mgrad",
    primary="#b3a4f4",
    secondary="#8f86c4",
    accent="#b3a4f4",
    success="#6fc28b",
    warning="#e3c46a",
    error="#ec6a6f",
    foreground="#cdd4dc",
    background="#0f1217",
    surface="#14181f",
    panel="#232935",
)

SHARES = {"ink": 0.95, "quiet": 0.62, "faint": 0.40, "line": 0.22}
"""How much of the foreground stands over the background."""


def tokens(theme: Theme) -> dict[str, str]:
    """The names of our own colours and what they are on this theme.

    >>> sorted(tokens(MGRAD))
    ['cursor', 'faint', 'ink', 'line', 'minus', 'plus', 'quiet']
    """
    base = theme.to_color_system().generate()
    back, fore = Color.parse(base["background"]), Color.parse(base["foreground"])
    tones = {name: back.blend(fore, share).hex for name, share in SHARES.items()}
    tones["cursor"] = back.blend(Color.parse(base["primary"]), 0.22).hex
    signs = {"plus": "#5fb4ea", "minus": "#f2a552"} if theme.dark else {"plus": "#0877bd", "minus": "#b45f06"}
    return tones | signs
