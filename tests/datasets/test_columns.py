"""What columns mean: numbers, categories, bad cells."""

import numpy as np
import pytest

from mgrad.datasets import load
from mgrad.engine.errors import DataError

TOO_LARGE = (
    "own.csv: some numbers are too large to standardise beside the others. Divide them, or load with standardise=False."
)


@pytest.fixture
def own(tmp_path):
    def write(*lines):
        path = tmp_path / "own.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def whole(path, **options):
    return load(path, train_share=100, standardise=False, **options)


def scaling_of(data):
    assert data.scaling is not None
    return data.scaling


def complaint(path, **options):
    with pytest.raises(DataError) as error:
        load(path, **options)
    return error.value


def test_numbers_in_every_spelling(own):
    data = whole(own("x,y", "1,0.5", "-2.5e3,1.5", "+.5,2.5", "−7,3.5", " 8 ,4.5"))

    assert sorted(data.train.inputs[:, 0]) == [-2500, -7, 0.5, 1, 8]


def test_categories_become_columns_in_sorted_order_and_it_is_said(own):
    data = whole(own("colour,size,y", "red,1,0.5", "blue,2,1.5", "green,3,2.5", "red,4,3.5"))

    assert data.captions == ("colour=blue", "colour=green", "colour=red", "size")
    assert data.features == ("x1", "x2", "x3", "x4")
    by_size = data.train.inputs[data.train.inputs[:, 3].argsort()]
    assert by_size[:, :3].tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert "Column colour: 3 categories became 3 columns." in data.notes


def test_twenty_categories_are_columns_and_twenty_one_are_too_many(own):
    rows = [f"street {number},{number}.5" for number in range(21)]

    assert len(whole(own("street,y", *rows[:20])).features) == 20
    assert str(complaint(own("street,y", *rows))) == (
        "own.csv, column street: 21 different texts are too many for one-hot columns, of which there may be 20. "
        "Remove the column, or group its values."
    )


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("many", '"many" is not a number.'),
        ("n/a", '"n/a" is not a number.'),
        ("NaN", '"NaN" is not a number.'),
        ("?", '"?" is not a number.'),
        ("", "the cell is empty. Fill it in, or remove the row or the column."),
        ("inf", '"inf" is not a finite number.'),
        ("-Infinity", '"-Infinity" is not a finite number.'),
        ("1e999", '"1e999" is not a finite number.'),
        ("1_000", '"1_000" is not a number.'),
        ("12 kg", '"12 kg" is not a number.'),
        (
            '"1,5"',
            '"1,5" is not a number: its comma may mean a decimal or thousands. Write 1.5 or 1500.',
        ),
    ],
)
def test_a_bad_cell_among_numbers_is_named_with_its_place(own, cell, sentence):
    error = complaint(own("x1,x2,y", "1,2,0.5", "3,4,1.5", f"5,{cell},2.5"))

    assert str(error) == f"own.csv, line 4, column x2: {sentence}"
    assert (error.file, error.line, error.column, error.cell) == ("own.csv", 4, "x2", cell.strip('"'))


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("", "the cell is empty. Fill it in, or remove the row or the column."),
        ("NA", '"NA" stands for a missing value. Fill it in, or remove the row or the column.'),
        ("?", '"?" stands for a missing value. Fill it in, or remove the row or the column.'),
    ],
)
def test_a_missing_cell_among_categories_is_named_with_its_place(own, cell, sentence):
    error = complaint(own("x,colour,y", "1,red,0.5", "3,blue,1.5", f"5,{cell},2.5"))

    assert str(error) == f"own.csv, line 4, column colour: {sentence}"


def test_the_first_bad_cell_of_the_file_is_named(own):
    error = complaint(own("a,b,y", "1,2,0.5", "3,x,1.5", "z,4,2.5"))

    assert (error.line, error.column, error.cell) == (3, "b", "x")


def test_a_bad_target_cell_is_named_too(own):
    error = complaint(own("a,y", "1,0.5", "2,n/a", "3,2.5"))

    assert str(error) == 'own.csv, line 3, column y: "n/a" is not a number.'


def test_half_numbers_make_a_column_numeric_and_fewer_make_it_texts(own):
    error = complaint(own("a,y", "1,0.5", "2,1.5", "low,2.5", "high,3.5"))
    assert (error.line, error.cell) == (4, "low")

    data = whole(own("a,y", "1,0.5", "mid,1.5", "low,2.5", "high,3.5"))
    assert data.captions == ("a=1", "a=high", "a=low", "a=mid")


def test_gaps_do_not_count_when_the_kind_of_a_column_is_decided(own):
    error = complaint(own("a,y", "1,0.5", ",1.5", ",2.5", ",3.5"))

    assert (error.line, error.cell) == (3, "")


def test_a_column_without_any_value(own):
    assert complaint(own("a,b,y", "1,,0.5", "2,,1.5")).line == 2


@pytest.mark.parametrize(("cell", "caption"), [("4", "unit"), ("kg", "unit=kg")])
def test_a_constant_column_is_kept_as_zeros_and_it_is_said(own, cell, caption):
    data = load(own("x,unit,y", f"1,{cell},0.5", f"2,{cell},1.5", f"3,{cell},2.5"), train_share=100)

    assert data.captions == ("x", caption)
    assert not data.train.inputs[:, 1].any()
    assert f"Column unit is {cell} in every row: kept, but nothing can be learned from it." in data.notes


def test_a_column_constant_only_in_training_is_finite_in_both_parts(own):
    rows = [f"{number},{int(number == 9)},{number}.5" for number in range(10)]

    data = load(own("x,flag,y", *rows), train_share=50)

    assert np.isfinite(data.train.inputs).all()
    assert np.isfinite(data.test.inputs).all()
    flags = np.concatenate([scaling_of(data).restore(part.inputs)[:, 1] for part in (data.train, data.test)])
    assert sorted(flags) == pytest.approx([0.0] * 9 + [1.0], abs=1e-12)


def test_numbers_too_large_to_standardise_name_the_file(own):
    path = own("x,y", "1.7e308,0.5", "1.6e308,1.5", "1.5e308,2.5")

    assert str(complaint(path, train_share=90)) == TOO_LARGE
    assert whole(path).train.inputs.max() == 1.7e308


def test_a_test_sample_too_far_away_to_standardise_is_an_error_and_not_infinite(own):
    path = own("x,y", *(f"{number}e-9,{number}.5" for number in range(9)), "1e305,9.5")
    outcomes = set()

    for seed in range(20):
        try:
            data = load(path, seed=seed)
        except DataError as error:
            outcomes.add(str(error))
        else:
            assert np.isfinite(data.test.inputs).all()
            outcomes.add("loaded")

    # Where the far sample falls into the train part it makes the deviation large, and all is well.
    assert outcomes == {TOO_LARGE, "loaded"}


def test_inputs_are_standardised_by_default(own):
    data = load(own("x,y", "1,0.5", "3,1.5"), train_share=100)

    assert sorted(data.train.inputs[:, 0]) == [-1, 1]
    assert scaling_of(data).mean.tolist() == [2]
    assert sorted(scaling_of(data).restore(data.train.inputs)[:, 0]) == [1, 3]
