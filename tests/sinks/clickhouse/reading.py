"""Reads rows of the ClickHouse tables back as the structs that were written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.port import Row, Table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_rows(settings: ClickHouseSettings, table: Table) -> list[Row]:
    """What `FINAL` shows of a table."""
    with connected(settings) as client:
        rows, types = client.execute(f"SELECT * FROM `{table}` FINAL", with_column_types=True)  # noqa: S608 -- a literal
    names = [name for name, _ in types]
    return [BUILDERS[table](dict(zip(names, map(_plain, row), strict=True))) for row in rows]


def _plain(value: object) -> object:
    match value:
        case datetime():
            # The driver reads times through floats, which are a microsecond off in far years.
            return round((value - EPOCH) / timedelta(milliseconds=1))
        case UUID():
            return str(value)
        case list():
            return tuple(_plain(item) for item in value)
        case _:
            return value


def _touchpoint(values: dict[str, Any]) -> TouchpointRow:
    return TouchpointRow(
        values["customer_id"],
        Touchpoint(**{name: values[name] for name in Touchpoint.__struct_fields__}),
        values["journey_id"],
        values["received_at"],
        Origin(values["source_topic"], values["source_partition"], values["source_offset"]),
        values["version"],
        values["is_deleted"],
    )


def _duplicate(values: dict[str, Any]) -> DuplicateRow:
    origin = Origin(values.pop("topic"), values.pop("partition"), values.pop("offset"))
    return DuplicateRow(origin, **values)


BUILDERS: dict[Table, Callable[[dict[str, Any]], Row]] = {
    "touchpoints": _touchpoint,
    "duplicates": _duplicate,
    "journeys": lambda values: JourneyRow(**values),
    "handoffs": lambda values: HandoffRow(**values),
    "promises": lambda values: PromiseRow(**values),
    "alerts": lambda values: AlertRow(**values),
    "dead_letters": lambda values: DeadLetter(**values),
}
