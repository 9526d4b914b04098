"""What pyproject.toml says about the project is true of its folders, its imports and its documents."""

import ast
import re
import sys
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
FOLDERS = ("datasets", "engine", "tui")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, SETUPTOOLS = PYPROJECT["project"], PYPROJECT["tool"]["setuptools"]
COMPILED = (".pyc", ".nbc", ".nbi")


def files() -> list[Path]:
    """All files under the three folders that a person wrote, relative to the project."""
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    ours = (path.relative_to(ROOT) for path in found if path.suffix not in COMPILED)
    return sorted(path for path in ours if not any(part.startswith(".") for part in path.parts))


def folders_with_python() -> set[Path]:
    return {path.parent for path in files() if path.suffix == ".py"}


def package_of(folder: Path) -> str:
    return ".".join(("mgrad", *folder.parts))


def test_every_folder_with_python_is_a_listed_package() -> None:
    assert sorted(SETUPTOOLS["packages"]) == sorted(package_of(folder) for folder in folders_with_python())


def test_every_package_has_its_init() -> None:
    assert [folder for folder in folders_with_python() if not (ROOT / folder / "__init__.py").exists()] == []


def test_the_short_folders_are_mapped_under_mgrad() -> None:
    assert SETUPTOOLS["package-dir"] == {f"mgrad.{folder}": folder for folder in FOLDERS}


def test_mgrad_itself_is_no_package_so_that_nothing_else_in_that_namespace_is_hidden() -> None:
    assert "mgrad" not in SETUPTOOLS["packages"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_part_is_marked_as_typed(folder: str) -> None:
    assert (ROOT / folder / "py.typed").exists()


def test_every_data_file_is_package_data() -> None:
    packages = folders_with_python()
    patterns = SETUPTOOLS["package-data"]
    missing = []
    for file in files():
        if file.suffix == ".py":
            continue
        home = next(folder for folder in file.parents if folder in packages)
        inside = file.relative_to(home)
        wanted = [*patterns.get("*", []), *patterns.get(package_of(home), [])]
        if not any(inside.match(pattern) and len(Path(pattern).parts) == len(inside.parts) for pattern in wanted):
            missing.append(file)

    assert missing == []


def test_the_command_is_installed_and_starts_main() -> None:
    (command,) = entry_points(group="console_scripts", name="mgrad-tui")

    assert command.load().__module__ == "mgrad.tui.main"


def test_every_third_party_import_is_a_dependency() -> None:
    declared = {Requirement(text).name.replace("-", "_") for text in PROJECT["dependencies"]}

    imported: dict[str, Path] = {}
    for file in files():
        if file.suffix == ".py":
            for name in imported_names((ROOT / file).read_text(encoding="utf-8")):
                imported.setdefault(name, file)

    ours = set(sys.stdlib_module_names) | {"mgrad"}
    assert {name: file for name, file in imported.items() if name not in declared | ours} == {}


def imported_names(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    ("python", "system", "machine", "wanted"),
    [
        ("3.11", "linux", "x86_64", True),
        ("3.13", "linux", "aarch64", True),
        ("3.14", "darwin", "arm64", True),
        ("3.12", "win32", "AMD64", True),
        ("3.13", "darwin", "x86_64", False),
        ("3.15", "linux", "x86_64", False),
        ("3.13", "linux", "riscv64", False),
    ],
)
def test_llvmlite_is_asked_for_only_where_it_has_wheels(python: str, system: str, machine: str, wanted: bool) -> None:
    (llvmlite,) = (parsed for text in PROJECT["dependencies"] if (parsed := Requirement(text)).name == "llvmlite")
    environment = {
        "python_version": python,
        "sys_platform": system,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
    }

    assert llvmlite.marker is not None
    assert llvmlite.marker.evaluate(environment) is wanted


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert headings[0] == PROJECT["version"] == version("mgrad-tui")


def test_the_readme_has_one_command_to_launch_and_one_to_test() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    lines = re.findall(r"^python3 -m venv .*$", readme, re.MULTILINE)
    assert [line.rsplit(" && ", 1)[1] for line in lines] == [".venv/bin/mgrad-tui", ".venv/bin/python -m pytest"]


def test_the_classifiers_name_every_python_that_ci_could_run() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")

    assert f"Programming Language :: Python :: {oldest}" in PROJECT["classifiers"]
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert PYPROJECT["tool"]["pyright"]["pythonVersion"] == oldest
