"""AND, OR and XOR: four rows, all of them for training."""

import operator

import numpy as np
import pytest

from mgrad.datasets import load
from mgrad.engine.errors import OptionError


@pytest.mark.parametrize(
    ("name", "rule"), [("truth-and", operator.and_), ("truth-or", operator.or_), ("truth-xor", operator.xor)]
)
@pytest.mark.parametrize("train_share", [10, 50, 100])
def test_all_four_rows_are_learned_whatever_the_share(name, rule, train_share):
    data = load(name, train_share=train_share)

    assert data.train.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.train.targets.tolist() == [2 * rule(int(a), int(b)) - 1 for a, b in data.train.inputs]
    assert len(data.test) == 0
    assert data.test.inputs.shape == (0, 2)


def test_a_truth_table_says_what_it_is():
    data = load("truth-xor")

    assert data.problem == "classification"
    assert data.classes == ("-1", "+1")
    assert data.target == "x1 XOR x2"
    assert data.notes == ("All four rows are in the train part; there is no test part.",)


def test_a_truth_table_can_be_standardised():
    data = load("truth-and", standardise=True)

    assert data.train.inputs.tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert data.scaling is not None
    assert np.array_equal(data.scaling.restore(data.train.inputs)[1], [0, 1])


@pytest.mark.parametrize("option", [{"noise": 5}, {"size": 8}, {"target": 1}])
def test_options_that_would_change_nothing_are_refused(option):
    name = next(iter(option))

    with pytest.raises(OptionError) as error:
        load("truth-or", **option)

    assert str(error.value) == f"truth-or takes no {name}: a truth table is always the same four rows. Leave it out."
