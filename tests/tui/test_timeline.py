"""The moments of a run: thinned, but never without the first and the newest."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import MLP, Trainer
from mgrad.engine.commands import Replace
from mgrad.engine.training import Snapshot
from mgrad.tui.timeline import Timeline

TRAINER = Trainer(MLP(2, [1], seed=1), ([[0, 1], [1, 0]], [1, -1]), batch_size=1, executor="numpy")


def moments(count: int) -> list[Snapshot]:
    found = [TRAINER.snapshot()]
    for _ in range(count - 1):
        TRAINER.step()
        found.append(TRAINER.snapshot())
    return found


MOMENTS = moments(60)


@given(st.integers(1, 60), st.integers(4, 20))
def test_there_are_never_too_many_and_the_ends_are_kept(count: int, most: int) -> None:
    line = Timeline(most=most)
    for moment in MOMENTS[:count]:
        line.add(moment)

    steps = [moment.step for moment in line.moments]
    assert len(line) <= most
    assert steps == sorted(set(steps))
    assert (line[0], line[len(line) - 1]) == (MOMENTS[0], MOMENTS[count - 1])
    gaps = [after - before for before, after in pairwise(steps)]
    assert not gaps or max(gaps) <= 16 * -(-count // most)


def test_memory_is_limited_too() -> None:
    line = Timeline(most_bytes=5 * MOMENTS[0].nbytes)
    for moment in MOMENTS:
        line.add(moment)

    assert 2 <= len(line) <= 5


def test_samples_count_where_they_were_exchanged_since() -> None:
    trainer = Trainer(MLP(2, [1], seed=1), (np.ones((100, 2)), np.ones(100)), batch_size=1, executor="numpy")
    line = Timeline(most_bytes=60_000)
    for _ in range(50):
        trainer.step()
        line.add(trainer.snapshot())
    assert len(line) == 50, "samples that never change are the run's own"

    for number in range(50):
        trainer.ask(Replace((np.full((100, 2), number), np.ones(100))))
        trainer.step()
        line.add(trainer.snapshot())

    assert 3 <= len(line) <= 1 + 60_000 // line[0].samples_nbytes
    assert line.nbytes <= 60_000


def test_a_moment_of_the_same_step_takes_the_place_of_the_last() -> None:
    line = Timeline()
    for moment in (MOMENTS[0], MOMENTS[1], MOMENTS[1]):
        line.add(moment)

    assert line.moments == (MOMENTS[0], MOMENTS[1])


def test_what_came_after_a_moment_can_be_forgotten() -> None:
    line = Timeline()
    for moment in MOMENTS[:9]:
        line.add(moment)

    line.cut(4)

    assert line.moments == tuple(MOMENTS[:5])


def test_the_nearest_moment() -> None:
    line = Timeline()
    for moment in MOMENTS[::10]:
        line.add(moment)

    assert [line.nearest(step) for step in (0, 4, 6, 29.5, 1000)] == [0, 0, 1, 3, 5]
