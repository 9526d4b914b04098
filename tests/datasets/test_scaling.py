"""Standardising: over the train part only, remembered, and with a way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mgrad.datasets import Scaling, load
from mgrad.engine.errors import DataError


def scaling_of(data):
    assert data.scaling is not None
    return data.scaling


def test_own_tables_are_standardised_over_the_train_part_only():
    data, raw = load("iris", train_share=60), load("iris", train_share=60, standardise=False)

    assert data.train.inputs.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert data.train.inputs.std(axis=0) == pytest.approx(np.ones(4))
    assert scaling_of(data).mean == pytest.approx(raw.train.inputs.mean(axis=0))
    assert scaling_of(data).deviation == pytest.approx(raw.train.inputs.std(axis=0))
    assert np.abs(data.test.inputs.mean(axis=0)).max() > 1e-3


def test_the_way_back_leads_to_the_original_numbers():
    data, raw = load("diabetes"), load("diabetes", standardise=False)

    for standardised, original in ((data.train, raw.train), (data.test, raw.test)):
        assert scaling_of(data).restore(standardised.inputs) == pytest.approx(original.inputs)
        assert scaling_of(data).restore_target(standardised.targets) == pytest.approx(original.targets)


def test_a_regressions_target_is_standardised_and_said_so():
    data = load("diabetes")

    assert data.train.targets.mean() == pytest.approx(0, abs=1e-12)
    assert data.train.targets.std() == pytest.approx(1)
    assert "Features and target are standardised: mean 0 and deviation 1 over the train part." in data.notes


def test_classes_are_not_standardised():
    scaling = scaling_of(load("iris"))

    assert (scaling.target_mean, scaling.target_deviation) == (0, 1)


def test_a_constant_column_becomes_exactly_zero():
    scaling = Scaling.of(np.full((7, 1), 0.1))

    assert scaling.standardise([[0.1]]).tolist() == [[0.0]]
    assert scaling.deviation.tolist() == [1.0]


def test_numbers_too_large_to_standardise_are_an_error():
    with pytest.raises(DataError, match="some numbers are too large to standardise"):
        Scaling.of(np.array([[1.7e308], [1.6e308]]))


@given(
    arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8), elements=st.floats(-1e100, 1e100))
)
def test_standardise_then_restore_is_identity(inputs):
    scaling = Scaling.of(inputs)
    scale = np.abs(inputs).max(axis=0, initial=1e-300)

    back = scaling.restore(scaling.standardise(inputs))

    assert np.all(np.abs(back - inputs) <= 1e-12 * scale)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_the_targets_way_back_is_the_inverse_of_its_way_there(targets, mean, deviation):
    scaling = Scaling(np.zeros(1), np.ones(1), mean, deviation)

    back = scaling.restore_target(scaling.standardise_target(targets))

    assert back == pytest.approx(np.array(targets), abs=1e-8)
