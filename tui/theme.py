"""Colours: the house theme, and tokens that are derived from whatever theme is on.

Orange and blue mean minus and plus, and nothing else; the frame is grey; one accent says where the keyboard is.
"""

from collections.abc import Mapping

from textual.color import Color
from textual.theme import Theme

from mgrad.tui.maps import luminance

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
LEAST_CONTRAST = {"ink": 4.5, "quiet": 3.6, "faint": 3.0}
"""What texts have at least over their grounds; all that are not named here as the faint ones."""
SIGNALS = ("primary", "success", "warning", "error")
GROUNDS = ("background", "surface")
MIDDLE = 0.18
"""The luminance from which on black stands out better than white."""
STEPS = 40


def tokens(theme: Theme) -> dict[str, str]:
    """The names of our own colours and what they are on this theme.

    >>> sorted(tokens(MGRAD))
    ['cursor', 'faint', 'ink', 'line', 'minus', 'plus', 'quiet']
    """
    base = theme.to_color_system().generate()
    back, fore = Color.parse(base["background"]), Color.parse(base["foreground"])
    tones = {name: back.blend(fore, share).hex for name, share in SHARES.items()}
    signs = {"plus": "#5fb4ea", "minus": "#f2a552"} if theme.dark else {"plus": "#0877bd", "minus": "#b45f06"}
    tones |= {name: _readable(name, tone, base) for name, tone in (tones | signs).items() if name != "line"}
    return tones | {"cursor": back.blend(Color.parse(base["primary"]), 0.22).hex}


def signals(mixed: Mapping[str, str]) -> dict[str, str]:
    """Of a theme's own colours, mixed, those that words are written in, so that they can be read.

    >>> sorted(signals(MGRAD.to_color_system().generate()))
    ['error', 'primary', 'success', 'warning']
    """
    return {name: _readable(name, mixed[name], mixed) for name in SIGNALS}


def contrast(first: str, second: str) -> float:
    """From 1 to 21, nearly as the web's guidelines for accessible content have it.

    >>> round(contrast("#000000", "#ffffff"), 2)
    21.0
    """
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _readable(name: str, colour: str, base: Mapping[str, str]) -> str:
    """The colour, nearer to white or to black as far as it must be."""
    grounds, least = [base[ground] for ground in GROUNDS], LEAST_CONTRAST.get(name, LEAST_CONTRAST["faint"])
    end = Color.parse("#ffffff" if luminance(grounds[0]) < MIDDLE else "#000000")
    nearer = (Color.parse(colour).blend(end, step / STEPS).hex for step in range(STEPS))
    return next((tone for tone in nearer if min(contrast(tone, ground) for ground in grounds) >= least), end.hex)
