"""Moons and rings, by the formulas of scikit-learn's `make_moons` and `make_circles`.

Source: https://scikit-learn.org/stable/datasets/sample_generators.html. Both are stretched to fill the plane
[-6, 6]² as the playground's sets do: rings by 5; moons are centred first (by (0.5, 0.25), the middle of their
bounding box) and stretched by 10/3, so that they reach from -5 to 5 across and from -2.5 to 2.5 in height.
Noise is a normal deviation in the formula's own units, before the stretch: 10 % is scikit-learn's noise=0.1.
scikit-learn's class 0 is -1 here, its class 1 is +1.
"""

import numpy as np

from mgrad.datasets.formula import Formula, Points

MOONS_CENTRE = np.array([0.5, 0.25])
MOONS_STRETCH = 10 / 3
RINGS_STRETCH = 5.0
INNER_RING = 0.5


def draw_moons(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Two half circles that reach into each other: the upper one is -1, the lower one +1."""
    upper, lower = np.linspace(0, np.pi, size // 2), np.linspace(0, np.pi, size - size // 2)
    points = np.concatenate(
        [
            np.column_stack([np.cos(upper), np.sin(upper)]),
            np.column_stack([1 - np.cos(lower), 0.5 - np.sin(lower)]),
        ]
    )
    points += generator.normal(0, noise, points.shape)
    return (points - MOONS_CENTRE) * MOONS_STRETCH, _two_classes(len(upper), len(lower))


def draw_rings(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Two rings around the centre: the outer one is -1, the inner one, half as large (factor 0.5), is +1."""
    outer, inner = _turn(size // 2), _turn(size - size // 2)
    points = np.concatenate([outer, INNER_RING * inner])
    points += generator.normal(0, noise, points.shape)
    return points * RINGS_STRETCH, _two_classes(len(outer), len(inner))


def _turn(count: int) -> Points:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _two_classes(minus: int, plus: int) -> Points:
    return np.concatenate([-np.ones(minus), np.ones(plus)])


SHAPES = (
    Formula("moons", "classification", "Two moons", 500, draw_moons),
    Formula("rings", "classification", "Ring in a ring", 500, draw_rings),
)
