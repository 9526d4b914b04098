"""Moons and rings against scikit-learn's formulas, worked out by hand."""

import numpy as np
import pytest

from mgrad.datasets import load
from mgrad.datasets.shapes import draw_moons, draw_rings


def draw(how, size, noise=0.0):
    return how(size, noise, np.random.default_rng(7))


def test_moons_of_six_points():
    points, targets = draw(draw_moons, 6)
    # scikit-learn: (1,0) (0,1) (-1,0) above, (0,.5) (1,-.5) (2,.5) below; then -(.5,.25) and times 10/3
    expected = [(5 / 3, -2.5 / 3), (-5 / 3, 2.5), (-5, -2.5 / 3), (-5 / 3, 2.5 / 3), (5 / 3, -2.5), (5, 2.5 / 3)]

    assert points == pytest.approx(np.array(expected))
    assert targets.tolist() == [-1, -1, -1, 1, 1, 1]


def test_rings_of_eight_points():
    points, targets = draw(draw_rings, 8)
    # the full turn is left out, so that no point stands on another; then times 5
    outer = [(5, 0), (0, 5), (-5, 0), (0, -5)]

    assert points[:4] == pytest.approx(np.array(outer), abs=1e-12)
    assert points[4:] == pytest.approx(np.array(outer) / 2, abs=1e-12)
    assert targets.tolist() == [-1] * 4 + [1] * 4


@pytest.mark.parametrize("how", [draw_moons, draw_rings])
def test_the_odd_point_goes_to_the_second_class(how):
    _, targets = draw(how, 7)

    assert targets.tolist() == [-1] * 3 + [1] * 4


@pytest.mark.parametrize(("how", "stretch"), [(draw_moons, 10 / 3), (draw_rings, 5)])
def test_noise_is_a_normal_deviation_in_the_formulas_own_units(how, stretch):
    away = draw(how, 20_000, 0.1)[0] - draw(how, 20_000)[0]

    assert away.std(axis=0) == pytest.approx([0.1 * stretch] * 2, rel=0.03)
    assert away.mean(axis=0) == pytest.approx([0, 0], abs=0.02)


@pytest.mark.parametrize("name", ["moons", "rings"])
def test_shapes_fill_the_plane_without_leaving_it(name):
    data = load(name, train_share=100)

    assert len(data.train) == 500
    assert 4.9 < np.abs(data.train.inputs[:, 0]).max() <= 5 + 1e-12
    assert np.abs(data.train.inputs[:, 1]).max() <= 5 + 1e-12
