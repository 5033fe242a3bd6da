"""What the sizes predict of a whole deployment, beside what it took: the step of them that fits on one machine."""

from __future__ import annotations

from pathlib import Path

from bench.report import Row
from bench.sizing import STEP, Assumptions, NotMeasured, costs_of, dearer, size, used
from bench.tables import load, table, where


def made(results: Path) -> str | None:
    """Seconds of the processor per million touchpoints by process, predicted and measured; None: not measured."""
    file = results / f"{STEP}.json"
    try:
        costs = costs_of(results)
    except NotMeasured:
        return None
    if not file.exists():
        return None
    found = load(file)
    rows: list[Row] = found["rows"]
    predicted = (
        ("workers", "worker", costs.ingest + costs.stitch),
        ("sinks", "sink", costs.sink),
        ("alerts", "alerts", costs.alerts),
        ("ClickHouse", "clickhouse", costs.clickhouse),
    )
    ran = [str(row["what"]) for row in rows]
    parts = [part for part in predicted if any(what.startswith(part[1]) for what in ran)]
    lines = [_line(what, cost, used(rows, name)) for what, name, cost in parts]
    lines.append(_line("all of these", sum(part[2] for part in parts), sum(used(rows, part[1]) for part in parts)))
    options = found["options"]
    needed = size(options["customers"], options["rate"], 0, dearer(costs, results), Assumptions())
    whole = next(row for row in rows if row["what"] == "whole")
    kept = f"{float(whole['touchpoints_per_s']):,.0f} a second came through"
    return (
        f"{table(lines)}\n{options['customers']:,} customers, {options['rate']:,} touchpoints a second for "
        f"{options['seconds']:g} s with {options['workers']} worker(s), where the sizes say {needed.workers}: {kept}. "
        f"{where(found)}\n"
    )


def _line(what: str, predicted: float, measured: float) -> Row:
    return {
        "what": what,
        "predicted_s_per_million": predicted,
        "measured_s_per_million": measured,
        "measured_of_predicted": measured / predicted,
    }
