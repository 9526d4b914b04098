"""What the documentation shows is what happens: examples in docstrings, and the README's blocks of Python."""

import contextlib
import doctest
import importlib.util
import io
import pkgutil
import re
from pathlib import Path

import pytest

import mgrad.datasets
import mgrad.engine
import mgrad.tui

README = Path(__file__).parent.parent / "README.md"
PARTS = (mgrad.engine, mgrad.datasets, mgrad.tui)
MODULES = sorted(
    name
    for part in PARTS
    for name in (part.__name__, *(module.name for module in pkgutil.walk_packages(part.__path__, f"{part.__name__}.")))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "llvmlite":
            raise
        pytest.skip("needs llvmlite, which is not installed here")
    report = io.StringIO()

    with contextlib.redirect_stdout(report):
        result = doctest.testmod(module)

    assert result.failed == 0, report.getvalue()


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    path = importlib.util.find_spec(name)

    assert path is not None
    assert path.origin is not None
    assert re.match(r'(?:#!.*\n)?r?"""\S', Path(path.origin).read_text(encoding="utf-8"))


def python_blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def promised(block: str) -> list[str]:
    """What stands behind each print as a comment: `print(x.grad)  # -3.0`."""
    return re.findall(r"^\s*print\(.*\)  # (.*)$", block, re.MULTILINE)


def test_the_readme_shows_python() -> None:
    assert len(python_blocks()) >= 2
    assert all(promised(block) for block in python_blocks())


@pytest.mark.parametrize("block", python_blocks(), ids=lambda block: block.strip().splitlines()[0])
def test_the_readme_prints_what_it_says(block: str) -> None:
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(compile(block, str(README), "exec"), {"__name__": "readme"})

    assert printed.getvalue().splitlines() == promised(block)


def test_the_readme_names_only_files_that_exist() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))

    assert [target for target in targets if not (README.parent / target).exists()] == []
