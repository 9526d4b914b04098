"""Choosing columns of a table of one's own, and looking at it before."""

from pathlib import Path

import numpy as np
import pytest

from mgrad.datasets import load, preview
from mgrad.engine.errors import DataError, OptionError

TABLE = "size,colour,note,price\n1,red,n/a,10\n2,blue,,20\n3,red,x,35.5\n4,blue,y,41\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    path.write_text(TABLE)
    return path


def test_only_the_chosen_columns_are_features(table: Path) -> None:
    data = load(table, columns=["colour", "size"], train_share=100, standardise=False)

    assert data.captions == ("size", "colour=blue", "colour=red")
    assert sorted(data.train.inputs[:, 0].tolist()) == [1, 2, 3, 4]
    assert data.target == "price"


def test_a_bad_cell_in_a_column_that_is_left_out_does_not_matter(table: Path) -> None:
    with pytest.raises(DataError, match="column note"):
        load(table)

    assert load(table, columns=["size"]).captions == ("size",)


def test_columns_may_be_named_by_position(table: Path) -> None:
    by_name, by_place = load(table, columns=["size"], target="price"), load(table, columns=[1], target=4)

    assert np.array_equal(by_name.train.inputs, by_place.train.inputs)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (["size", "price"], "columns names price, but that is the target. Leave it out"),
        ([], "columns is empty, but a network learns from at least one column"),
        (["sizes"], "columns is 'sizes', but houses.csv has no column of that name.* Nearest: size"),
        ([9], "columns is 9, but must be the name of a column or its position, 1 to 4"),
        ("size", "columns is 'size', but must be a list"),
    ],
)
def test_what_cannot_be_chosen_is_said(table: Path, columns: list[str | int], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        load(table, columns=columns)


def test_formulas_have_no_columns_to_choose() -> None:
    with pytest.raises(OptionError, match="circle takes no columns"):
        load("circle", columns=["x1"])


def test_a_preview_tells_of_every_column_and_what_is_wrong_with_it(table: Path) -> None:
    glance = preview(table, rows=2)

    assert glance.rows == 4
    assert [(column.heading, column.kind, column.different) for column in glance.columns] == [
        ("size", "numbers", 4),
        ("colour", "texts", 2),
        ("note", "bad", 4),
        ("price", "numbers", 4),
    ]
    assert glance.columns[0].cells == ("1", "2")
    assert 'line 2, column note: "n/a" stands for a missing value' in glance.columns[2].fault


def test_what_is_no_table_has_no_preview(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv"):
        preview(tmp_path / "nothing.csv")
