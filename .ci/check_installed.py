"""Is the installed copy whole? Run by an environment that has the wheel, with the checkout's path as its argument.

Every module is imported, from the environment and not from the checkout; every file of the checkout's three folders
came along; and the copy does not claim the short names of those folders.
"""

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

FOLDERS = ("engine", "datasets", "tui")
WANTED = (".py", ".tcss", ".csv", ".gz", ".md", ".typed")


def main(checkout: Path) -> None:
    modules, data = 0, 0
    for folder in FOLDERS:
        if find_spec(folder):
            raise SystemExit(f"The wheel must not install a top-level package {folder}.")
        home = installed_folder(folder)
        for source in sorted(path for path in (checkout / folder).rglob("*") if path.suffix in WANTED):
            inside = source.relative_to(checkout / folder)
            if (home / inside).read_bytes() != source.read_bytes():
                raise SystemExit(f"{folder}/{inside} is not the same in the wheel.")
            if source.suffix == ".py":
                parts = [part for part in inside.with_suffix("").parts if part != "__init__"]
                importlib.import_module(".".join(["mgrad", folder, *parts]))
                modules += 1
            else:
                data += 1
    print(f"{modules} modules are imported and {data} data files are in place.")


def installed_folder(folder: str) -> Path:
    file = importlib.import_module(f"mgrad.{folder}").__file__
    if file is None or not Path(file).is_relative_to(sys.prefix):
        raise SystemExit(f"mgrad.{folder} is imported from {file}, not from the environment in {sys.prefix}.")
    return Path(file).parent


if __name__ == "__main__":
    main(Path(sys.argv[1]))
