"""The playground's six: each formula as a law that its points obey."""

import numpy as np
import pytest

from mgrad.datasets import load

CLASSIFICATION = ("circle", "xor", "gauss", "spiral")
REGRESSION = ("plane", "multi-gauss")


def everything(name, **options):
    data = load(name, train_share=100, **options)
    return data.train.inputs, data.train.targets


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_classification_has_500_points_of_two_classes(name):
    data = load(name)

    assert len(data.train) + len(data.test) == 500
    assert data.problem == "classification"
    assert data.classes == ("-1", "+1")
    assert set(data.train.targets) == {-1.0, 1.0}


@pytest.mark.parametrize("name", REGRESSION)
def test_regression_has_1200_points_and_no_classes(name):
    data = load(name)

    assert len(data.train) + len(data.test) == 1200
    assert (data.problem, data.classes) == ("regression", ())


def test_circle_is_a_disc_of_radius_half_in_a_ring():
    points, targets = everything("circle")
    radius = np.hypot(*points.T)

    assert np.array_equal(targets, np.where(radius < 2.5, 1.0, -1.0))
    assert np.sum(targets == 1) == 250
    assert np.all((radius < 2.5) | ((radius >= 3.5) & (radius < 5)))


def test_circle_radius_is_uniform_not_its_area():
    points, targets = everything("circle", size=20_000)
    inner = np.hypot(*points[targets == 1].T)

    assert np.mean(inner < 1.25) == pytest.approx(0.5, abs=0.02)


def test_xor_is_plus_where_both_signs_agree_and_keeps_off_the_axes():
    points, targets = everything("xor")

    assert np.array_equal(targets, np.sign(points[:, 0] * points[:, 1]))
    assert np.abs(points).min() >= 0.3
    assert 5 < np.abs(points).max() <= 5.3


@pytest.mark.parametrize(("noise", "variance"), [(0, 0.5), (50, 4.0), (20, 1.9)])
def test_gauss_is_two_clouds_whose_variance_grows_with_noise(noise, variance):
    points, targets = everything("gauss", size=40_000, noise=noise)

    for sign in (1, -1):
        cloud = points[targets == sign]
        assert len(cloud) == 20_000
        assert cloud.mean(axis=0) == pytest.approx([2 * sign, 2 * sign], abs=0.06)
        assert cloud.var(axis=0) == pytest.approx([variance, variance], rel=0.05)


def test_spiral_points_lie_on_their_arms():
    points, targets = everything("spiral", size=500)

    for sign, turned in ((1, 0), (-1, np.pi)):
        i = np.arange(250)
        r, t = 5 * i / 250, 3.5 * np.pi * i / 250 + turned
        arm = np.column_stack([r * np.sin(t), r * np.cos(t)])
        found = points[targets == sign]
        by_radius = found[np.hypot(*found.T).argsort()]
        assert by_radius == pytest.approx(arm, abs=1e-12)


def test_spiral_noise_moves_the_point_by_at_most_the_noise():
    still, moved = load("spiral"), load("spiral", noise=30)
    away = np.abs(moved.train.inputs - still.train.inputs)

    assert 0.25 < away.max() <= 0.3
    assert np.array_equal(moved.train.targets, still.train.targets)


def test_plane_is_a_tenth_of_the_sum():
    points, targets = everything("plane")

    assert targets == pytest.approx((points[:, 0] + points[:, 1]) / 10)
    assert 5.9 < np.abs(points).max() <= 6


@pytest.mark.parametrize(
    ("centre", "sign"),
    [((-4, 2.5), 1), ((0, 2.5), -1), ((4, 2.5), 1), ((-4, -2.5), -1), ((0, -2.5), 1), ((4, -2.5), -1)],
)
def test_multi_gauss_has_six_bumps_of_radius_two(centre, sign):
    points, targets = everything("multi-gauss", size=20_000)
    distance = np.hypot(*(points - centre).T)
    near = distance < 1.9  # neighbours are 4 away, so no other bump is larger here

    assert near.sum() > 100
    assert targets[near] == pytest.approx(sign * (1 - distance[near] / 2))


def test_multi_gauss_is_zero_away_from_all_bumps():
    points, targets = everything("multi-gauss", size=5000)
    far = np.abs(points[:, 1]) > 4.5

    assert far.sum() > 100
    assert not targets[far].any()
    assert not np.signbit(targets[far]).any()


@pytest.mark.parametrize("name", ["circle", "xor", "plane", "multi-gauss"])
def test_noise_moves_the_target_and_not_the_point(name):
    still, noisy = everything(name), everything(name, noise=50)

    assert np.array_equal(still[0], noisy[0])
    assert np.mean(still[1] != noisy[1]) > 0.02


def test_noise_of_the_plane_is_at_most_its_share_of_the_edge():
    still, noisy = everything("plane"), everything("plane", noise=10)
    away = np.abs(noisy[1] - still[1])

    assert 0.1 < away.max() <= 2 * 6 * 0.1 / 10


def test_noise_of_the_circle_reaches_as_far_as_its_share_of_the_radius():
    points, targets = everything("circle", size=20_000, noise=20)
    radius = np.hypot(*points.T)
    reach = 0.2 * 5 * np.sqrt(2)

    assert np.all(targets[radius < 2.5 - reach] == 1)
    assert np.all(targets[radius > 2.5 + reach] == -1)
    assert np.any(targets[radius < 2.5] == -1)
    assert np.any(targets[radius > 3.5] == 1)


@pytest.mark.parametrize("name", [*CLASSIFICATION, *REGRESSION, "moons", "rings"])
def test_the_same_seed_gives_the_same_data_and_another_seed_gives_other(name):
    first, again, other = load(name, noise=10), load(name, noise=10), load(name, noise=10, seed=8)

    assert np.array_equal(first.train.inputs, again.train.inputs)
    assert np.array_equal(first.test.targets, again.test.targets)
    assert not np.array_equal(first.train.inputs, other.train.inputs)


@pytest.mark.parametrize("name", [*CLASSIFICATION, *REGRESSION, "moons", "rings"])
@pytest.mark.parametrize("size", [2, 7, 100])
def test_size_is_kept_even_if_it_is_odd_or_small(name, size):
    points, targets = everything(name, size=size)

    assert points.shape == (size, 2)
    assert targets.shape == (size,)
    assert np.isfinite(points).all()


def test_generators_leave_their_numbers_as_they_are_unless_asked():
    assert load("plane").scaling is None

    asked = load("plane", standardise=True)
    assert asked.train.inputs.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert asked.train.targets.std() == pytest.approx(1)
