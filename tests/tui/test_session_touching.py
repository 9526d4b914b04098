"""Touching a run and going back in time: edits, freezes, points, other samples, stops; each is seen at one moment."""

from dataclasses import replace

import numpy as np
import pytest

from mgrad.engine.stops import Stop
from mgrad.tui import wishes, work
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings, load_data
from mgrad.tui.sight import Sight
from mgrad.tui.view import State
from tests.tui.driver import WaitUntil

WEIGHT = "layer1.neuron1.w1"


def text_of(session: Session) -> str:
    message = session.view().message
    return "  ".join(message.sentences) if message else ""


def sight_of(session: Session) -> Sight:
    view = session.view()
    assert view.sight
    assert view.sight.snapshot is view.snapshot
    return view.sight


def weight(session: Session) -> float:
    return sight_of(session).inspection.value(WEIGHT)


async def test_an_edit_is_seen_said_and_taken_back(session: Session, wait_until: WaitUntil) -> None:
    before = weight(session)

    session.touch(wishes.edit(WEIGHT, 0.25))
    await wait_until(lambda: session.idle)
    assert weight(session) == 0.25
    assert f"{WEIGHT}: " in text_of(session)

    session.touch(wishes.undo())
    await wait_until(lambda: session.idle)
    assert weight(session) == before
    assert text_of(session) == f"Undone: the edit of {WEIGHT}."

    session.touch(wishes.undo())
    await wait_until(lambda: session.idle)
    assert text_of(session) == "There is nothing to undo."


async def test_what_cannot_be_edited_is_refused_in_a_sentence(session: Session, wait_until: WaitUntil) -> None:
    session.touch(wishes.edit("layer1.neuron1", 1.0))
    await wait_until(lambda: session.idle)

    assert "layer1.neuron1 is not a parameter" in text_of(session)


async def test_a_frozen_weight_stays_while_the_rest_learns_and_thaws_again(
    session: Session, wait_until: WaitUntil
) -> None:
    before = weight(session)
    session.touch(wishes.freeze((WEIGHT,)))
    session.epoch(3)
    await wait_until(lambda: session.idle)
    assert weight(session) == before
    assert sight_of(session).snapshot.frozen == {WEIGHT}

    session.touch(wishes.freeze((WEIGHT,)))
    session.epoch(3)
    await wait_until(lambda: session.idle)
    assert weight(session) != before


async def test_going_back_shows_that_moment_and_going_on_branches_from_it(
    session: Session, wait_until: WaitUntil
) -> None:
    for _ in range(3):
        session.epoch()
        await wait_until(lambda: session.idle)
    last = sight_of(session).snapshot

    session.back()
    session.back()
    await wait_until(lambda: session.idle)
    view = session.view()
    assert view.state is State.PAST
    assert sight_of(session).snapshot.epoch == 1
    assert 0 < view.past_at < 1

    session.epoch()
    session.epoch()
    await wait_until(lambda: session.idle)
    assert session.view().state is State.PAUSED
    assert sight_of(session).snapshot.epoch == 3
    assert np.array_equal(sight_of(session).snapshot.parameters, last.parameters)
    assert session.view().moments == 4


async def test_the_ends_of_time(session: Session, wait_until: WaitUntil) -> None:
    session.back()
    assert session.view().state is State.PAUSED  # there is nothing before the start

    session.epoch(2)
    await wait_until(lambda: session.idle)
    session.first()
    session.back()
    await wait_until(lambda: session.idle)
    assert sight_of(session).snapshot.step == 0

    session.forward()
    session.forward()
    await wait_until(lambda: session.idle)
    assert session.view().state is State.PAUSED
    assert sight_of(session).snapshot.epoch == 2


async def test_other_samples_leave_the_network_and_the_epoch(session: Session, wait_until: WaitUntil) -> None:
    session.epoch(2)
    await wait_until(lambda: session.idle)
    before, data = sight_of(session).snapshot, session.view().dataset

    session.regenerate()
    await wait_until(lambda: session.idle)

    after = sight_of(session).snapshot
    assert (after.epoch, after.parameters.tolist()) == (2, before.parameters.tolist())
    assert session.view().dataset is not data
    assert after.train.loss != before.train.loss


@pytest.mark.parametrize("way", ["undo", "past"])
async def test_samples_that_come_back_have_the_seed_that_they_were_drawn_with(
    session: Session, wait_until: WaitUntil, way: str
) -> None:
    first = session.view().asked
    for _ in range(2):
        session.epoch()
        session.regenerate()
        await wait_until(lambda: session.idle)
    assert session.view().asked.data_seed == first.seed + 2

    if way == "undo":
        session.touch(wishes.undo())
        session.touch(wishes.undo())
    else:
        session.first()
        session.step()
    await wait_until(lambda: session.idle)

    view = session.view()
    assert view.asked == first
    assert view.run
    assert view.run.trainer.dataset is view.dataset
    session.regenerate()
    assert session.view().asked.data_seed == first.seed + 1


async def test_points_come_and_go(session: Session, wait_until: WaitUntil) -> None:
    def count() -> int:
        points = sight_of(session).points
        assert points
        return int((~points.test).sum())

    session.touch(wishes.add_point(5.0, -5.0, 1))
    await wait_until(lambda: session.idle)
    assert count() == 251

    session.touch(wishes.remove_point(0, "train"))
    session.touch(wishes.remove_point(1, "train"))
    await wait_until(lambda: session.idle)
    assert count() == 249

    session.touch(wishes.undo())
    await wait_until(lambda: session.idle)
    assert count() == 250
    session.rewind()
    await wait_until(lambda: session.idle)
    assert count() == 250


@pytest.mark.parametrize("speed", [500.0, None])
async def test_a_stop_ends_the_run_with_a_sentence(
    session: Session, wait_until: WaitUntil, speed: float | None
) -> None:
    session.set_stop(Stop(epochs=4))
    session.set_speed(speed)
    session.go()
    await wait_until(lambda: session.view().state is State.STOPPED)
    await wait_until(lambda: session.idle)

    assert sight_of(session).snapshot.epoch == 4
    assert text_of(session).startswith("Stopped at epoch 4.")
    session.epoch()
    await wait_until(lambda: session.idle)
    assert sight_of(session).snapshot.epoch == 5
    session.go()  # what has ended a run does not hold the next one
    await wait_until(lambda: sight_of(session).snapshot.epoch > 5)
    assert session.view().state is State.RUNNING


async def test_looking_at_what_is_not_there_is_refused(session: Session, wait_until: WaitUntil) -> None:
    session.look(label="layer9.neuron1")
    assert text_of(session) == "There is no node layer9.neuron1."

    session.look(label=WEIGHT, sample=10_000, part="test")
    await wait_until(lambda: session.idle)
    look = session.view().look
    assert (look.label, look.sample, look.part) == (WEIGHT, 249, "test")


async def test_a_look_outlives_another_run_as_far_as_it_can(session: Session, wait_until: WaitUntil) -> None:
    session.look(label="layer2.neuron2", sample=200)
    session.change(Settings(data="moons", layers=(3, 2), size=100))
    await wait_until(lambda: session.idle)
    assert (session.view().look.label, session.view().look.sample) == ("layer2.neuron2", 49)

    session.change(Settings(layers=()))
    await wait_until(lambda: session.idle)
    assert session.view().look.label == ""


async def test_several_classes_have_winners_and_many_inputs_chosen_axes(
    session: Session, wait_until: WaitUntil
) -> None:
    session.change(Settings(data="iris", layers=(5,)))
    session.look(network=True)
    await wait_until(lambda: session.idle)
    session.look(axes=(2, 3))
    await wait_until(lambda: session.idle)

    sight = sight_of(session)
    assert sight.plane
    assert sight.plane.winners is not None
    assert sight.plane.captions == ("petal length (cm)", "petal width (cm)")
    assert sight.neurons["layer1.neuron5"].shape == (12, 14)
    assert sight.answers
    assert sight.answers.confusion is not None
    assert sight.answers.confusion.sum() == 75


async def test_a_digit_is_a_picture(session: Session, wait_until: WaitUntil) -> None:
    session.change(Settings(data="digits", layers=(4,)))
    await wait_until(lambda: session.idle)

    picture, dataset = sight_of(session).picture, session.view().dataset
    assert picture is not None
    assert dataset
    assert np.array_equal(picture, dataset.train.inputs[0].reshape(8, 8))


async def test_the_history_of_a_node_is_its_value_then(session: Session, wait_until: WaitUntil) -> None:
    session.look(label="layer1.neuron1", sample=3)
    for _ in range(4):
        session.epoch()
        await wait_until(lambda: session.idle)

    sight, run = sight_of(session), session.view().run
    assert run
    assert sight.history is not None
    assert sight.history_epochs is not None
    assert sight.history_epochs.tolist() == [0, 1, 2, 3, 4]
    assert sight.history[-1] == sight.inspection.value("layer1.neuron1")


async def test_the_history_of_a_node_follows_one_sample_through_an_exchange_of_samples(
    session: Session, wait_until: WaitUntil
) -> None:
    session.look(label="x1", sample=3)
    session.epoch()
    session.change(replace(Settings(), data_seed=99))
    session.epoch()
    await wait_until(lambda: session.idle)

    sight = sight_of(session)
    assert sight.history is not None
    assert len(sight.history) >= 3
    assert set(sight.history.tolist()) == {sight.inspection.value("x1")}


async def test_settings_that_are_live_are_logged_and_change_nothing_else(
    session: Session, wait_until: WaitUntil
) -> None:
    session.epoch()
    session.change(replace(Settings(), learning_rate=0.1, l2=0.01))
    session.epoch()
    await wait_until(lambda: session.idle)

    run = session.view().run
    assert run
    assert [entry.step for entry in run.trainer.log] == [25, 25]
    assert sight_of(session).snapshot.epoch == 2


def test_going_back_keeps_the_size_of_batches_that_was_asked_for() -> None:
    settings = Settings(data="truth-xor", train_share=90, batch_size=500)
    run, start = work.start(settings, load_data(settings), None)

    before, _ = work.go_back(run, start, None)

    assert run.trainer.batch_size < 500  # there are not so many samples, but there may be
    assert before.asked.batch_size == 500
