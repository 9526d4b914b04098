"""Python's collector while a graph is made and lowered: it rests, and afterwards has nothing large to look through."""

import gc
from collections.abc import Iterator

import pytest

from mgrad.engine.collector import FROZEN_BY_PYTHON, MANY, collector_resting


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """The collector as a program finds it, and nothing new that it would have to look through."""
    was_enabled = gc.isenabled()
    gc.enable()
    gc.unfreeze()
    gc.collect()
    yield
    gc.unfreeze()
    (gc.enable if was_enabled else gc.disable)()


def young(thing: object) -> bool:
    return any(each is thing for each in gc.get_objects(generation=0))


def test_many_things_are_old_at_once() -> None:
    with collector_resting():
        assert not gc.isenabled()
        things = [[k] for k in range(MANY + 1)]

    assert gc.isenabled()
    assert not young(things)


def test_a_few_are_left_to_the_collector_unless_they_are_said_to_be_large() -> None:
    with collector_resting():
        small = [object()]
    with collector_resting(large=True):
        large = [object()] * MANY

    assert not young(large)
    assert not young(small)  # what was there before them is as old
    with collector_resting():
        other = [object()]
    assert young(other)


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()

    with collector_resting(large=True):
        large = [object()] * MANY

    assert gc.get_freeze_count() > FROZEN_BY_PYTHON
    assert young(large)


def test_an_error_wakes_the_collector() -> None:
    with pytest.raises(ValueError, match="on the way"), collector_resting():
        raise ValueError("on the way")

    assert gc.isenabled()
