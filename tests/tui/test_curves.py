"""Curves are thinned without losing what matters, and stand on axes that hold them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine.commands import Edit
from mgrad.tui import curves
from mgrad.tui.settings import Settings, build

losses = st.lists(st.floats(min_value=1e-9, max_value=1e9), min_size=1, max_size=400)


@given(losses, st.integers(min_value=2, max_value=50))
def test_thinning_keeps_extremes_order_and_end(numbers: list[float], buckets: int) -> None:
    y = np.array(numbers)
    x = np.arange(len(y), dtype=float)

    thin_x, thin_y = curves.thin(x, y, buckets)

    assert len(thin_x) <= 2 * buckets + 1
    assert thin_y.min() == y.min()
    assert thin_y.max() == y.max()
    assert (np.diff(thin_x) > 0).all()
    assert thin_x[-1] == x[-1]


def test_numbers_that_are_not_finite_are_not_drawn() -> None:
    x, y = curves.thin(np.arange(4.0), np.array([1.0, np.nan, np.inf, 2.0]), 10)

    assert x.tolist() == [0.0, 3.0]
    assert y.tolist() == [1.0, 2.0]


@given(losses)
def test_a_logarithmic_axis_holds_its_series_and_has_ticks(numbers: list[float]) -> None:
    series = curves.logarithm(np.array(numbers))

    axis = curves.log_axis(series)

    assert axis.low <= series.min() <= series.max() <= axis.high
    assert axis.ticks
    assert all(len(text) <= 5 for _, text in axis.ticks)


def test_a_loss_of_zero_stands_at_the_foot() -> None:
    assert curves.logarithm(np.array([0.0])).tolist() == [-12.0]


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=50))
def test_an_axis_of_shares_ends_at_all(shares: list[float]) -> None:
    axis = curves.percent_axis(np.array(shares))

    assert axis.low <= min(shares)
    assert axis.high == 1.0
    assert axis.ticks[-1][1] == "100"


@given(st.floats(min_value=1, max_value=1e6))
def test_epochs_have_few_round_ticks(last: float) -> None:
    ticks = curves.epoch_ticks(last)

    assert ticks[0] == 0
    assert 1 <= len(ticks) <= 5
    assert ticks[-1] <= last


@given(st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=5))
def test_names_stand_apart_in_their_order(wanted: list[int]) -> None:
    rows = curves.apart(wanted, 10)

    assert len(set(rows)) == len(wanted)
    assert all(0 <= row < 10 for row in rows)
    assert sorted(range(len(wanted)), key=wanted.__getitem__) == sorted(range(len(wanted)), key=rows.__getitem__)


def test_a_curve_ends_at_the_moment_also_in_the_midst_of_an_epoch_and_after_an_edit() -> None:
    trainer = build(Settings(data="circle", size=40, layers=(3,), batch_size=5))
    trainer.run(epochs=2)
    whole = trainer.snapshot()
    trainer.ask(Edit("layer1.neuron1.w1", 5.0))
    trainer.apply()
    edited = trainer.snapshot()
    trainer.run(steps=1)
    later = trainer.snapshot()

    ends = [curves.up_to_now(each, each.curve.train, each.train.loss) for each in (whole, edited, later)]

    assert [x.tolist() for x, _ in ends] == [[0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 2.25]]
    assert [y[-1] for _, y in ends] == [each.train.loss for each in (whole, edited, later)]
    assert edited.train.loss != whole.train.loss
