"""The table of what can be chosen: every row reads, changes and writes its setting."""

import pytest

from mgrad.datasets import catalogue
from mgrad.engine.losses import LOSSES
from mgrad.engine.network import ACTIVATIONS, INITS
from mgrad.engine.optimizers import OPTIMIZERS
from mgrad.engine.schedules import SCHEDULES
from mgrad.tui.choices import Number, Pick, Row, Setup
from mgrad.tui.settings import Settings, build, complete, load_data
from mgrad.tui.setup_table import ROWS, lower

CIRCLE = load_data(Settings())
START = Setup(complete(Settings(layers=(4,) * 8), CIRCLE), 500.0)
NUMBERS = [row for row in ROWS.values() if row.number]
PICKS = [row for row in ROWS.values() if row.pick]


def number_of(row: Row) -> Number:
    assert row.number
    return row.number


def pick_of(row: Row) -> Pick:
    assert row.pick
    return row.pick


def listed(key: str) -> list[str]:
    return [option.name for option in pick_of(ROWS[key]).options(START, None)]


def test_lists_are_the_tables_of_the_engine_and_the_catalogue() -> None:
    assert listed("data") == [entry.name for entry in catalogue()]
    assert listed("output") == listed("layer1") == list(ACTIVATIONS)
    assert listed("init") == list(INITS)
    assert listed("optimizer") == list(OPTIMIZERS)
    assert listed("schedule") == list(SCHEDULES)
    assert listed("loss") == list(LOSSES)


def test_only_losses_that_suit_the_data_are_listed() -> None:
    plane = load_data(Settings(data="plane"))

    names = [option.name for option in pick_of(ROWS["loss"]).options(START, plane)]

    assert names == [loss.name for loss in LOSSES.values() if "regression" in loss.problems]
    assert len(names) < len(LOSSES)


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.key)
def test_a_number_goes_up_its_ladder_and_down_again(row: Row) -> None:
    number = number_of(row)
    setup = number.put(START, number.ladder[1])

    up = number.moved(setup, 1)

    assert number.get(up) == number.ladder[2]
    assert number.get(number.moved(up, -1)) == number.ladder[1]


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.key)
def test_a_ladder_has_ends(row: Row) -> None:
    number = number_of(row)
    low, high = (number.put(START, end) for end in (number.ladder[0], number.ladder[-1]))

    assert number.moved(low, -1) == low
    assert number.moved(high, 1) == high


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.key)
def test_a_number_fits_its_cell(row: Row) -> None:
    number = number_of(row)

    assert all(len(number.text(number.put(START, rung))) <= 10 for rung in number.ladder)


def test_a_number_between_two_rungs_goes_to_the_next_one() -> None:
    rate = number_of(ROWS["learning_rate"])
    setup = rate.put(START, 0.05)

    assert rate.get(rate.moved(setup, 1)) == 0.1
    assert rate.get(rate.moved(setup, -1)) == 0.03


@pytest.mark.parametrize("row", PICKS, ids=lambda row: row.key)
def test_going_through_a_list_comes_back_to_its_start(row: Row) -> None:
    pick = pick_of(row)
    setup = START
    for _ in pick.options(START, CIRCLE):
        setup = pick.moved(setup, 1, CIRCLE)

    assert pick.get(setup) == pick.get(START)


@pytest.mark.parametrize("row", [row for row in PICKS if row.key != "data"], ids=lambda row: row.key)
def test_every_choice_can_be_built(row: Row) -> None:
    pick = pick_of(row)
    for option in pick.options(START, CIRCLE):
        build(pick.put(START, option.name).settings, CIRCLE)


def test_a_new_layer_is_like_the_last_one() -> None:
    layers = number_of(ROWS["layers"])
    start = Setup(Settings(layers=(4, 2), activation=("tanh", "relu")), None)

    setup = layers.moved(start, 1)

    assert setup.settings.layers == (4, 2, 2)
    assert setup.settings.activations == ("tanh", "relu", "relu")


def test_all_layers_can_be_taken_away() -> None:
    setup = number_of(ROWS["layers"]).put(START, 0)

    assert build(setup.settings, CIRCLE).net.sizes == [1]
    assert number_of(ROWS["layers"]).put(setup, 1).settings.layers == (4,)


def test_a_layer_has_its_own_size_and_activation() -> None:
    row = ROWS["layer2"]

    setup = pick_of(row).put(number_of(row).put(START, 7), "relu")

    assert setup.settings.layers[:3] == (4, 7, 4)
    assert setup.settings.activations[:3] == ("tanh", "relu", "tanh")


def test_another_loss_chooses_its_output_again() -> None:
    setup = pick_of(ROWS["loss"]).put(START, "bce")

    assert complete(setup.settings, CIRCLE).output == "linear"


@pytest.mark.parametrize(
    ("key", "typed", "allowed"), [("batch_size", 2.5, False), ("batch_size", 7.0, True), ("noise", 51.0, False)]
)
def test_a_typed_number_must_fit(key: str, typed: float, allowed: bool) -> None:
    assert (number_of(ROWS[key]).problem(typed) is None) == allowed


def test_something_else_than_a_number_is_said_to_be_none() -> None:
    assert number_of(ROWS["noise"]).problem(None) == "must be a number from 0 to 50."


def test_there_is_no_rate_below_the_lowest() -> None:
    assert lower(0.1) == 0.03
    assert lower(0.00001) is None


def test_data_that_takes_no_noise_has_no_row_for_it() -> None:
    iris = pick_of(ROWS["data"]).put(START, "iris")

    assert ROWS["noise"].shown(START)
    assert not ROWS["noise"].shown(iris)


def test_ones_own_table_stays_in_the_list_with_its_target() -> None:
    opened = Settings(data="mine.csv", target="kind")
    data = pick_of(ROWS["data"])
    setup = Setup(opened, None, opened)

    away = data.put(setup, "circle")
    back = data.put(away, data.options(away, None)[0].name)

    assert away.settings.target is None
    assert (back.settings.data, back.settings.target) == ("mine.csv", "kind")
