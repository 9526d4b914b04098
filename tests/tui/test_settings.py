"""Settings become a run; what is left open is chosen from the data."""

from dataclasses import replace

import numpy as np
import pytest

from mgrad.datasets import names
from mgrad.engine.errors import DataError, MgradError, OptionError
from mgrad.tui.settings import Settings, adapt, build, complete, count_outputs, load_data


@pytest.mark.parametrize("name", names())
def test_every_dataset_can_be_learned_from_with_the_defaults(name: str) -> None:
    trainer = build(Settings(data=name))

    trainer.run(steps=1)

    assert trainer.step_count == 1


def test_two_classes_are_told_by_one_tanh() -> None:
    settings = complete(Settings(data="circle"), load_data(Settings(data="circle")))

    assert (settings.loss, settings.output) == ("half_mse", "tanh")


def test_several_classes_are_told_by_softmax_over_an_output_each() -> None:
    iris = load_data(Settings(data="iris"))

    settings = complete(Settings(data="iris"), iris)

    assert (settings.loss, settings.output, count_outputs(settings, iris)) == ("softmax", "linear", 3)


def test_numbers_are_predicted_by_one_linear_output() -> None:
    plane = load_data(Settings(data="plane"))

    settings = complete(Settings(data="plane"), plane)

    assert (settings.loss, settings.output, count_outputs(settings, plane)) == ("half_mse", "linear", 1)


@pytest.mark.parametrize("loss", ["bce", "hinge", "softmax"])
def test_losses_on_scores_get_a_linear_output(loss: str) -> None:
    trainer = build(Settings(loss=loss))

    assert trainer.net.layers[-1].activation == "linear"


def test_what_a_person_chose_is_kept() -> None:
    circle = load_data(Settings())

    assert complete(Settings(output="relu", loss="mse"), circle) == Settings(output="relu", loss="mse")


def test_another_kind_of_problem_opens_the_choice_again_and_says_so() -> None:
    circle, iris = load_data(Settings()), load_data(Settings(data="iris"))

    settings, sentence = adapt(Settings(data="iris", loss="hinge", output="tanh"), circle, iris)

    assert (settings.loss, settings.output) == (None, None)
    assert sentence == "iris has 3 classes: 3 linear outputs, loss softmax."


def test_the_same_kind_of_problem_changes_nothing() -> None:
    circle, xor = load_data(Settings()), load_data(Settings(data="xor"))
    asked = Settings(data="xor", loss="hinge")

    assert adapt(asked, circle, xor) == (asked, "")


def test_equal_settings_give_equal_bits_however_the_steps_are_asked_for() -> None:
    whole, parts = build(Settings()), build(Settings())

    whole.run(epochs=4)
    for _ in range(whole.step_count):
        parts.step()

    assert np.array_equal(whole.snapshot().parameters, parts.snapshot().parameters)


def test_another_seed_is_another_start() -> None:
    first, second = build(Settings(seed=1)).snapshot(), build(Settings(seed=2)).snapshot()

    assert not np.array_equal(first.parameters, second.parameters)


def test_one_activation_a_layer() -> None:
    trainer = build(Settings(layers=(3, 2), activation=("relu", "sigmoid")))

    assert [layer.activation for layer in trainer.net.layers[:-1]] == ["relu", "sigmoid"]


def test_activations_must_be_as_many_as_layers() -> None:
    with pytest.raises(OptionError, match="3 activations are given for 2 hidden layers"):
        build(Settings(layers=(4, 2), activation=("relu", "tanh", "relu")))


@pytest.mark.parametrize(("field", "given"), [("init", "zeros"), ("optimizer", "adan"), ("loss", "msle")])
def test_a_choice_that_does_not_exist_is_refused_in_one_sentence(field: str, given: str) -> None:
    with pytest.raises(MgradError, match=given):
        build(replace(Settings(), **{field: given}))


def test_a_file_that_is_not_there_is_a_data_error() -> None:
    with pytest.raises((DataError, OptionError), match=r"nowhere\.csv"):
        build(Settings(data="nowhere.csv"))


def test_only_rates_and_batch_are_live() -> None:
    settings = Settings()

    assert replace(settings, learning_rate=1.0, batch_size=3, l1=0.1, l2=0.1).differs_live_only(settings)
    assert not replace(settings, learning_rate=1.0, seed=8).differs_live_only(settings)
