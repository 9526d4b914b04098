"""What is below knows nothing of what is above: the engine loads without the screen, and without the compiler."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BELOW = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "datasets").rglob("*.py")])


def modules_after(statement: str) -> set[str]:
    program = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def imported_by(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


@pytest.mark.parametrize("statement", ["import mgrad.engine", "import mgrad.engine.training", "import mgrad.datasets"])
def test_the_engine_loads_neither_the_screen_nor_the_compiler(statement: str) -> None:
    loaded = modules_after(statement)

    assert not {name for name in loaded if name.partition(".")[0] in ("textual", "llvmlite", "plotext", "rich_click")}
    assert not {name for name in loaded if name.startswith("mgrad.tui")}


@pytest.mark.parametrize("module", ["settings", "session", "choices", "formats", "curves", "finding"])
def test_what_needs_no_screen_loads_no_screen(module: str) -> None:
    assert "textual" not in modules_after(f"import mgrad.tui.{module}")


@pytest.mark.parametrize("path", BELOW, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_below_imports_the_playground(path: Path) -> None:
    assert not {name for name in imported_by(path) if name.startswith("mgrad.tui")}
