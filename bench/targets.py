"""The performance targets, and what the results say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.report import Row
from bench.tables import load, table


@dataclass(frozen=True, slots=True)
class Target:
    """`value` is to be reached by `column` of the row that begins with `row` in the results `name`; or not exceeded."""

    what: str
    name: str
    row: str
    column: str
    value: float
    at_most: bool = False
    per_million: str | None = None
    """A column of the row, of which a million is meant."""
    published_for: float = 0.0
    """Seconds at that rate, which was held if all could be queried `QUERYABLE_WITHIN` after them."""

    def measured(self, results: Path) -> float | None:
        """What was measured, None if it was not."""
        row = _row(results, self.name, self.row)
        if row is None:
            return None
        found = float(row[self.column])
        return found if self.per_million is None else found / float(row[self.per_million]) * 1e6

    def met(self, measured: float) -> bool:
        """Whether what was measured is enough."""
        if self.at_most:
            return measured <= self.value
        seconds = self.published_for
        return measured >= (self.value * seconds / (seconds + QUERYABLE_WITHIN) if seconds else self.value)


QUERYABLE_WITHIN = 2.0
"""Seconds: what the freshness of 99 of 100 may be."""
TIMES = "ours_times_as_fast"
RATE = "touchpoints_per_s"
TARGETS = (
    Target("stitch, all of spec 2, 5,000 customers: touchpoints/s", "streams_throughput", "stitch", RATE, 100_000),
    Target("the same, 500,000 customers", "streams_many_customers", "stitch", RATE, 70_000),
    Target("ingest with full validation: touchpoints/s", "streams_throughput", "ingest", RATE, 60_000),
    Target("sessions, as many times as fast as Quix Streams (windows)", "peers", "Quix Streams, windows", TIMES, 8),
    Target("the same, Quix Streams by hand", "peers", "Quix Streams, by hand", TIMES, 8),
    Target("the same, Bytewax (windows)", "peers", "Bytewax, windows", TIMES, 8),
    Target("the same, Bytewax by hand", "peers", "Bytewax, by hand", TIMES, 8),
    Target("the same, stock Faust", "peers", "stock Faust", TIMES, 40),
    Target("the same, a bare aiokafka loop", "peers", "bare", TIMES, 0.6),
    Target(
        "published to queryable, for five minutes: touchpoints/s",
        "pipeline_25000",
        "whole",
        RATE,
        25_000,
        published_for=300,
    ),
    Target("the same, 1,000,000 customers", "pipeline_25000_million", "whole", RATE, 25_000, published_for=300),
    Target("the same, no alert rules", "pipeline_25000_no_rules", "whole", RATE, 25_000, published_for=300),
    Target("freshness at 5,000/s, median: s", "pipeline_5000", "whole", "freshness_p50_s", 0.5, at_most=True),
    Target("freshness at 5,000/s, 99 of 100: s", "pipeline_5000", "whole", "freshness_p99_s", 2.0, at_most=True),
    Target(
        "recovery of 1,000,000 customers: s of a worker",
        "recovery",
        "worker",
        "wall_s",
        10,
        at_most=True,
        per_million="customers",
    ),
)


def made(results: Path) -> str:
    """The table of the targets."""
    rows = [_judged(target, target.measured(results)) for target in TARGETS]
    for what, one, two in (
        ("two workers against one: times", "pipeline_one_worker", "pipeline_two_workers"),
        ("the same, without sink and ClickHouse", "workers_one", "workers_two"),
        ("the same, each worker of 0.35 cores", "workers_one_limited", "workers_two_limited"),
        ("with sink and ClickHouse, each worker of 0.2 cores", "pipeline_one_limited", "pipeline_two_limited"),
    ):
        rows.append(_judged(Target(what, two, "whole", RATE, 1.8), _times(results, one, two)))
    return table(rows)


def _judged(target: Target, measured: float | None) -> Row:
    row: Row = {"what": target.what, "target": f"{'≤' if target.at_most else '≥'} {target.value:,g}"}
    if measured is None:
        return row | {"measured": "", "met": "not measured"}
    return row | {
        "measured": f"{measured:,.0f}" if measured >= 100 else f"{measured:.2f}",
        "met": "yes" if target.met(measured) else "no",
    }


def _times(results: Path, slower: str, faster: str) -> float | None:
    """How many times the rate of the one run the other's is."""
    one, two = _row(results, slower, "whole"), _row(results, faster, "whole")
    return None if one is None or two is None else float(two[RATE]) / float(one[RATE])


def _row(results: Path, name: str, what: str) -> Mapping[str, str | float] | None:
    file = results / f"{name}.json"
    if not file.exists():
        return None
    rows: list[Row] = load(file)["rows"]
    return next((row for row in rows if str(row.get("what", "")).startswith(what)), None)
