"""How often each rule would have fired, by the rows in ClickHouse as they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from clickhouse_driver import Client

from omnitrack.metrics.period import Period
from schemas.alert_rules import AnyRule
from schemas.catalogue import Catalogue
from sinks.clickhouse.rows import read_rows
from sinks.port import Table
from streams.alerting.at_rest import groups_of, wanted_of_customers
from streams.alerting.episodes import episodes_between
from streams.alerting.facts import CustomerRow
from streams.alerting.groups import wanted_of
from streams.alerting.observations import Cell, Count
from streams.alerting.wanted import Wanted

CHUNK_ROWS = 200_000
"""So many rows are in memory at a time, about."""

_SINCE, _UNTIL = "fromUnixTimestamp64Milli({since:Int64})", "fromUnixTimestamp64Milli({until:Int64})"
_HAPPENED: dict[Table, str] = {
    "handoffs": f"left_at < {_UNTIL} AND coalesce(arrived_at, due_at, left_at) >= {_SINCE}",
    "promises": f"made_at < {_UNTIL} AND due_at >= {_SINCE}",
    "journeys": f"started_at < {_UNTIL} AND last_at >= {_SINCE}",
    "touchpoints": f"occurred_at < {_UNTIL} AND occurred_at >= {_SINCE} AND isNotNull(wait_seconds)",
}
_OF_CHUNK = " AND cityHash64(customer_id) % {chunks:UInt64} = {chunk:UInt64}"


@dataclass(slots=True)
class Fired:
    """How often a rule would have fired on each day, and how often it would have been silenced."""

    rule: AnyRule
    days: Counter[date] = field(default_factory=Counter)
    silenced: int = 0

    @property
    def total(self) -> int:
        """How often it would have fired on all days."""
        return self.days.total()


def dry_run(client: Client, catalogue: Catalogue, period: Period, zone: str) -> list[Fired]:
    """What the rules would have said of what happened in the period, by day of `zone`.

    By the rows as they are: what a correction has taken back since is not counted. Raises `ClickHouseError`.
    """
    fired = {rule.name: Fired(rule) for rule in catalogue.alerts.rules}
    for wanted in _wanted(client, catalogue, period):
        if period.since.timestamp() * 1000 <= wanted.began_at < period.until.timestamp() * 1000:
            one = fired[wanted.rule.name]
            if wanted.silenced_by is not None:
                one.silenced += 1
            else:
                one.days[datetime.fromtimestamp(wanted.began_at / 1000, ZoneInfo(zone)).date()] += 1
    return list(fired.values())


def _wanted(client: Client, catalogue: Catalogue, period: Period) -> Iterator[Wanted]:
    since, until = (round(moment.timestamp() * 1000) for moment in period)
    rules = catalogue.alerts
    earliest = since - max((rule.window for rule in (*rules.rate_rules, *rules.wait_rules)), default=0)
    counts: dict[Cell, Count] = {}
    for rows in _chunks(client, earliest, until):
        yield from wanted_of_customers(rows, catalogue, until, until, counts)
    for rule, group, totals in groups_of(counts, catalogue):
        found = episodes_between(rule, totals, since // rule.bucket, (until - 1) // rule.bucket)
        yield from wanted_of(rule, group, found)


def _chunks(client: Client, since: int, until: int) -> Iterator[list[CustomerRow]]:
    """All rows of some of the customers at a time."""
    period = {"since": since, "until": until}
    tables = _HAPPENED.items()
    counted = ", ".join(f"(SELECT count() FROM {table} WHERE {where})" for table, where in tables)  # noqa: S608 -- ours
    [counts] = client.execute(f"SELECT {counted}", period)
    chunks = 1 + sum(counts) // CHUNK_ROWS
    for chunk in range(chunks):
        parameters = {**period, "chunks": chunks, "chunk": chunk}
        found = (read_rows(client, table, where + _OF_CHUNK, parameters) for table, where in tables)
        yield [row for rows in found for row in rows if isinstance(row, CustomerRow)]
