"""Where the Python core of stitching spends its time, module by module: `python -m bench.stitch_profile [--count N]`.

The profiler makes calls dearer than they are, so shares say where to look, not what is to be won. What compiled
functions take (encoding, decoding, packing, dictionaries) counts for the module that calls them.
"""

from __future__ import annotations

import argparse
import cProfile
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.report import Report, add_json_option
from bench.stitch_growth import USUAL, measure

ROOT = Path(__file__).parents[1]
SHOWN = 14
Function = tuple[str, int, str]
"""File, line and name; compiled functions have no file."""


def by_module(stats: Mapping[Function, Any]) -> Counter[str]:
    """Seconds by file of the project; what is not the project's counts for whom it is called by.

    `stats` are the profiler's: per function calls, direct calls, seconds of its own, seconds in all, and the same per
    caller.
    """
    seconds: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        module = _module(file)
        if module is not None:
            seconds[module] += own
            continue
        for (caller, _, _), called in callers.items():
            seconds[_module(caller) or "libraries"] += called[2]
    return seconds


def _module(file: str) -> str | None:
    """The file's place in the project; None: it is not the project's."""
    path = Path(file)
    of_project = path.is_relative_to(ROOT) and not path.is_relative_to(sys.prefix)
    return str(path.relative_to(ROOT)) if of_project else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000)
    add_json_option(parser)
    options = parser.parse_args()
    profiler = cProfile.Profile()
    measure(options.count, USUAL, 0.0, "python", profiler)
    profiler.create_stats()
    seconds = by_module(profiler.stats)
    found = Report("stitch_profile", vars(options))
    for module, took in seconds.most_common(SHOWN):
        share = took / seconds.total()
        found.add(what=module, share=share)
        print(f"{share:6.1%}  {module}")
    found.write(options.json)


if __name__ == "__main__":
    main()
