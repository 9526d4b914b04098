"""Numbers on screen keep their width, whatever they are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgrad.tui import formats

anything = st.floats(allow_nan=True, allow_infinity=True)


@given(anything)
def test_a_value_is_always_seven_cells_wide_and_begins_with_its_sign(x: float) -> None:
    text = formats.value(x)

    assert len(text) == formats.VALUE
    assert text.lstrip()[0] in "+−"


@given(anything)
def test_a_loss_is_always_six_cells_wide(x: float) -> None:
    assert len(formats.loss(x)) == formats.LOSS


@given(st.floats(min_value=0, max_value=1))
def test_an_accuracy_is_three_cells_wide_and_never_rounds_up(share: float) -> None:
    text = formats.accuracy(share)

    assert len(text) == 3
    assert int(text) / 100 <= share + 1e-9


@given(st.integers(min_value=0, max_value=10**15))
def test_counts_keep_their_width(n: int) -> None:
    assert len(formats.count(n, formats.EPOCH)) == formats.EPOCH
    assert len(formats.count(n, formats.STEP)) == formats.STEP


@given(st.one_of(st.none(), st.floats(min_value=0.1, max_value=1e13)))
def test_a_speed_is_always_eight_cells_wide(speed: float | None) -> None:
    assert len(formats.speed(speed)) == formats.SPEED


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_value_says_the_size_that_it_has(x: float) -> None:
    shown = float(formats.value(x).replace("−", "-"))

    assert math.isclose(shown, x, rel_tol=0.5)


@pytest.mark.parametrize("x", [0.03, 1e-5, 10.0, 0.0125, 2.5e-7, 1e9, 300.0, 0.0])
def test_a_setting_reads_back_as_it_was(x: float) -> None:
    assert formats.read(formats.setting(x)) == x


@pytest.mark.parametrize("x", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_said_in_letters(x: float) -> None:
    assert formats.value(x).strip().lstrip("+−") in ("nan", "inf")


def test_accuracy_is_a_hundred_only_when_all_are_right() -> None:
    assert formats.accuracy(9_999_999 / 10_000_000) == " 99"
    assert formats.accuracy(1.0) == "100"
