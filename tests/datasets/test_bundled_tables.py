"""The tables that come along: shapes, known values, and a note beside each."""

import numpy as np
import pytest

from mgrad.datasets import load
from mgrad.datasets.bundled import BUNDLED, FOLDER


def whole(name, **options):
    return load(name, train_share=100, **options)


def test_iris():
    data = whole("iris", standardise=False)

    assert data.train.inputs.shape == (150, 4)
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(data.train.targets.astype(int)).tolist() == [50, 50, 50]
    assert data.captions == ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    assert data.target == "species"
    # means as printed with the data set
    assert data.train.inputs.mean(axis=0) == pytest.approx([5.843, 3.057, 3.758, 1.199], abs=5e-4)
    setosa = data.train.inputs[data.train.targets == 0]
    assert setosa[:, 2].max() == 1.9


def test_digits_are_divided_by_16_and_not_standardised_one_by_one():
    data = whole("digits")
    raw = whole("digits", standardise=False)

    assert data.train.inputs.shape == (1797, 64)
    assert data.classes == tuple("0123456789")
    assert data.captions[0] == "row1 column1"
    assert data.captions[63] == "row8 column8"
    assert (raw.train.inputs.min(), raw.train.inputs.max()) == (0, 16)
    assert np.array_equal(data.train.inputs * 16, raw.train.inputs)
    assert "All features are divided by 16; they are not standardised one by one." in data.notes
    assert np.bincount(raw.train.targets.astype(int)).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_first_digit_of_the_file_is_a_zero():
    data = whole("digits", standardise=False)
    first = [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]
    found = np.flatnonzero((data.train.inputs[:, :16] == first).all(axis=1))

    assert data.train.targets[found].tolist() == [0]


def test_digits_with_another_target_are_standardised_as_any_table():
    data = load("digits", target="row4 column4", problem="regression")

    assert data.captions[-1] == "digit"
    assert data.scaling is not None
    assert data.scaling.deviation[-1] != 16


def test_diabetes_is_a_regression_in_its_original_units():
    data = whole("diabetes", standardise=False)

    assert data.problem == "regression"
    assert data.train.inputs.shape == (442, 10)
    assert (data.train.targets.min(), data.train.targets.max()) == (25, 346)
    assert data.train.targets.mean() == pytest.approx(152.13, abs=0.01)
    assert data.captions[:3] == ("age (years)", "sex", "body mass index")


@pytest.mark.parametrize("table", BUNDLED, ids=lambda table: table.name)
def test_the_catalogue_says_what_the_file_holds(table):
    data = load(table.name)

    assert data.name == table.name
    assert data.problem == table.problem
    assert len(data.features) == table.features
    assert len(data.classes) == table.classes


@pytest.mark.parametrize("table", BUNDLED, ids=lambda table: table.name)
def test_each_table_has_a_note_with_source_and_licence(table):
    notes = (FOLDER / "README.md").read_text(encoding="utf-8")
    section = notes.split(f"## {table.file}")[1].split("\n## ")[0]

    assert "- Source: " in section
    assert "- Licence: " in section


def test_no_file_in_the_folder_is_without_a_row():
    files = {path.name for path in FOLDER.iterdir()}

    assert files == {table.file for table in BUNDLED} | {"README.md"}
