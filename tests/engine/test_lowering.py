"""Lowering: what of a graph becomes an instruction, and which executor is chosen to run it."""

from dataclasses import replace

import pytest

from mgrad.engine import Unary, Value, parse
from mgrad.engine.errors import LabelError, OperandError, OptionError
from mgrad.engine.executors import available, make_executor, prepare, ready
from mgrad.engine.lowering import lower
from mgrad.engine.operations import OPERATIONS
from mgrad.engine.tape import ALONG, BIAS, FIRST, LAYER, OP, SOURCE, TERMS


def neuron() -> Value:
    """A sum of three products, under a tanh."""
    numbers = {f"{kind}{k}": 0.1 * k for kind in "wx" for k in (1, 2, 3)}
    return parse("tanh(b + w1*x1 + w2*x2 + w3*x3)", learnable=None, b=0.5, **numbers)


def inputs_of(root: Value) -> list[Value]:
    return [root["x1"], root["x2"], root["x3"]]


def test_a_neuron_becomes_one_instruction() -> None:
    root = neuron().operands[0]

    tape = lower(root, inputs_of(root))

    assert len(tape.code) == 1
    layer = tape.code[0]
    assert layer[OP] == LAYER
    assert [layer[FIRST] + k * layer[ALONG] for k in range(layer[TERMS])] == [
        tape.place[id(root[label])] for label in ("w1", "w2", "w3")
    ]
    assert layer[SOURCE] == -1 - tape.place[id(root["x1"])]
    assert layer[BIAS] == tape.place[id(root["b"])]


def test_parameters_come_first_in_the_order_that_is_asked_for() -> None:
    root = neuron()
    stranger = Value(5.0, "stranger")
    asked = [stranger, root["w2"], root["w1"]]

    tape = lower(root, inputs_of(root), parameters=asked)

    assert [tape.place[id(node)] for node in asked] == [0, 1, 2]
    assert tape.leaves[:3] == asked


def test_what_is_kept_has_a_place_of_its_own() -> None:
    root = neuron()
    inner = root.operands[0].operands[0]

    assert id(inner) not in lower(root, inputs_of(root)).place
    assert id(inner) in lower(root, inputs_of(root), keep=[inner]).place


def test_without_fusing_every_node_has_a_place() -> None:
    root = neuron()

    tape = lower(root, inputs_of(root), fuse=False)

    assert all(id(node) in tape.place for node in root.nodes())


def test_only_a_leaf_can_become_a_column() -> None:
    root = neuron()

    with pytest.raises(LabelError, match="Only a leaf can become a column"):
        lower(root, [root.operands[0]])


# ---------------------------------------------------------------- choosing one


def test_an_unknown_executor_is_refused() -> None:
    with pytest.raises(
        OptionError, match=r"executor is 'nmpy', but must be one of native, numpy\. Did you mean 'numpy'\?"
    ):
        Value(1.0).compile(executor="nmpy")


def test_numpy_is_always_there_and_needs_no_preparation() -> None:
    assert available()[-1] == "numpy"
    assert ready("numpy")
    prepare("numpy")


@pytest.mark.skipif("native" not in available(), reason="no llvmlite")
def test_the_fastest_is_taken_and_ready_once_it_was_used() -> None:
    made = make_executor(lower(Value(1.0)))

    assert type(made).__name__ == "NativeExecutor"
    assert ready()


def test_an_operation_that_is_not_in_the_table_is_refused_by_name() -> None:
    own = replace(OPERATIONS["tanh"], name="own")

    with pytest.raises(OperandError, match="'own' is not one of them"):
        (Unary(own, Value(1.0)) * 2.0).compile()
    with pytest.raises(OperandError, match="'own' is not one of them"):
        Unary(own, Value(1.0)).compile()
