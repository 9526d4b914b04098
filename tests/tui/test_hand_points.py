"""Samples by hand: one more, one less, and how they are made again."""

import sys
import tracemalloc

import numpy as np
import pytest

from mgrad.datasets import Dataset, load
from mgrad.engine.commands import replay
from mgrad.engine.errors import OptionError
from mgrad.tui import work
from mgrad.tui.hand_points import with_point, without_point
from mgrad.tui.settings import Settings, build


def samples(dataset: Dataset) -> list[list[list[float]]]:
    return [np.column_stack([part.inputs, part.targets]).tolist() for part in (dataset.train, dataset.test)]


def test_one_more_and_one_less() -> None:
    before = load("circle", size=20)
    train, test = samples(before)

    more = with_point(before, 1.5, -2.0, 0)
    less = without_point(more, 3, "test")

    assert samples(more) == [[*train, [1.5, -2.0, -1.0]], test]
    assert samples(less) == [[*train, [1.5, -2.0, -1.0]], test[:3] + test[4:]]
    assert samples(before) == [train, test]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(OptionError, match="data of two inputs, but iris has 4"):
        with_point(load("iris"), 0.0, 0.0, 0)
    with pytest.raises(OptionError, match="no sample 10 in the test part"):
        without_point(load("circle", size=20), 10, "test")
    with pytest.raises(OptionError, match="The last 2 training samples stay"):
        without_point(load("circle", size=4), 0, "train")


@pytest.mark.parametrize("made", ["by a formula", "by nobody knows whom"])
def test_they_are_made_again_by_their_recipe(made: str) -> None:
    dataset = load("circle", size=20)
    if made == "by nobody knows whom":
        object.__setattr__(dataset, "recipe", None)
    for number in range(sys.getrecursionlimit() + 10):
        dataset = without_point(with_point(dataset, number, 1.0, 1), 5, "train")

    assert dataset.recipe
    again = dataset.recipe()

    assert samples(again) == samples(dataset)
    assert again.recipe is dataset.recipe


def test_a_log_of_many_points_is_small_and_makes_the_run_again() -> None:
    asked = Settings(data="spiral", size=2000, layers=(2,))
    dataset = work.load_data(asked)
    run, _ = work.start(asked, dataset, None, "numpy")
    tracemalloc.start()
    for number in range(50):
        run, _ = work.exchange(run, lambda data, number=number: with_point(data, number / 10, 1.0, 1))
        run.trainer.run(steps=1)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    second = build(asked, work.load_data(asked), executor="numpy")
    replay(second, run.trainer.log, 50)

    assert grown < 20 * dataset.train.inputs.nbytes
    assert second.snapshot().parameters.tolist() == run.trainer.snapshot().parameters.tolist()
    assert second.samples.train.shape[1] == len(dataset.train) + 50
