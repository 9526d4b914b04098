"""`load`, `names` and `catalogue`: what may be asked for, and the sentence for what may not."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mgrad.datasets import Dataset, Part, catalogue, load, names
from mgrad.engine.errors import DataError, OptionError, ShapeError

ALL = (
    "circle",
    "xor",
    "gauss",
    "spiral",
    "plane",
    "multi-gauss",
    "moons",
    "rings",
    "truth-and",
    "truth-or",
    "truth-xor",
    "iris",
    "digits",
    "diabetes",
)


def message(*arguments, **options):
    with pytest.raises((OptionError, DataError)) as error:
        load(*arguments, **options)
    return str(error.value)


def test_names():
    assert names() == ALL


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_catalogue_tells_the_truth(entry):
    data = load(entry.name)

    assert data.name == entry.name
    assert data.problem == entry.problem
    assert len(data.features) == entry.features
    assert len(data.classes) == entry.classes
    if entry.takes_noise:
        assert load(entry.name, noise=5).name == entry.name
    else:
        assert f"{entry.name} takes no noise" in message(entry.name, noise=5)


def test_a_dataset_says_what_it_is():
    data = load("circle")

    assert data.features == ("x1", "x2")
    assert data.captions == ("x1", "x2")
    assert data.train.inputs.dtype == data.train.targets.dtype == np.float64
    assert data.train.inputs.shape == (250, 2)
    assert data.train.targets.shape == (250,)


def test_a_dataset_is_frozen_with_its_arrays():
    data = load("circle")

    with pytest.raises(ValueError, match="read-only"):
        data.train.inputs[0, 0] = 1.0
    with pytest.raises(AttributeError):
        data.name = "other"  # type: ignore[misc]


def test_an_unknown_name_gets_the_nearest_and_a_hint_at_paths():
    text = message("spirl")

    assert text.startswith("data is 'spirl', but must be one of circle, xor, gauss, ")
    assert text.endswith("diabetes, or the path of a CSV file. Did you mean 'spiral'?")


@pytest.mark.parametrize(
    ("given", "meant"), [("AND", "truth-and"), ("or", "truth-or"), ("Iris", "iris"), ("gaus", "gauss")]
)
def test_a_name_in_another_spelling_is_found(given, meant):
    assert f"Did you mean '{meant}'?" in message(given)


def test_an_empty_name_is_unknown():
    assert "data is '', but must be one of" in message("")


def test_what_is_neither_name_nor_path():
    assert message(5) == "data is 5, but must be the name of a data set or the path of a CSV file."
    assert "zero character" in message("a\0b")


def test_a_path_may_be_a_text_or_a_path_and_need_no_suffix(tmp_path, monkeypatch):
    (tmp_path / "own").write_text("a,b\n1,2.5\n2,3.5\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    for given in ("own", "./own", "~/own", tmp_path / "own", str(tmp_path / "own")):
        assert load(given).name == "own"


def test_a_path_wins_over_a_name_if_it_is_written_as_one(tmp_path, monkeypatch):
    (tmp_path / "iris").write_text("a,b\n1,2.5\n2,3.5\n")
    monkeypatch.chdir(tmp_path)

    assert load("iris").target == "species"
    assert load("./iris").target == "b"


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"noise": -1}, "noise is -1, but must be 0 to 50 percent."),
        ({"noise": 51}, "noise is 51, but must be 0 to 50 percent."),
        ({"noise": float("nan")}, "noise is nan, but must be 0 to 50 percent."),
        ({"noise": "5"}, "noise is '5', but must be 0 to 50 percent."),
        ({"size": 1}, "size is 1, but must be a whole number of samples, 2 to 1000000."),
        ({"size": 2.5}, "size is 2.5, but must be a whole number of samples, 2 to 1000000."),
        ({"size": True}, "size is True, but must be a whole number of samples, 2 to 1000000."),
        ({"seed": -1}, "seed is -1, but must be a whole number, 0 or more."),
        ({"seed": None}, "seed is None, but must be a whole number, 0 or more."),
        ({"train_share": 9}, "train_share is 9, but must be 10 to 90 percent, or 100 for no test part."),
        ({"train_share": 95}, "train_share is 95, but must be 10 to 90 percent, or 100 for no test part."),
        ({"train_share": True}, "train_share is True, but must be 10 to 90 percent, or 100 for no test part."),
        ({"header": "no"}, "header is 'no', but must be True, False or None."),
        ({"standardise": 1}, "standardise is 1, but must be True, False or None."),
        (
            {"problem": "regresion"},
            "problem is 'regresion', but must be one of classification, regression. Did you mean 'regression'?",
        ),
        ({"target": "x1"}, "circle takes no target: it is made by a formula. Leave it out."),
        ({"header": True}, "circle takes no header: it is made by a formula. Leave it out."),
        (
            {"problem": "regression"},
            "problem is 'regression', but circle is a classification. Leave it out, or choose other data.",
        ),
    ],
)
def test_every_wrong_option_has_its_sentence(option, sentence):
    assert message("circle", **option) == sentence


@pytest.mark.parametrize("option", [{"noise": 5}, {"size": 10}])
def test_tables_take_neither_noise_nor_size(option):
    assert message("iris", **option) == f"iris takes no {next(iter(option))}: it is a table. Leave it out."


def test_noise_and_share_may_be_any_number_in_their_range():
    size = np.int64(100)

    data = load("circle", noise=np.float64(12.5), train_share=33.3, size=size)  # type: ignore[arg-type]

    assert len(data.train) == 33


def test_parts_and_captions_must_fit():
    with pytest.raises(ShapeError, match=r"inputs have shape \(2,\) and targets \(2,\)"):
        Part(np.zeros(2), np.zeros(2))
    part = Part(np.zeros((3, 2)), np.zeros(3))
    with pytest.raises(ShapeError, match="1 features, 2 captions and 2 and 2 columns"):
        Dataset("own", "regression", ("x1",), ("a", "b"), "y", (), part, part)


def test_importing_datasets_is_light():
    heavy = "textual", "llvmlite", "sklearn", "pandas", "mgrad.tui"
    code = f"import sys, mgrad.datasets; print([name for name in {heavy} if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ALL)
def test_a_named_set_is_made_again_by_its_recipe(name: str) -> None:
    data = load(name, seed=3, train_share=60)

    assert data.recipe is not None
    again = data.recipe()

    assert again.recipe == data.recipe
    for part, other in ((data.train, again.train), (data.test, again.test)):
        assert np.array_equal(part.inputs, other.inputs)
        assert np.array_equal(part.targets, other.targets)


def test_data_that_may_not_come_again_has_no_recipe(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("a,b\n1,2\n2,3\n4,4\n5,1\n")
    data = load("xor")

    assert load(table).recipe is None
    assert dataclasses.replace(data, train=data.test).recipe is None


def test_a_recipe_does_not_see_what_becomes_of_a_list() -> None:
    columns: list[str | int] = [1, 2]
    data = load("iris", columns=columns)
    columns.append(3)

    assert data.recipe is not None
    assert data.recipe().features == ("x1", "x2")
