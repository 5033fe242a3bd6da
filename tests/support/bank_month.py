"""A simulated bank's month in ClickHouse, as it stood yesterday evening and stands today: the bank of docs/analysts.md.

Everything follows from the seed, so that what is asked of it has one answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.catalogue import load_catalogue
from schemas.rows import HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Touchpoint
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.port import Row, Table
from sources.simulator import Plan
from tests.sinks.rows import entry
from tests.support.filled import BATCH, LATENCY, Bank, simulated_touchpoints, stitched_bank
from tests.support.simulated_dirt import dirt_of

DAY = 86_400_000
TODAY = round(datetime(2026, 3, 31, 10, tzinfo=UTC).timestamp() * 1000)  # 18:00 in Shanghai
YESTERDAY = TODAY - DAY
PLAN = Plan(since=TODAY - 30 * DAY, seed=1, customers=600)
CATALOGUE = load_catalogue(Path(__file__).parents[2] / "deploy" / "catalogue.yaml")

Key = tuple[str, ...]
Pairs = Iterable[tuple[str, Touchpoint]]


class BankMonth:
    """The month in the database of `settings`, which need not exist; touchpoints may still arrive, late ones too."""

    def __init__(self, settings: ClickHouseSettings) -> None:
        self._writer = Writer(settings)
        self._touchpoints: dict[str, list[Touchpoint]] = defaultdict(list)
        self._rows: dict[Table, dict[Key, Any]] = defaultdict(dict)
        self._offsets: dict[str, int] = defaultdict(int)
        migrate(settings, CATALOGUE)
        pairs = simulated_touchpoints(PLAN, CATALOGUE, TODAY)
        of_today = [pair for pair in pairs if pair[1].occurred_at + LATENCY > YESTERDAY]
        self.arrive([pair for pair in pairs if pair[1].occurred_at + LATENCY <= YESTERDAY], YESTERDAY)
        self.arrive(of_today, TODAY, {customer for customer, _ in pairs})
        for table, rows in dirt_of(PLAN, CATALOGUE, TODAY, pairs).items():
            self._write(table, rows)

    def arrive(self, pairs: Pairs, clock: int, judged: set[str] | None = None, received_at: int | None = None) -> None:
        """Store what touchpoints change at `clock` (ms), as the pipeline does: new versions, and tombstones.

        `judged` are the customers whose rows are made anew, besides those of `pairs`. `received_at` None: each was
        received at once.
        """
        customers = set(judged or ())
        for customer, touchpoint in pairs:
            customers.add(customer)
            self._touchpoints[customer].append(touchpoint)
        every = [(customer, it) for customer in sorted(customers) for it in self._touchpoints[customer]]
        bank = stitched_bank(every, CATALOGUE, clock)
        bank.touchpoints = [self._as_received(row, received_at) for row in bank.touchpoints]
        for table, rows in _keyed(bank).items():
            self._settle(table, rows, customers, clock)

    def _as_received(self, row: TouchpointRow, received_at: int | None) -> TouchpointRow:
        """With the origin and the time of its first arrival."""
        known = self._rows["touchpoints"].get(_key(row))
        if known is not None:
            return msgspec.structs.replace(row, origin=known.origin, received_at=known.received_at)
        topic = row.origin.topic
        origin = msgspec.structs.replace(row.origin, offset=self._offsets[topic])
        self._offsets[topic] += 1
        return msgspec.structs.replace(row, origin=origin, received_at=received_at or row.received_at)

    def _settle(self, table: Table, rows: Mapping[Key, Any], customers: set[str], clock: int) -> None:
        before = {key: row for key, row in self._rows[table].items() if key[0] in customers}
        changed = [
            msgspec.structs.replace(row, version=clock)
            for key, row in rows.items()
            if key not in before or msgspec.structs.replace(before[key], version=row.version) != row
        ]
        gone = [row for key, row in before.items() if key not in rows]
        for row in gone:
            del self._rows[table][_key(row)]
        self._rows[table].update((_key(row), row) for row in changed)
        self._write(table, [*changed, *(msgspec.structs.replace(it, version=clock, is_deleted=1) for it in gone)])

    def _write(self, table: Table, rows: list[Any]) -> None:
        for start in range(0, len(rows), BATCH):
            self._writer.write(table, [entry(row) for row in rows[start : start + BATCH]])


def _keyed(bank: Bank) -> dict[Table, dict[Key, Row]]:
    return {table: {_key(row): row for row in rows} for table, rows in bank.tables.items()}


def _key(row: Row) -> Key:
    match row:
        case TouchpointRow():
            return row.customer_id, row.touchpoint.channel, row.touchpoint.event_id
        case JourneyRow():
            return row.customer_id, row.journey_id
        case HandoffRow():
            return row.customer_id, row.handoff_id
        case PromiseRow():
            return row.customer_id, row.promise_id
        case _:
            raise TypeError(f"stitching makes no {type(row).__name__}")
