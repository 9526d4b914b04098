"""A set-up becomes a command line, and the command line the same set-up again."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.tui.command_options import settings_from
from mgrad.tui.main import playground
from mgrad.tui.settings import Settings
from mgrad.tui.sharing import command_line

names = st.text(st.characters(codec="ascii", exclude_characters="\0\n\r", min_codepoint=32), min_size=1).map(str.strip)
settings = st.builds(
    Settings,
    data=st.sampled_from(["circle", "iris", "my own.csv", "it's.csv"]),
    noise=st.integers(0, 50).map(float),
    layers=st.lists(st.integers(1, 64), max_size=8).map(tuple),
    activation=st.sampled_from(["relu", ("tanh", "relu")]),
    columns=st.none() | st.lists(names.filter(bool), min_size=1).map(tuple),
    learning_rate=st.sampled_from([0.00001, 0.03, 0.1234567, 10.0]),
    batch_size=st.integers(1, 1000),
    seed=st.integers(0, 2**31),
    data_seed=st.none() | st.integers(0, 2**31),
    features=st.none() | st.just(("x1²", "sin x1")),
)


def typed(line: str) -> Settings:
    program, *words = shlex.split(line)
    assert program == "mgrad-tui"
    given = playground.make_context("mgrad-tui", words).params
    return settings_from(given)


@given(settings)
def test_what_was_typed_is_what_was_set(settings: Settings) -> None:
    assert typed(command_line(settings)) == settings


@pytest.mark.parametrize("name", ["circle", "spiral", "iris"])
def test_defaults_are_not_written(name: str) -> None:
    assert command_line(Settings(data=name)) == f"mgrad-tui {name}"
