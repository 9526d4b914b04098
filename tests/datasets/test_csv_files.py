"""Separators, headings and rows of own CSV files, each found or refused with a sentence."""

import csv
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.datasets import load
from mgrad.datasets.cells import read_number
from mgrad.datasets.csv_file import find_separator, read_csv
from mgrad.engine.errors import DataError


@pytest.fixture
def own(tmp_path):
    def write(text):
        path = tmp_path / "own.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


def complaint(path, **options):
    with pytest.raises(DataError) as error:
        load(path, **options)
    return str(error.value)


finite = st.floats(allow_nan=False, allow_infinity=False)
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(finite, min_size=width, max_size=width), min_size=2, max_size=12)
)


@given(rows=tables, separator=st.sampled_from(",;\t|"), header=st.booleans(), end=st.sampled_from(["\n", "\r\n"]))
def test_any_table_of_finite_numbers_is_read_back_exactly(tmp_path_factory, rows, separator, header, end):
    path = tmp_path_factory.mktemp("tables") / "own.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator=end)
        if header:
            writer.writerow([f"name {position}" for position in range(len(rows[0]))])
        writer.writerows([[repr(number) for number in row] for row in rows])

    table = read_csv(path)

    assert table.has_header == header
    assert [[float(cell) for cell in row] for row in zip(*table.columns, strict=True)] == rows


@given(
    st.lists(st.tuples(st.integers(-999, 999), st.integers(0, 99)), min_size=2, max_size=10), st.sampled_from(";\t|")
)
def test_decimal_commas_are_read_where_the_separator_is_no_comma(tmp_path_factory, rows, separator):
    path = tmp_path_factory.mktemp("tables") / "own.csv"
    lines = [f"{whole},{part:02}{separator}{part},5" for whole, part in rows]
    path.write_text("\n".join([f"a{separator}b", *lines]))

    table = read_csv(path)

    read = [read_number(cell, table.decimal_comma) for cell in table.columns[0]]
    assert read == [float(f"{whole}.{part:02}") for whole, part in rows]
    assert "A comma in a number is read as a decimal point." in table.notes


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1;2\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ('name;x\n"Smith, John";1\n"Doe, Jane";2\n', ";"),
        ("name;x\nSmith, John;1\nDoe, Jane;2\n", ";"),
        ("set,x\na|b,1\nc|d,2\n", ","),
        ("x,y,note\n1,2,a;b\n3,4,c;d\n", ","),
        ("1,2,3\n4,5\n6,7,8\n", ","),
        ("only\none\ncolumn\n", ","),
    ],
)
def test_the_separator_is_found(text, separator):
    assert find_separator(text) == separator


def test_the_separator_of_a_long_file_is_found_by_its_beginning():
    assert find_separator("a;b;c\n" + '1;"2\n";3,5\n' * 20_000) == ";"


def test_what_was_found_is_said(own):
    data = load(own("a;b\n1,5;2,5\n3,5;4,5\n"))

    assert data.notes[:2] == ("Cells are separated by semicolons.", "A comma in a number is read as a decimal point.")


def test_a_comma_that_may_mean_thousands_is_not_guessed(own):
    path = own("a;b\n1,500;2\n3,250;4\n")

    assert complaint(path) == (
        'own.csv, line 2, column a: "1,500" is not a number: its comma may mean a decimal or thousands. '
        "Write 1.5 or 1500."
    )


def test_commas_beside_points_are_not_guessed(own):
    path = own("a;b\n1.5;2\n3,5;4\n")

    assert 'line 3, column a: "3,5" is not a number: its comma' in complaint(path)


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("a,b\n1,2\n3,4\n", True),
        ("1,2\n3,4\n", False),
        ("size,colour\n1,red\n2,blue\n", True),
        ("1,red\n2,blue\n", False),
        ("weather,play\nsunny,no\nrainy,yes\nsunny,yes\n", True),
        ("sunny,no\nrainy,yes\nsunny,yes\n", False),
        (",b\n0,x\n1,y\n", True),
        ("?,red\n1,red\n2,blue\n", False),
        ("?,\n1,2\n3,4\n", False),
    ],
)
def test_headings_are_found(own, text, has_header):
    assert read_csv(own(text)).has_header == has_header


def test_without_headings_columns_are_numbered_and_it_is_said(own):
    data = load(own("1.5,2,x\n3.5,4,y\n"))

    assert data.captions == ("column 1", "column 2")
    assert data.target == "column 3"
    assert "No headings: the columns are called column 1 to column 3." in data.notes


def test_the_caller_may_say_whether_there_are_headings(own):
    years = own("2019,2020\n1.5,2.5\n3.5,4.5\n5.5,6.5\n")

    assert load(years, header=True).captions == ("2019",)
    assert load(years, header=False).captions == ("column 1",)
    assert len(load(years, header=True, train_share=100).train) == 3
    assert len(load(years, header=False, train_share=100).train) == 4


def test_headings_beside_numbers_get_a_hint(own):
    path = own("size,2020\n1,2\n3,4\n")

    assert complaint(path) == (
        'own.csv, line 1, column column 1: "size" is not a number. '
        "If this line holds the headings, load with header=True."
    )


def test_a_missing_heading_is_its_position(own):
    data = load(own(",b\n1.5,2.5\n3.5,4.5\n"))

    assert data.captions == ("column 1",)
    assert "Columns without a heading are called by their position." in data.notes


def test_headings_may_be_quoted_and_span_lines(own):
    data = load(own('"size,\nin  cm",b\n1.5,2.5\n3.5,4.5\n'))

    assert data.captions == ("size, in cm",)


def test_blank_lines_and_spaces_do_not_matter(own):
    data = load(own('\n a , b \n\n 1.5 , "2.5"\n   \n3.5,4.5\n\n'), standardise=False, train_share=100)

    assert (data.captions, data.target) == (("a",), "b")
    assert sorted(data.train.inputs[:, 0]) == [1.5, 3.5]
    assert sorted(data.train.targets) == [2.5, 4.5]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n", "own.csv: the table has no row of data, but at least two are needed."),
        ("a,b\n1,2\n", "own.csv: the table has one row of data, but at least two are needed."),
        ("1,2\n", "own.csv: the table has one row of data, but at least two are needed."),
        (
            "a\n1\n2\n",
            "own.csv: the table has one column, but a feature and a target are needed. "
            "Cells are separated by a comma, semicolon, tab or vertical bar.",
        ),
        (
            "a,b,c\n1,2,3\n1,2\n",
            "own.csv, line 3: this row has 2 cells, but line 1 has 3. Every row needs the same number.",
        ),
        (
            "a,b,c\n1,2,3\n\n4\n",
            "own.csv, line 4: this row has 1 cell, but line 1 has 3. Every row needs the same number.",
        ),
        (
            "a,b,a,b,c\n1,2,3,4,5\n1,2,3,4,6\n",
            'own.csv, line 1, column a: two columns or more are called "a" and "b". '
            "Each column needs a heading of its own.",
        ),
        (
            'a,b\n1,2\n3,"4\n5,6\n',
            "own.csv, line 3: a quotation mark is not closed, or text stands beside a quoted cell. "
            'Quote the whole cell and write a quotation mark in it twice ("").',
        ),
        (
            'a,b\n1,"x"y\n3,z\n',
            "own.csv, line 2: a quotation mark is not closed, or text stands beside a quoted cell. "
            'Quote the whole cell and write a quotation mark in it twice ("").',
        ),
    ],
)
def test_every_malformed_table_has_its_sentence(own, text, sentence):
    assert complaint(own(text)) == sentence


def test_lines_are_those_of_the_file(own):
    path = own('x,note\n\n1,"two\nlines"\n2,b\nmany,c\n')

    with pytest.raises(DataError) as error:
        load(path)

    assert error.value.line == 6
    assert (error.value.file, error.value.column, error.value.cell) == ("own.csv", "x", "many")


def test_a_large_table_loads_at_once(tmp_path):
    numbers = np.random.default_rng(7).normal(size=(10_000, 40))
    path = tmp_path / "large.csv"
    np.savetxt(path, numbers, delimiter=",", fmt="%.17g")

    # The time of this process only, so that a busy machine makes no difference.
    start = time.process_time()
    data = load(path, standardise=False, train_share=100)
    seconds = time.process_time() - start

    assert np.array_equal(np.sort(data.train.inputs[:, 0]), np.sort(numbers[:, 0]))
    assert seconds < 3
