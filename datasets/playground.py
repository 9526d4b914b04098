"""The six sets of TensorFlow Playground, each by its formula.

Source: https://github.com/tensorflow/playground, src/dataset.ts. The noise is a part of one, 0 to 0.5. In circle,
xor, plane and multi-gauss it moves only the place at which the target is read, not the point that is shown; in gauss
and spiral it moves the point. The numbers differ from the web page's, since its random numbers have no seed here.
"""

import numpy as np

from mgrad.datasets.formula import Formula, Points

CIRCLE_RADIUS = 5.0
PLANE_EDGE = 6.0
XOR_GAP = 0.3
BUMPS = np.array([[-4, 2.5], [0, 2.5], [4, 2.5], [-4, -2.5], [0, -2.5], [4, -2.5]])
BUMP_SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def draw_circle(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Half the points within radius 2.5, half in a ring of radius 3.5 to 5; +1 where read within 2.5."""
    inner, outer = _halves(size)
    radius = np.concatenate(
        [
            generator.uniform(0, 0.5 * CIRCLE_RADIUS, inner),
            generator.uniform(0.7 * CIRCLE_RADIUS, CIRCLE_RADIUS, outer),
        ]
    )
    angle = generator.uniform(0, 2 * np.pi, size)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    read_at = points + noise * generator.uniform(-CIRCLE_RADIUS, CIRCLE_RADIUS, (size, 2))
    return points, _sign(np.hypot(read_at[:, 0], read_at[:, 1]) < 0.5 * CIRCLE_RADIUS)


def draw_xor(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Points in [-5, 5]², pushed 0.3 away from both axes; +1 where x and y, as read, have the same sign."""
    points = generator.uniform(-5, 5, (size, 2))
    points += np.where(points > 0, XOR_GAP, -XOR_GAP)
    read_at = points + noise * generator.uniform(-5, 5, (size, 2))
    return points, _sign(read_at[:, 0] * read_at[:, 1] >= 0)


def draw_gauss(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Two clouds: +1 around (2, 2), -1 around (-2, -2), of variance 0.5 + 7 noise in each direction."""
    plus, minus = _halves(size)
    deviation = np.sqrt(0.5 + 7 * noise)
    targets = np.concatenate([np.ones(plus), -np.ones(minus)])
    return 2 * targets[:, np.newaxis] + generator.normal(0, deviation, (size, 2)), targets


def draw_spiral(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Two arms of 1.75 turns from the centre to radius 5, the second (-1) turned by half a turn."""
    arms = []
    for count, turned in zip(_halves(size), (0.0, np.pi), strict=True):
        along = np.arange(count) / count
        angle = 3.5 * np.pi * along + turned
        arms.append(5 * along[:, np.newaxis] * np.column_stack([np.sin(angle), np.cos(angle)]))
    points = np.concatenate(arms) + noise * generator.uniform(-1, 1, (size, 2))
    return points, np.concatenate([np.ones(len(arms[0])), -np.ones(len(arms[1]))])


def draw_plane(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Points in [-6, 6]² whose target is (x + y) / 10 where it is read."""
    points, read_at = _scatter(size, noise, generator)
    return points, read_at.sum(axis=1) / 10


def draw_multi_gauss(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    """Six bumps, + - + above and - + - below, each max(0, 1 - d/2) at distance d from its centre.

    The target is the bump that is largest in size where it is read, with its sign.
    """
    points, read_at = _scatter(size, noise, generator)
    distance = np.linalg.norm(read_at[:, np.newaxis, :] - BUMPS, axis=2)
    heights = BUMP_SIGNS * np.maximum(0, 1 - distance / 2)
    largest = np.abs(heights).argmax(axis=1)
    # Adding 0 turns -0 into 0: a point away from every bump has no sign.
    return points, heights[np.arange(size), largest] + 0.0


def _scatter(size: int, noise: float, generator: np.random.Generator) -> tuple[Points, Points]:
    points = generator.uniform(-PLANE_EDGE, PLANE_EDGE, (size, 2))
    return points, points + noise * generator.uniform(-PLANE_EDGE, PLANE_EDGE, (size, 2))


def _halves(size: int) -> tuple[int, int]:
    return size - size // 2, size // 2


def _sign(positive: np.ndarray) -> Points:
    return np.where(positive, 1.0, -1.0)


PLAYGROUND = (
    Formula("circle", "classification", "Circle in a ring", 500, draw_circle),
    Formula("xor", "classification", "Exclusive or of signs", 500, draw_xor),
    Formula("gauss", "classification", "Two clouds", 500, draw_gauss),
    Formula("spiral", "classification", "Two spiral arms", 500, draw_spiral),
    Formula("plane", "regression", "Inclined plane", 1200, draw_plane),
    Formula("multi-gauss", "regression", "Six bumps", 1200, draw_multi_gauss),
)
