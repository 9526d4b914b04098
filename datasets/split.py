"""Shuffling, and cutting into a train part and a test part."""

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]


def split(
    count: int, train_share: float, generator: np.random.Generator, classes: NDArray[np.float64] | None = None
) -> tuple[Positions, Positions]:
    """Positions of the train samples and of the test samples, in a random order.

    train_share is in percent and rounded down to whole samples; below 100 each part gets at least one. `classes`
    holds the class of each sample: where chance leaves a class out of the train part, one of its samples changes
    place with one of the most frequent class there, as long as that class keeps one.

    >>> train, test = split(10, 70, np.random.default_rng(7))
    >>> len(train), len(test), sorted([*train.tolist(), *test.tolist()]) == list(range(10))
    (7, 3, True)
    """
    order = generator.permutation(count)
    if train_share == 100:
        return order, order[:0]
    cut = min(max(int(count * train_share / 100), 1), count - 1)
    train, test = order[:cut].copy(), order[cut:].copy()
    if classes is not None:
        _bring_in_missing_classes(train, test, classes)
    return train, test


def _bring_in_missing_classes(train: Positions, test: Positions, classes: NDArray[np.float64]) -> None:
    for missing in sorted(set(classes.tolist()) - set(classes[train].tolist())):
        present, counts = np.unique(classes[train], return_counts=True)
        if counts.max() < 2:
            return
        leaves = np.flatnonzero(classes[train] == present[counts.argmax()])[-1]
        enters = np.flatnonzero(classes[test] == missing)[0]
        train[leaves], test[enters] = test[enters], train[leaves]
