"""Colours: on every theme that is offered, words can be read."""

import pytest
from textual.theme import BUILTIN_THEMES

from mgrad.tui.app import PlaygroundApp
from mgrad.tui.theme import GROUNDS, MGRAD, SIGNALS, contrast

THEMES = [MGRAD.name, *sorted(name for name, theme in BUILTIN_THEMES.items() if not theme.ansi)]
OURS = ("ink", "quiet", "faint", "plus", "minus")


@pytest.mark.parametrize("name", THEMES)
def test_every_colour_of_words_stands_out(name: str) -> None:
    app = PlaygroundApp()
    app.theme = name
    tones = app.get_css_variables()

    found = {(tone, ground): contrast(tones[tone], tones[ground]) for tone in OURS + SIGNALS for ground in GROUNDS}
    assert {place: ratio for place, ratio in found.items() if ratio < 3.0} == {}
    assert tones == app.theme_variables


@pytest.mark.parametrize("name", THEMES)
def test_ink_quiet_and_faint_are_told_apart(name: str) -> None:
    app = PlaygroundApp()
    app.theme = name
    tones = app.get_css_variables()

    ink, quiet, faint = (contrast(tones[tone], tones["background"]) for tone in ("ink", "quiet", "faint"))
    assert ink > 1.15 * quiet > 1.15 * 1.1 * faint


def test_colours_that_can_be_read_are_the_theme_s_own() -> None:
    tones, own = PlaygroundApp().get_css_variables(), MGRAD.to_color_system().generate()

    assert {name: tones[name] for name in SIGNALS} == {name: own[name] for name in SIGNALS}
