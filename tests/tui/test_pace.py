"""Steps come at the speed that was chosen."""

import pytest

from mgrad.tui.pace import PATIENCE, SPEEDS, Pace


@pytest.mark.parametrize("speed", [speed for speed in SPEEDS if speed is not None])
def test_a_speed_is_kept_over_a_while(speed: float) -> None:
    pace, now = Pace(speed, start=0.0), 0.0
    total = 0
    while now < 10.0:
        steps = pace.due(now)
        total += steps
        pace.done += steps
        now += 0.02

    assert total == pytest.approx(10 * speed, abs=1 + speed * 0.03)


def test_the_first_step_comes_at_once() -> None:
    assert Pace(1.0, start=5.0).due(5.0) == 1


def test_what_is_long_overdue_is_dropped() -> None:
    pace = Pace(100.0, start=0.0)

    steps = pace.due(60.0)
    pace.done += steps

    assert steps == 100 * PATIENCE
    assert pace.due(60.0) == 0


def test_waiting_ends_when_a_step_is_due() -> None:
    pace = Pace(10.0, start=0.0, done=1)

    wait = pace.wait(0.03)

    assert pace.due(0.03) == 0
    assert pace.due(0.03 + wait) == 1
