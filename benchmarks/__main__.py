"""`python -m benchmarks`: measures, prints tables, and writes what is asked for."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.threads import only_one_thread


def main() -> int:
    """Returns the exit code: 0 when all was measured, 2 for bad input."""
    only_one_thread()
    try:
        return _measure()
    except ModuleNotFoundError as missing:
        print(f"{missing.name} is not installed: pip install -e '.[bench]'.", file=sys.stderr)
        return 2


def _measure() -> int:
    from rich.console import Console

    from benchmarks.suite import NAMED, PARTS, run  # numpy comes with it, and looks at once how many threads it may have

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="mgrad beside numpy, torch and jax.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(NAMED)}; all but ui if left out"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to a file")
    parser.add_argument("--write-docs", action="store_true", help="write docs/benchmarks.md and docs/growth.svg anew")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in NAMED]
    if unknown:
        parser.error(f"{unknown[0]!r} is no part; the parts are {', '.join(NAMED)}.")
    if options.write_docs and options.parts:
        parser.error("--write-docs writes about everything: leave the parts out.")
    report = run(options.parts or PARTS, Console())
    if options.json:
        options.json.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
    if options.write_docs:
        from benchmarks.documentation import write_documentation

        write_documentation(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
