"""Schedules: what the learning rate is at an epoch."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine.errors import OptionError
from mgrad.engine.schedules import SCHEDULES, rate_at

epochs = st.floats(0, 1e7)
schedules = pytest.mark.parametrize("schedule", SCHEDULES)


@pytest.mark.parametrize(
    ("schedule", "epoch", "factor"),
    [
        ("constant", 123.4, 1.0),
        ("step", 99.999, 1.0),
        ("step", 100.0, 0.5),
        ("step", 250.5, 0.25),
        ("step", 1000.0, 2.0**-10),
        ("linear", 500.0, 0.505),
        ("linear", 1000.0, 0.01),
        ("linear", 1e6, 0.01),
        ("cosine", 500.0, 0.505),
        ("cosine", 250.0, 0.01 + 0.99 * (1 + math.sqrt(0.5)) / 2),
        ("cosine", 1000.0, 0.01),
        ("cosine", 1e6, 0.01),
    ],
)
def test_factors(schedule: str, epoch: float, factor: float) -> None:
    assert SCHEDULES[schedule].factor(epoch) == pytest.approx(factor, rel=1e-12)


@schedules
def test_a_run_begins_with_the_rate_that_was_set(schedule: str) -> None:
    assert rate_at(schedule, 0.03, 0) == 0.03


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_rest_is_exactly_one_percent(schedule: str) -> None:
    assert SCHEDULES[schedule].factor(1000) == 0.01


@schedules
@given(epochs, epochs)
def test_a_rate_never_rises(schedule: str, one: float, other: float) -> None:
    early, late = sorted((one, other))

    assert 1.0 >= rate_at(schedule, 1.0, early) >= rate_at(schedule, 1.0, late) >= 0.0


@schedules
@given(st.floats(1e-6, 1e3), st.floats(0, 5000))
def test_the_rate_that_was_set_only_scales(schedule: str, base_rate: float, epoch: float) -> None:
    assert rate_at(schedule, base_rate, epoch) == base_rate * rate_at(schedule, 1.0, epoch)


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
@given(st.floats(0, 999))
def test_smooth_schedules_do_not_jump(schedule: str, epoch: float) -> None:
    factor = SCHEDULES[schedule].factor

    assert factor(epoch) - factor(epoch + 1) == pytest.approx(0.0, abs=0.002)


def test_an_endless_run_does_not_overflow() -> None:
    assert rate_at("step", 0.1, 1e9) == 0.0


def test_rows_are_listed_under_their_own_names_with_a_caption() -> None:
    assert list(SCHEDULES) == ["constant", "step", "linear", "cosine"]
    assert all(schedule.name == name and schedule.caption for name, schedule in SCHEDULES.items())


def test_an_unknown_schedule_gets_the_nearest_name() -> None:
    with pytest.raises(OptionError, match=r"schedule is 'cosin'.*Did you mean 'cosine'"):
        rate_at("cosin", 0.1, 0)
