"""What is remembered from one time to the next, and what becomes of a file that is damaged."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.tui.preferences import FILE, Preferences, load_preferences, save_preferences
from mgrad.tui.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MGRAD_CONFIG_DIR", str(tmp_path / "mgrad"))
    return tmp_path / "mgrad"


def test_at_first_there_are_the_defaults() -> None:
    assert load_preferences() == (Preferences(), "")


def test_what_is_kept_comes_back() -> None:
    chosen = Preferences(
        Settings(data="iris", layers=(5, 3), activation=("relu", "tanh"), features=None, loss="softmax", data_seed=4),
        None, "nord", True, True,
    )  # fmt: skip

    assert save_preferences(chosen) == ""
    assert load_preferences() == (chosen, "")


def test_a_damaged_file_is_set_aside_and_said_so(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE).write_text('{"theme": ')

    found, sentence = load_preferences()

    assert found == Preferences()
    assert "kept as settings.damaged-1.json" in sentence
    assert (folder / "settings.damaged-1.json").read_text() == '{"theme": '
    assert load_preferences() == (Preferences(), "")


@pytest.mark.parametrize("text", ["[]", "3", "\x00", '"x"', ""])
def test_what_is_no_table_is_damaged(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / FILE).write_text(text)

    assert load_preferences()[0] == Preferences()
    assert not (folder / FILE).exists()


def test_fields_that_make_no_sense_are_left_out_and_named(folder: Path) -> None:
    folder.mkdir()
    good = {"theme": "nord", "speed": "fast", "colour": 1, "settings": {"data": "iris", "layers": [0, "x"], "seed": -1}}
    (folder / FILE).write_text(json.dumps(good))

    found, sentence = load_preferences()

    assert found == replace(Preferences(), theme="nord", settings=Settings(data="iris"))
    assert sentence == "Settings that make no sense were left out: layers, seed, speed, colour."


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MGRAD_CONFIG_DIR", str(tmp_path / "file" / "mgrad"))

    assert save_preferences(Preferences()).startswith("Settings cannot be kept: ")
    assert load_preferences()[0] == Preferences()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*Settings.__annotations__, "x"]), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["settings", "speed", "theme", "show_test", "discretise", "x"]), _JSON))
def test_whatever_stands_in_the_file_the_playground_starts(found: dict[str, object]) -> None:
    from mgrad.tui import preferences

    chosen, _ = preferences._read(found)

    assert isinstance(chosen.settings.data, str)
    assert all(isinstance(size, int) for size in chosen.settings.layers)
    assert json.loads(json.dumps(chosen.settings.layers)) == list(chosen.settings.layers)
