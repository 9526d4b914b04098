"""One neuron forward, in numbers: what is shown adds up."""

from functools import cache

import pytest

from mgrad.engine.inspection import Inspection
from mgrad.engine.network import MLP
from mgrad.tui.neuron_sum import neuron_sum, parameters_at
from mgrad.tui.settings import Settings, build


@cache
def looked_into(features: tuple[str, ...] | None = None, layers: tuple[int, ...] = (4, 3)) -> tuple[MLP, Inspection]:
    trainer = build(Settings(layers=layers, features=features), executor="numpy")
    trainer.run(steps=20)
    return trainer.net, trainer.inspect(trainer.snapshot(), sample=3)


@pytest.mark.parametrize("label", ["layer1.neuron2", "layer2.neuron3", "layer3.neuron1"])
def test_parts_and_bias_add_up_to_the_sum_and_the_activation_makes_the_answer(label: str) -> None:
    net, inspection = looked_into()

    found = neuron_sum(net, inspection, label)

    assert found is not None
    assert found.bias + sum(term.part for term in found.terms) == pytest.approx(found.pre, rel=1e-12)
    assert found.pre == inspection.value(f"{label}.pre")
    assert found.answer == inspection.value(label)


def test_terms_stand_in_the_order_of_the_weights() -> None:
    net, inspection = looked_into()

    found = neuron_sum(net, inspection, "layer2.neuron1")

    assert found is not None
    assert [(term.weight, term.source) for term in found.terms] == [
        (f"layer2.neuron1.w{i}", f"layer1.neuron{i}") for i in (1, 2, 3, 4)
    ]
    assert found.terms[1].factor == inspection.value("layer2.neuron1.w2")
    assert found.terms[1].value == inspection.value("layer1.neuron2")


def test_features_are_sources() -> None:
    net, inspection = looked_into(("x1", "x1²", "sin x2"), ())

    found = neuron_sum(net, inspection, "layer1.neuron1")

    assert found is not None
    assert [term.source for term in found.terms] == ["x1", "x1²", "sin x2"]


@pytest.mark.parametrize("label", ["layer1.neuron2.w1", "layer1.neuron2.b", "layer1.neuron2.pre"])
def test_a_part_of_a_neuron_stands_for_the_neuron(label: str) -> None:
    net, inspection = looked_into()

    found = neuron_sum(net, inspection, label)

    assert found is not None
    assert found.label == "layer1.neuron2"


@pytest.mark.parametrize("label", ["loss", "x1", "target", ""])
def test_what_is_outside_of_the_network_has_no_sum(label: str) -> None:
    net, inspection = looked_into()

    assert neuron_sum(net, inspection, label) is None
    assert parameters_at(net, label) == ()
