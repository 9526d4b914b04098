"""What the playground remembers from one time to the next: the last set-up, speed, theme and what the map shows.

One small JSON file in the user's folder for settings (`MGRAD_CONFIG_DIR` names another). A file that cannot be read is
set aside and said so, and never lost; a folder that cannot be written costs the remembering and nothing else.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from mgrad.tui.pace import DEFAULT_SPEED
from mgrad.tui.settings import Settings

FILE = "settings.json"
LARGEST_NUMBER = 1e9


@dataclass(frozen=True)
class Preferences:
    """All that is remembered."""

    settings: Settings = Settings()  # noqa: RUF009
    speed: float | None = DEFAULT_SPEED
    theme: str = "mgrad"
    show_test: bool = False
    discretise: bool = False


def folder() -> Path:
    """Where the file is."""
    named = os.environ.get("MGRAD_CONFIG_DIR")
    return Path(named) if named else user_config_path("mgrad")


def load_preferences() -> tuple[Preferences, str]:
    """What was remembered, and a sentence about what was wrong with it ("" where nothing was)."""
    path = folder() / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Preferences(), ""
    except (OSError, UnicodeDecodeError) as problem:
        return Preferences(), _set_aside(path, str(problem))
    try:
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("it is no table of settings")
    except ValueError as problem:
        return Preferences(), _set_aside(path, str(problem))
    return _read(found)


def save_preferences(preferences: Preferences) -> str:
    """Remembers; the sentence that says why it could not, "" where it could."""
    path = folder() / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            json.dump(asdict(preferences), file, indent=2, ensure_ascii=False)
        os.replace(file.name, path)
    except OSError as problem:
        return f"Settings cannot be kept: {problem.strerror or problem} ({path.parent})."
    return ""


def _read(found: dict[str, Any]) -> tuple[Preferences, str]:
    """Every field that is what it should be; the others are left at their defaults, and named."""
    dropped: list[str] = []
    given = found.get("settings", {})
    settings = _fields(Settings, given if isinstance(given, dict) else {}, dropped)
    rest = _fields(Preferences, {name: each for name, each in found.items() if name != "settings"}, dropped)
    sentence = f"Settings that make no sense were left out: {', '.join(dropped)}." if dropped else ""
    return Preferences(settings=Settings(**settings), **rest), sentence


def _fields(kind: type[Settings] | type[Preferences], given: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    known = {field.name: field for field in fields(kind)}
    kept = {}
    for name, value in given.items():
        value = tuple(value) if isinstance(value, list) else value
        if name in known and _suits(value, _annotation(known[name].type), name):
            kept[name] = value
        else:
            dropped.append(name)
    return kept


def _annotation(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _suits(value: Any, annotation: str, name: str) -> bool:
    """Whether a value is of a field's type, as its annotation says it."""
    kinds = [each.strip() for each in annotation.split("|")]
    if value is None:
        return "None" in kinds
    if isinstance(value, bool):
        return "bool" in kinds
    if isinstance(value, (int, float)):
        whole = "int" in kinds and isinstance(value, int)
        least = 1 if name == "speed" else 0
        return (whole or "float" in kinds) and least <= value <= LARGEST_NUMBER
    if isinstance(value, tuple):
        if "tuple[int, ...]" in kinds:
            return all(isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= 1000 for each in value)
        return "tuple[str, ...]" in kinds and bool(value) and all(isinstance(each, str) for each in value)
    return isinstance(value, str) and "str" in kinds


def _set_aside(path: Path, problem: str) -> str:
    """Keeps a damaged file under another name."""
    for number in range(1, 1000):
        kept = path.with_name(f"settings.damaged-{number}.json")
        if not kept.exists():
            break
    try:
        os.replace(path, kept)
    except OSError:
        return f"The settings in {path} cannot be read ({problem}): starting with the defaults."
    return f"The settings were damaged ({problem}): kept as {kept.name}, starting with the defaults."
