"""The run behind the screen: commands are applied between chunks, in order, and what is seen is frozen."""

import asyncio
import threading
from dataclasses import replace

import numpy as np
import pytest

from mgrad.engine import executors
from mgrad.engine.stops import Stop
from mgrad.tui import session as session_module
from mgrad.tui.session import Session
from mgrad.tui.settings import Settings, build
from mgrad.tui.view import State
from tests.tui.driver import WaitUntil

DIVERGES = Settings(data="plane", activation="linear", output="linear", learning_rate=10.0)


def steps(session: Session) -> int:
    snapshot = session.view().snapshot
    assert snapshot
    return snapshot.step


def text_of(session: Session) -> str:
    message = session.view().message
    return "  ".join(message.sentences) if message else ""


async def test_it_starts_paused_at_step_0(session: Session) -> None:
    assert session.view().state is State.PAUSED
    assert steps(session) == 0


async def test_running_and_pausing(session: Session, wait_until: WaitUntil) -> None:
    session.go()
    await wait_until(lambda: steps(session) > 10)
    assert session.view().state is State.RUNNING

    session.pause()
    await asyncio.sleep(0)
    assert session.view().state is State.PAUSED


async def test_what_a_step_takes_is_told_at_full_speed_alone(session: Session, wait_until: WaitUntil) -> None:
    session.go()
    await wait_until(lambda: session.view().measured)
    assert session.view().step_seconds is None

    session.set_speed(None)
    await wait_until(lambda: session.view().step_seconds)
    session.pause()
    await wait_until(lambda: session.idle)
    assert session.view().step_seconds

    session.set_speed(500.0)
    assert session.view().step_seconds is None


async def test_what_is_shown_after_a_pause_is_where_the_trainer_stands(session: Session, wait_until: WaitUntil) -> None:
    for _ in range(5):  # in mid-run there is a look now and then; a pause comes between two of them
        before = steps(session)
        session.go()
        await wait_until(lambda before=before: (run := session.view().run) and run.trainer.step_count > before)
        session.pause()
        await wait_until(lambda: session.idle)

        run = session.view().run
        assert run
        assert steps(session) == run.trainer.step_count


async def test_a_look_just_before_a_pause_is_at_the_newest_moment_too(session: Session, wait_until: WaitUntil) -> None:
    session.set_speed(20.0)
    session.go()
    await wait_until(lambda: (view := session.view()).sight and view.snapshot is not session._snapshot)
    session.look(sample=1)  # is asked of the moment that is shown, and the newer one is not looked at meanwhile
    session.pause()
    await wait_until(lambda: session.idle)

    view = session.view()
    assert view.snapshot is session._snapshot
    assert view.sight
    assert view.sight.look.sample == 1


async def test_the_map_shows_what_is_chosen_also_where_the_mouse_rests_on_something_else(
    session: Session, wait_until: WaitUntil
) -> None:
    session.look(glance="layer1.neuron1")
    assert session.view().look.mapped == "layer1.neuron1"
    session.look(label="layer1.neuron2")
    await wait_until(lambda: session.idle)
    sight = session.view().sight
    assert sight
    assert sight.plane
    assert sight.plane.label == "layer1.neuron2"


@pytest.mark.parametrize("end", ["close", "cancel", "fault"])
async def test_threads_end_with_the_session(wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    before = set(threading.enumerate())
    session = Session(Settings())
    task = asyncio.create_task(session.live())
    await wait_until(lambda: session.idle)
    assert {each.name for each in set(threading.enumerate()) - before} >= {"mgrad trainer", "mgrad looker"}

    if end == "close":
        session.close()
    elif end == "cancel":
        task.cancel()
    else:
        monkeypatch.setattr(session_module.work, "advance", None)
        session.step()
    await asyncio.wait([task])

    await wait_until(lambda: set(threading.enumerate()) <= before)
    assert (task.exception() is not None) == (end == "fault") if not task.cancelled() else end == "cancel"


async def test_a_session_that_is_never_run_has_no_threads() -> None:
    before = threading.active_count()
    Session(Settings())

    assert threading.active_count() == before


async def test_a_step_is_one_batch_and_an_epoch_all_of_them(session: Session, wait_until: WaitUntil) -> None:
    session.step()
    await wait_until(lambda: steps(session) == 1)

    session.epoch()
    await wait_until(lambda: steps(session) == 25)


async def test_a_step_pauses(session: Session, wait_until: WaitUntil) -> None:
    session.go()
    session.step()
    await wait_until(lambda: session.idle)

    assert steps(session) == 1


async def test_the_screen_trains_the_same_bits_as_a_trainer(session: Session, wait_until: WaitUntil) -> None:
    session.go()
    await wait_until(lambda: steps(session) > 100)
    session.step()
    await wait_until(lambda: session.idle)
    snapshot = session.view().snapshot
    assert snapshot

    trainer = build(Settings())
    trainer.run(steps=snapshot.step)

    assert np.array_equal(trainer.snapshot().parameters, snapshot.parameters)


async def test_rewinding_is_the_same_start(session: Session, wait_until: WaitUntil) -> None:
    start = session.view().snapshot
    session.epoch()
    await wait_until(lambda: steps(session) == 25)

    session.rewind()
    await wait_until(lambda: steps(session) == 0)

    again = session.view().snapshot
    assert start
    assert again
    assert np.array_equal(start.parameters, again.parameters)


async def test_the_rate_changes_without_a_new_start(session: Session, wait_until: WaitUntil) -> None:
    session.epoch()
    session.change(replace(session.view().wanted, learning_rate=0.1))
    await wait_until(lambda: session.idle)

    view = session.view()
    assert steps(session) == 25
    assert view.run
    assert view.run.trainer.learning_rate == 0.1


async def test_another_network_starts_again_and_goes_on_running(session: Session, wait_until: WaitUntil) -> None:
    session.go()
    await wait_until(lambda: steps(session) > 0)

    session.change(replace(session.view().wanted, layers=(3,)))
    await wait_until(lambda: (run := session.view().run) and run.settings.layers == (3,) and steps(session) > 0)

    assert session.view().state is State.RUNNING


async def test_of_many_changes_the_last_one_counts(session: Session, wait_until: WaitUntil) -> None:
    for size in range(1, 20):
        session.change(replace(session.view().wanted, layers=(size,)))
    assert session.view().wanted.layers == (19,)
    await wait_until(lambda: session.idle)

    run = session.view().run
    assert run
    assert run.trainer.net.sizes == [19, 1]


async def test_loss_and_outputs_follow_the_data_and_back(session: Session, wait_until: WaitUntil) -> None:
    session.change(replace(session.view().wanted, data="iris"))
    await wait_until(lambda: session.idle)
    assert session.view().wanted.loss == "softmax"
    assert text_of(session) == "iris has 3 classes: 3 linear outputs, loss softmax."

    session.change(replace(session.view().wanted, data="xor"))
    await wait_until(lambda: session.idle)
    assert session.view().wanted.loss == "half_mse"
    assert text_of(session) == "xor has 2 classes: 1 tanh output, loss half_mse."


async def test_what_cannot_be_built_is_said_and_leaves_the_run_as_it_was(
    session: Session, wait_until: WaitUntil
) -> None:
    session.epoch()
    session.change(replace(session.view().wanted, data="nowhere.csv"))
    await wait_until(lambda: text_of(session) and session.idle)

    assert "nowhere.csv" in text_of(session)
    assert session.view().wanted.data == "circle"
    assert steps(session) == 25


async def test_a_number_that_is_not_finite_stops_the_run(session: Session, wait_until: WaitUntil) -> None:
    session.change(DIVERGES)
    session.go()
    await wait_until(lambda: session.view().failure)

    view = session.view()
    assert view.state is State.NOT_FINITE
    assert view.failure
    assert view.failure.label in text_of(session)
    assert "Try [ for 3, then r to rewind." in text_of(session)
    assert view.snapshot
    assert np.isfinite(view.snapshot.parameters).all()


async def test_after_a_rewind_nothing_is_left_of_the_failure(session: Session, wait_until: WaitUntil) -> None:
    session.change(DIVERGES)
    session.epoch()
    await wait_until(lambda: session.view().failure)

    session.change(replace(DIVERGES, learning_rate=0.01))
    session.rewind()
    await wait_until(lambda: session.idle)

    assert session.view().state is State.PAUSED
    assert session.view().message is None


@pytest.mark.parametrize("speed", [1.0, 1000.0, None])
async def test_it_is_paused_at_once_at_any_speed(session: Session, wait_until: WaitUntil, speed: float | None) -> None:
    session.set_speed(speed)
    session.go()
    await wait_until(lambda: steps(session) > 0)

    session.pause()
    await wait_until(lambda: session.idle)
    session.step()
    await wait_until(lambda: session.idle)
    before = steps(session)
    session.step()
    await wait_until(lambda: session.idle)

    assert steps(session) == before + 1


async def test_while_kernels_compile_it_says_so_and_takes_commands(
    wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = threading.Event()
    monkeypatch.setattr(executors, "ready", lambda: False)
    monkeypatch.setattr(executors, "prepare", compiled.wait)
    session = Session(Settings())
    task = asyncio.create_task(session.live())

    await wait_until(lambda: session.view().state is State.COMPILING)
    session.epoch()
    compiled.set()
    await wait_until(lambda: session.idle)

    assert steps(session) == 25
    session.close()
    await task


async def test_closing_does_not_wait_for_the_compiler(wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = threading.Event()
    monkeypatch.setattr(executors, "ready", lambda: False)
    monkeypatch.setattr(executors, "prepare", compiled.wait)
    session = Session(Settings())
    task = asyncio.create_task(session.live())
    await wait_until(lambda: session.view().state is State.COMPILING)

    session.close()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    compiled.set()


async def test_settings_that_cannot_be_built_give_way_to_those_that_can(wait_until: WaitUntil) -> None:
    session = Session(Settings(data="nowhere.csv"))
    task = asyncio.create_task(session.live())
    await wait_until(lambda: session.idle)

    assert session.view().wanted.data == "circle"
    session.close()
    await task


async def test_a_short_moment_of_work_is_not_worth_a_word(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "UNNOTICED_SECONDS", 1000.0)

    session.rewind()
    await asyncio.sleep(0)

    assert session.view().state is State.PAUSED


async def test_a_rate_that_is_changed_in_the_past_holds_from_that_moment_on(
    session: Session, wait_until: WaitUntil
) -> None:
    session.epoch(2)
    session.epoch()
    await wait_until(lambda: session.idle)
    session.first()
    session.change(replace(session.view().wanted, learning_rate=0.1))
    await wait_until(lambda: session.idle)

    view = session.view()
    assert view.run
    assert (view.state, view.moments, steps(session)) == (State.PAUSED, 1, 0)
    assert (view.wanted.learning_rate, view.run.trainer.learning_rate) == (0.1, 0.1)
    session.epoch()
    await wait_until(lambda: session.idle)
    assert session.view().run
    assert view.run.trainer.learning_rate == 0.1


async def test_going_on_from_the_past_brings_back_what_was_live_then_and_the_set_up_says_so(
    session: Session, wait_until: WaitUntil
) -> None:
    session.epoch()
    await wait_until(lambda: session.idle)
    session.change(replace(session.view().wanted, learning_rate=0.1, batch_size=50, l1=0.01))
    session.set_stop(Stop(epochs=9))
    session.epoch()
    await wait_until(lambda: session.idle)
    session.first()
    session.step()
    await wait_until(lambda: session.idle)

    view = session.view()
    assert view.run
    trainer = view.run.trainer
    assert (trainer.learning_rate, trainer.batch_size, trainer.l1) == (0.03, 10, 0.0)
    assert (view.wanted.learning_rate, view.wanted.batch_size, view.wanted.l1) == (0.03, 10, 0.0)
    assert view.stop == trainer.stop == Stop(epochs=9)


async def test_a_moment_of_a_run_that_is_no_more_is_not_gone_on_from(session: Session, wait_until: WaitUntil) -> None:
    session.epoch()
    await wait_until(lambda: session.idle)
    session.first()
    session.change(replace(session.view().wanted, layers=(3,)))
    session.step()
    await wait_until(lambda: session.idle)

    view = session.view()
    assert view.run
    assert (view.run.trainer.net.sizes, steps(session)) == ([3, 1], 1)
