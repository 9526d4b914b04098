"""The split: every sample once, the share kept, no class left out where that can be helped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.datasets import load
from mgrad.datasets.split import split


@given(st.integers(2, 300), st.integers(10, 90), st.integers(0, 1000))
def test_every_sample_is_in_exactly_one_part_and_neither_is_empty(count, share, seed):
    train, test = split(count, share, np.random.default_rng(seed))

    assert sorted([*train, *test]) == list(range(count))
    assert len(train) == min(max(count * share // 100, 1), count - 1)


@pytest.mark.parametrize("share", [10, 30, 50, 70, 90])
def test_the_share_is_that_of_the_samples(share):
    data = load("circle", train_share=share)

    assert len(data.train) == 5 * share
    assert len(data.test) == 500 - 5 * share


def test_a_share_of_100_leaves_no_test_part():
    data = load("iris", train_share=100)

    assert (len(data.train), len(data.test)) == (150, 0)


def test_the_share_moves_the_cut_and_not_the_samples():
    small, large = load("plane", train_share=20), load("plane", train_share=80)

    assert np.array_equal(small.train.inputs, large.train.inputs[: len(small.train)])


def test_samples_are_shuffled():
    targets = load("spiral").train.targets

    assert 100 < np.sum(targets == 1) < 150


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40), st.integers(10, 90), st.integers(0, 1000))
def test_no_class_is_missing_in_training_if_it_has_room_for_all(labels, share, seed):
    classes = np.array(labels, dtype=float)

    train, test = split(len(labels), share, np.random.default_rng(seed), classes)

    assert sorted([*train, *test]) == list(range(len(labels)))
    different = len(set(labels))
    assert len(set(classes[train])) == min(different, len(train))


def test_a_class_for_which_there_is_no_room_is_named(tmp_path):
    table = tmp_path / "small.csv"
    table.write_text("x,kind\n1,a\n2,b\n3,c\n")

    data = load(table, train_share=50)

    assert len(data.train) == 1
    missing = [note for note in data.notes if "no sample" in note]
    present = data.classes[int(data.train.targets[0])]
    assert missing == [f"The train part has no sample of class {name}." for name in "abc" if name != present]
