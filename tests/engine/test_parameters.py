"""Parameters on one shelf: whoever reads or sets one of a network sees what it would see in a number of its own."""

import pickle
from copy import deepcopy

import numpy as np
import pytest

from mgrad.engine import MLP, Trainer, Value
from mgrad.engine.parameters import Parameter

DATA = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [-1.0, 1.0, 1.0, -1.0]


def _trainer(net: MLP) -> Trainer:
    return Trainer(net, DATA, learning_rate=0.1, batch_size=4, executor="numpy")


def _numbers(net: MLP) -> list[float]:
    return [parameter.data for parameter in net.parameters()]


@pytest.fixture
def net() -> MLP:
    return MLP(2, [3, 1], activation="tanh", seed=1)


def test_a_parameter_is_made_and_set_as_any_leaf() -> None:
    parameter = Parameter(2.0, "w")
    parameter.data = 3
    parameter.learnable = False

    assert (parameter.data, parameter.label, parameter.learnable, parameter.operands) == (3.0, "w", False, ())


def test_a_network_holds_what_was_trained_when_run_returns(net: MLP) -> None:
    trainer = _trainer(net)

    trainer.run(steps=3)

    assert _numbers(net) == trainer.snapshot().parameters.tolist()


def test_what_is_set_by_hand_is_where_the_next_step_begins(net: MLP) -> None:
    trainer = _trainer(net)
    trainer.run(steps=3)

    net.parameters()[0].data = 5.0
    trainer.run(steps=0)

    assert trainer.snapshot().parameters[0] == net.parameters()[0].data == 5.0


def test_a_parameter_that_is_not_to_learn_any_more_stays(net: MLP) -> None:
    trainer = _trainer(net)
    trainer.run(steps=3)
    weight = net.parameters()[0]
    before = weight.data

    weight.learnable = False
    trainer.run(steps=3)

    assert weight.data == before
    assert trainer.frozen == {weight.label}


def test_trainers_take_turns_at_one_network(net: MLP) -> None:
    alone = deepcopy(net)
    one, other = _trainer(net), _trainer(net)

    for trainer in (one, other, one):
        trainer.run(steps=2)
    _trainer(alone).run(steps=6)

    assert _numbers(net) == _numbers(alone)


def test_a_trainer_goes_back_though_another_has_trained_since(net: MLP) -> None:
    one, other = _trainer(net), _trainer(net)
    one.run(steps=2)
    snapshot = one.snapshot()
    other.run(steps=2)

    one.restore(snapshot)

    assert _numbers(net) == snapshot.parameters.tolist()


@pytest.mark.parametrize("copied", [deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"])
def test_a_copy_goes_its_own_way(net: MLP, copied) -> None:
    trainer = _trainer(net)
    trainer.run(steps=2)
    twin = copied(net)
    before = _numbers(twin)

    trainer.run(steps=2)
    twin.parameters()[0].data = 9.0

    assert before != _numbers(net)
    assert _numbers(twin) == [9.0, *before[1:]]
    assert net.parameters()[0].data != 9.0


def test_a_leaf_in_the_place_of_a_parameter_is_trained_as_one(net: MLP) -> None:
    alone = deepcopy(net)
    weight = net.layers[0].neurons[0].weights[0]
    net.layers[0].neurons[0].weights[0] = leaf = Value(weight.data, weight.label)
    trainer = _trainer(net)

    trainer.run(steps=2)
    leaf.data = 0.5
    trainer.run(steps=1)

    expected = _trainer(alone)
    expected.run(steps=2)
    alone.parameters()[0].data = 0.5
    expected.run(steps=1)
    assert _numbers(net) == _numbers(alone)
    assert leaf.data == alone.parameters()[0].data


def test_a_parameter_is_set_to_numbers_only(net: MLP) -> None:
    with pytest.raises(TypeError):
        net.parameters()[0].data = "much"  # pyright: ignore[reportAttributeAccessIssue]


def test_any_number_comes_through_as_it_is(net: MLP) -> None:
    trainer = _trainer(net)
    weight = net.parameters()[0]

    for number in (float("inf"), -0.0, 5e-324):
        weight.data = number
        trainer.run(steps=0)
        assert np.array_equal(trainer.snapshot().parameters[0], number)
