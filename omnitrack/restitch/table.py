"""The restitching's report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from omnitrack.restitch.compare import Example
from omnitrack.restitch.report import KINDS, Applied, Report


def render(report: Report) -> Iterator[RenderableType]:
    """The counts per table, some of what would change, and what was done."""
    stopped = "interrupted: " if report.interrupted else ""
    yield f"{stopped}{report.customers:,} customers compared, {report.differing:,} differ"
    if report.unknown:
        yield f"{report.unknown:,} of them are not known: an id is given as customer_id is in the tables"
    if report.letters_unreadable:
        yield f"{report.letters_unreadable:,} dead letters break the contract by now, and stay"
    if report.letters_unsettled:
        yield f"{report.letters_unsettled:,} dead letters without a customer number stay until tomorrow: they may move"
    yield _counts(report)
    for example in report.examples:
        yield from _example(example)
    if report.applied is not None:
        yield _applied(report.applied)
    elif report.differing:
        yield "nothing was changed: --apply takes it in"


def _counts(report: Report) -> Table:
    table = Table("table", title="stored rows against those made anew", title_justify="left")
    for kind in KINDS:
        table.add_column(kind, justify="right")
    for counts in report.tables:
        table.add_row(counts.table, *(f"{getattr(counts, kind):,}" for kind in KINDS))
    return table


def _example(example: Example) -> Iterator[str]:
    yield f"{example.kind} in {example.table}: {example.key} of {example.customer_id}"
    for name, (before, after) in example.fields.items():
        yield f"  {name}: {_shown(name, before)} → {_shown(name, after)}"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "null"
    if name.endswith("_at") and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value)


def _applied(applied: Applied) -> str:
    handed_over = f"{applied.customers:,} customers handed to stitching ({applied.bytes_sent:,} bytes)"
    if applied.behind is not None:
        return f"{handed_over}; {applied.behind}"
    if applied.differ:
        return (
            f"{handed_over}; of {applied.checked:,} compared again {applied.differ:,} still differ:"
            " run it again, and see the log of the stream workers"
        )
    return f"{handed_over}, stored after {applied.seconds:.1f} s; {applied.checked:,} compared again, none differs"
