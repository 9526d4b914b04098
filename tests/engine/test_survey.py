"""What is known of every node before a graph is lowered, beside the rule that says it node by node."""

from hypothesis import given
from hypothesis import strategies as st

from mgrad.engine import Value
from mgrad.engine.survey import Survey
from tests.engine.random_graphs import Grown, Random, recipes


def depending_on(root: Value, leaves: list[Value]) -> list[bool]:
    """Node by node: one of these leaves, or made of a node that depends on one."""
    found = set(leaves)
    for node in root.nodes():
        if any(operand in found for operand in node.operands):
            found.add(node)
    return [node in found for node in root.nodes()]


@given(recipe=recipes, columns=st.integers(0, 7), learning=st.integers(0, 15))
def test_what_varies_and_whose_gradient_is_wanted(recipe: Random, columns: int, learning: int) -> None:
    grown = Grown(recipe)
    below = set(grown.root.nodes())
    inputs = [leaf for k, leaf in enumerate(grown.inputs) if columns >> k & 1 and leaf in below]
    parameters = [leaf for k, leaf in enumerate(grown.weights) if learning >> k & 1 and leaf in below]

    survey = Survey(grown.root, inputs, parameters, [], every_gradient=False)

    assert survey.nodes == grown.root.nodes()
    assert survey.varying.tolist() == depending_on(grown.root, inputs)
    assert survey.wanted.tolist() == depending_on(grown.root, parameters)


@given(recipe=recipes)
def test_operands_uses_and_who_learns(recipe: Random) -> None:
    grown = Grown(recipe)
    nodes = grown.root.nodes()
    place = {node: k for k, node in enumerate(nodes)}

    survey = Survey(grown.root, [], None, [], every_gradient=True)

    for k, node in enumerate(nodes):
        a, b = [*(place[operand] for operand in node.operands), -1, -1][:2]
        assert (survey.a[k], survey.b[k]) == (a, b)
    used = [operand for node in nodes for operand in node.operands]
    expected = [used.count(node) for node in nodes[:-1]]
    assert survey.uses[:-1].tolist() == expected
    assert list(survey.parameters) == grown.root.parameters()
    assert [nodes[k] for k in survey.parameter_numbers.tolist()] == grown.root.parameters()
    assert survey.wanted.tolist() == [not node.constant for node in nodes]
