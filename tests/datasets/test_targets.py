"""Which column is the target of an own table, and what it means."""

import pytest

from mgrad.datasets import load
from mgrad.engine.errors import DataError, OptionError


@pytest.fixture
def own(tmp_path):
    def write(*lines):
        path = tmp_path / "own.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def with_targets(own):
    return lambda *targets: own("x,y", *(f"{number}.5,{target}" for number, target in enumerate(targets)))


def whole(path, **options):
    return load(path, train_share=100, standardise=False, **options)


def pairs(data):
    """Targets in the order of the first feature, which is that of the file."""
    return data.train.targets[data.train.inputs[:, 0].argsort()].tolist()


def complaint(path, **options):
    with pytest.raises((DataError, OptionError)) as error:
        load(path, **options)
    return str(error.value)


def test_the_last_column_is_the_target_if_none_is_said(own):
    data = whole(own("a,b,c", "1,2,3.5", "4,5,6.5"))

    assert (data.captions, data.target) == (("a", "b"), "c")


@pytest.mark.parametrize("target", ["b", 2, "2"])
def test_a_target_is_chosen_by_name_or_position(own, target):
    data = whole(own("a,b,c", "1,2.5,3.5", "4,5.5,6.5"), target=target)

    assert (data.captions, data.target) == (("a", "c"), "b")
    assert pairs(data) == [2.5, 5.5]


def test_a_heading_wins_over_a_position(own):
    data = whole(own("2,1", "1.5,2.5", "4.5,5.5"), target="1", header=True)

    assert data.target == "1"
    assert pairs(data) == [2.5, 5.5]


@pytest.mark.parametrize("target", [0, 4, -1, "7"])
def test_a_position_that_is_not_there(own, target):
    assert complaint(own("a,b,c", "1,2,3.5", "4,5,6.5"), target=target) == (
        f"target is {target}, but must be the name of a column or its position, 1 to 3."
    )


def test_a_name_that_is_not_there_gets_the_nearest(own):
    assert complaint(own("size,price", "1,2.5", "4,5.5"), target="prize") == (
        "target is 'prize', but own.csv has no column of that name. Name one, or give its position, 1 to 2. "
        "Nearest: price, size."
    )


def test_two_texts_are_minus_one_and_plus_one_in_sorted_order(with_targets):
    data = whole(with_targets("yes", "no", "yes"))

    assert (data.problem, data.classes) == ("classification", ("no", "yes"))
    assert pairs(data) == [1, -1, 1]
    assert data.notes == ("The target y has 2 classes (no is -1, yes is +1): classification.",)


def test_more_texts_are_positions_in_sorted_order(with_targets):
    data = whole(with_targets("pear", "apple", "fig", "apple"))

    assert data.classes == ("apple", "fig", "pear")
    assert pairs(data) == [2, 0, 1, 0]
    assert data.notes == ("The target y has 3 classes (apple, fig, pear): classification.",)


def test_few_whole_numbers_are_classes_in_the_order_of_numbers_and_it_is_said(with_targets):
    data = whole(with_targets(10, 9, 10.0, 2))

    assert data.classes == ("2", "9", "10")
    assert pairs(data) == [2, 1, 2, 0]
    assert data.notes == (
        "The target y has 3 classes (2, 9, 10): classification.",
        "Load with problem='regression' to learn its values as numbers.",
    )
    assert data.alternative == "regression"


def test_zero_and_one_are_two_classes(with_targets):
    data = whole(with_targets(0, 1, 1))

    assert data.classes == ("0", "1")
    assert pairs(data) == [-1, 1, 1]


def test_two_rows_may_be_two_classes(with_targets):
    assert whole(with_targets(0, 1)).classes == ("0", "1")


def test_whole_numbers_may_be_asked_for_as_numbers(with_targets):
    data = whole(with_targets(0, 1, 1), problem="regression")

    assert (data.problem, data.classes) == ("regression", ())
    assert pairs(data) == [0, 1, 1]
    assert data.notes == ("The target y is a number: regression.",)
    assert data.alternative is None


@pytest.mark.parametrize(
    "targets", [[*range(11), 0], [1, 2, 3, 4]], ids=["eleven different numbers", "each number once"]
)
def test_whole_numbers_that_may_be_either_are_numbers_and_it_is_said(with_targets, targets):
    data = whole(with_targets(*targets))

    assert data.problem == "regression"
    assert data.notes == (
        "The target y is a number: regression.",
        "Load with problem='classification' to learn its values as classes.",
    )
    assert data.alternative == "classification"
    assert len(whole(with_targets(*targets), problem="classification").classes) == len(set(targets))


def test_ten_whole_numbers_are_classes(with_targets):
    assert len(whole(with_targets(*range(10), 0)).classes) == 10


def test_fractions_are_numbers(with_targets):
    data = whole(with_targets(0.5, 1, 1))

    assert data.problem == "regression"
    assert data.notes == ("The target y is a number: regression.",)


def test_fractions_may_be_asked_for_as_classes(with_targets):
    assert whole(with_targets(0.5, 1, 1), problem="classification").classes == ("0.5", "1")


def test_a_text_target_is_no_regression(with_targets):
    assert complaint(with_targets("low", "high", "low"), problem="regression") == (
        "problem is 'regression', but the target y holds texts (\"low\"). Choose classification, or a target of "
        "numbers."
    )


def test_twenty_texts_are_classes_and_twenty_one_are_too_many(with_targets):
    texts = [f"kind {letter}" for letter in "abcdefghijklmnopqrstu"]

    assert len(whole(with_targets(*texts[:20])).classes) == 20
    assert complaint(with_targets(*texts)) == (
        "own.csv, column y: 21 different values are too many for classes, of which there may be 20. "
        "Choose another target, or group its values."
    )


def test_too_many_numbers_for_classes(with_targets):
    assert complaint(with_targets(*range(21)), problem="classification") == (
        "own.csv, column y: 21 different values are too many for classes, of which there may be 20. "
        "Choose regression or another target, or group its values."
    )


@pytest.mark.parametrize(("value", "problem"), [("yes", None), ("3", None), ("2.5", None), ("3", "regression")])
def test_one_class_or_number_everywhere(with_targets, value, problem):
    assert complaint(with_targets(value, value, value), problem=problem) == (
        f'own.csv, column y: the target is "{value}" in every row, but there must be at least two classes or numbers '
        "to tell apart. Choose another target."
    )
