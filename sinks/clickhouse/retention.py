"""How long rows are kept: a TTL per table, as the catalogue wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from clickhouse_driver import Client

from sinks.clickhouse.cluster import Storage
from sinks.clickhouse.errors import ClickHouseError

TIMES: Mapping[str, str] = {
    "touchpoints": "occurred_at",
    "waits": "occurred_at",
    "care_groups": "told_at",
    "journeys": "started_at",
    "handoffs": "left_at",
    "promises": "made_at",
    "alerts": "event_time",
    "duplicates": "received_at",
    "receipts": "received_at",
    "dead_letters": "received_at",
    "dead_letter_actions": "acted_at",
    "rejected_rows": "rejected_at",
}
"""The tables whose rows may leave, and the time from which on they are kept."""

FOLLOWS: Mapping[str, str] = {
    "waits": "touchpoints",
    "care_groups": "touchpoints",
    "dead_letter_actions": "dead_letters",
}
"""Tables that are kept as long as the one that they are made of."""

_TTL = (
    "SELECT name, engine_full FROM system.tables WHERE database = {database:String} AND name IN {tables:Array(String)}"
)
_SECONDS = re.compile(r"\bTTL\b.*?toIntervalSecond\((\d+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """How long a table is kept now, and is to be (seconds; None: for ever), and how many rows are older than that."""

    table: str
    now: int | None
    wanted: int | None
    leaving: int

    @property
    def is_none(self) -> bool:
        """Whether the table is kept as long as it is to be."""
        return self.now == self.wanted

    def statement(self, storage: Storage) -> str:
        """The SQL that makes it so."""
        if self.wanted is None:
            return f"ALTER TABLE {storage.altered(self.table)} REMOVE TTL"
        return f"ALTER TABLE {storage.altered(self.table)} MODIFY TTL {_until(self.table, self.wanted)}"


def read_changes(client: Client, wanted: Mapping[str, int], storage: Storage) -> tuple[Change, ...]:
    """What is to be done for tables to be kept as `wanted` (ms by table; those left out for ever).

    Raises `ClickHouseError` where one of the tables is not there.
    """
    engines = dict(client.execute(_TTL, {"tables": list(TIMES), "database": storage.of_rows}))
    if missing := [table for table in TIMES if table not in engines]:
        raise ClickHouseError(f"{storage.of_rows} has no table {', '.join(missing)}: run `omnitrack migrate`")
    changes = []
    for table in TIMES:
        kept = wanted.get(FOLLOWS.get(table, table))
        seconds = None if kept is None else kept // 1000
        match = _SECONDS.search(engines[table])
        changes.append(Change(table, int(match[1]) if match else None, seconds, _leaving(client, table, seconds)))
    return tuple(changes)


def apply(client: Client, change: Change, storage: Storage) -> None:
    """Alter the table; ClickHouse removes rows that are older with its next merges, in the background."""
    client.execute(change.statement(storage))


def _until(table: str, seconds: int) -> str:
    # A DateTime, which a TTL has to be, begins in 1970; what happened before is as old as that.
    return f"toDateTime(greatest({TIMES[table]}, toDateTime64(0, 3, 'UTC')), 'UTC') + toIntervalSecond({seconds})"


def _leaving(client: Client, table: str, seconds: int | None) -> int:
    if seconds is None:
        return 0
    query = f"SELECT count() FROM `{table}` WHERE {_until(table, seconds)} < now()"  # noqa: S608 -- our own names
    return int(client.execute(query)[0][0])
