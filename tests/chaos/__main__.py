"""Chaos by hand: `python -m tests.chaos [--seed N] [--rounds N] [--seconds N] [--records N] [--schedule FILE]`.

Rounds take the seeds one after the other. Without a seed, the schedules that once found something are played first,
then those of seeds by chance. Exit code 1 if a round finds anything wrong; its data, logs and
schedule stay in `artifacts/chaos`, as do those of a round in which a process ended by itself.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from tests.chaos.rounds import Report, play
from tests.chaos.schedule import SCHEDULES, SHORT, Action, Schedule, draw

FOLDER = Path("artifacts/chaos")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--records", type=int, default=12_000)
    parser.add_argument("--schedule", type=Path, help="play this file's schedule, and no other")
    reports = [_play(schedule) for schedule in _schedules(parser.parse_args())]
    struck = sum((report.struck for report in reports), Counter[Action]())
    failed = [report.schedule.seed for report in reports if report.differences]
    print(f"{len(reports)} rounds: {', '.join(f'{number} {action}' for action, number in sorted(struck.items()))}")
    if failed:
        sys.exit(f"seeds with differences: {', '.join(map(str, failed))}")


def _schedules(options: argparse.Namespace) -> list[Schedule]:
    if options.schedule is not None:
        return [Schedule.parse(options.schedule.read_text())]
    before = []
    if options.seed is None:
        before = [Schedule.parse(path.read_text()) for path in sorted(SCHEDULES.glob("*.txt")) if path != SHORT]
        options.seed = random.SystemRandom().randrange(1_000_000)
    seeds = range(options.seed, options.seed + options.rounds)
    return before + [draw(seed, options.seconds, options.records) for seed in seeds]


def _play(schedule: Schedule) -> Report:
    folder = FOLDER / str(schedule.seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "schedule.txt").write_text(f"{schedule}\n")
    print(schedule, flush=True)
    begun = time.monotonic()
    report = play(schedule, folder.resolve(), lambda line: print(f"{time.monotonic() - begun:6.1f} {line}", flush=True))
    print(report, flush=True)
    if not report.differences and not report.exits:
        shutil.rmtree(folder)
    return report


if __name__ == "__main__":
    main()
