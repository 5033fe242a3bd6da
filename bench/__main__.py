"""Takes the measurements of bench/ one after the other, and writes what they found as tables and plots.

`python -m bench [--quick] [--only NAME]… [--render] [--results FOLDER]`: `--quick` takes small sizes, to see that all
works, and writes to artifacts/bench; `--only` may be given again; `--render` measures nothing, and writes tables and
plots anew. One that fails is told, and the others go on. docs/performance.md gets its tables from bench/results.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import sizing, sizing_check, targets
from bench.measurements import MEASUREMENTS, Measurement
from bench.tables import draw, fill, load, table, where

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
QUICK_RESULTS = ROOT / "artifacts" / "bench"
DOCUMENT = ROOT / "docs" / "performance.md"
MOST_SECONDS = 7_200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", metavar="NAME", choices=[one.name for one in MEASUREMENTS])
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    results = options.results or (QUICK_RESULTS if options.quick else RESULTS)
    results.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in MEASUREMENTS if not options.only or one.name in options.only]
    failed = {} if options.render else run_all(wanted, options.quick, results)
    render(results)
    if results.resolve() == RESULTS:
        DOCUMENT.write_text(
            fill(DOCUMENT.read_text(encoding="utf-8"), lambda name: made(name, results)), encoding="utf-8"
        )
    for name, why in failed.items():
        print(f"{name} is missing: {why}", file=sys.stderr)
    sys.exit(1 if failed else 0)


def run_all(wanted: Sequence[Measurement], quick: bool, results: Path) -> dict[str, str]:
    """Why some have no results."""
    failed = {}
    for one in wanted:
        print(f"\n== {one.name}: {one.title}", flush=True)
        began = time.monotonic()
        command = [sys.executable, "-m", f"bench.{one.module}", *(one.quick if quick else one.full)]
        try:
            done = subprocess.run(
                [*command, "--json", str(results / f"{one.name}.json")], cwd=ROOT, check=False, timeout=MOST_SECONDS
            )
        except subprocess.TimeoutExpired:
            failed[one.name] = f"it took more than {MOST_SECONDS} s"
            continue
        if done.returncode != 0:
            failed[one.name] = f"`{' '.join(command[1:])}` ended with status {done.returncode}: see above"
        print(f"-- {time.monotonic() - began:.0f} s", flush=True)
    return failed


def render(results: Path) -> None:
    """README.md and the plots, from what is in the folder."""
    parts = ["# Results of `make bench`\n\nWritten by `python -m bench`; what they mean: docs/performance.md.\n"]
    for one in MEASUREMENTS:
        file = results / f"{one.name}.json"
        if not file.exists():
            parts.append(f"## {one.title}\n\nNot measured: `python -m bench --only {one.name}`.\n")
            continue
        found = load(file)
        parts.append(f"## {one.title}\n\n{where(found)}\n\n{table(found['rows'])}")
        if one.plot:
            draw(found["rows"], one.plot, one.title, results / f"{one.name}.svg")
            parts.append(f"![{one.title}]({one.name}.svg)\n")
    (results / "README.md").write_text("\n".join(parts), encoding="utf-8")


def made(name: str, results: Path) -> str | None:
    """The table of that name, None if its figures are missing."""
    if name == "targets":
        return targets.made(results)
    if name == "sizing_check":
        return sizing_check.made(results)
    if name.startswith("sizing"):
        return sizing.made(name, results)
    file = results / f"{name}.json"
    if not file.exists():
        return None
    found = load(file)
    return f"{table(found['rows'])}\n{where(found)}\n"


if __name__ == "__main__":
    main()
