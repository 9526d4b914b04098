"""The examples run, as a person would run them, and print what their docstrings promise."""

import ast
import os
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@lru_cache
def printed(name: str) -> str:
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{name}.py"],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def number_in(name: str, pattern: str) -> float:
    found = re.search(pattern, printed(name), re.MULTILINE)
    assert found, f"{pattern!r} is not in:\n{printed(name)}"
    return float(found[1])


def test_every_example_is_tested_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {
        "backpropagation",
        "layer",
        "mlp",
        "neuron",
        "operations",
    }


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_examples_are_short_and_use_the_public_api_only(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node).split(" import ")[0] for node in imports] == ["from mgrad.engine"]
    assert len(source.splitlines()) < 60
    assert ast.get_docstring(ast.parse(source))


def test_operations_foretells_what_a_small_step_does() -> None:
    # y = relu(ab + b³) + ab/2 - a at a = -3, b = 2
    assert number_in("operations", r"^y = (.+)$") == 2.0
    assert number_in("operations", r"dy/da = (\S+)$") == 2 * 1.5 - 1
    assert number_in("operations", r"dy/db = (\S+)$") == -3 * 1.5 + 3 * 2**2
    assert number_in("operations", r"y \+ (\S+),") == pytest.approx(0.0075, abs=1e-4)
    assert number_in("operations", r"^written as text: y = (\S+),") == 2.0


def test_the_neuron_moves_as_its_gradient_foresaw() -> None:
    foreseen = number_in("neuron", r"foreseen (\S+),")

    assert foreseen != 0
    assert number_in("neuron", r"happened (\S+)$") == pytest.approx(foreseen, rel=0.01)


@pytest.mark.parametrize("x", ["x1", "x2", "x3"])
def test_the_layer_adds_up_gradients_over_its_neurons(x: str) -> None:
    gradient = number_in("layer", rf"d {x} = (\S+),")

    assert gradient != 0
    assert number_in("layer", rf"d {x} = .*: (\S+)$") == gradient
    assert "is silent" in printed("layer")
    assert "passes" in printed("layer")


def test_the_network_learns_xor() -> None:
    answers = re.findall(r"xor .*: (\S+), wanted (\S+)", printed("mlp"))

    assert len(answers) == 4
    for answer, wanted in answers:
        assert float(answer) == pytest.approx(float(wanted), abs=0.05)


def test_the_neuron_is_taught() -> None:
    assert number_in("backpropagation", r"^output (\S+),") == 0.7071
    assert number_in("backpropagation", r"^taught: (\S+)$") == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("label", ["w1", "w2", "b"])
def test_backpropagation_on_paper_and_by_machine_agree(label: str) -> None:
    on_paper = number_in("backpropagation", rf"d {label} +on paper (\S+)")

    assert number_in("backpropagation", rf"d {label} .*backward (\S+)$") == on_paper
