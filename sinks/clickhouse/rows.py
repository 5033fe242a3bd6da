"""From the ClickHouse tables back to the rows that were written: the inverse of `columns`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from clickhouse_driver import Client

from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.columns import CONVERTERS, Column, nullable_times, time_lists, times, uuids
from sinks.port import Row, Table

_ORIGIN = ("source_topic", "source_partition", "source_offset")
_TOUCHPOINT = Touchpoint.__struct_fields__
_FIELDS: Mapping[Table, tuple[str, ...]] = {
    "touchpoints": ("customer_id", *_TOUCHPOINT, "journey_id", "received_at", *_ORIGIN, "version", "is_deleted"),
    "journeys": JourneyRow.__struct_fields__,
    "handoffs": HandoffRow.__struct_fields__,
    "promises": PromiseRow.__struct_fields__,
    "alerts": AlertRow.__struct_fields__,
    "dead_letters": DeadLetter.__struct_fields__,
    "duplicates": ("topic", "partition", "offset", *DuplicateRow.__struct_fields__[1:]),
}
_EXPRESSIONS: Mapping[Callable[[Column], Column], str] = {
    times: "toUnixTimestamp64Milli({})",
    nullable_times: "toUnixTimestamp64Milli({})",
    time_lists: "arrayMap(time -> toUnixTimestamp64Milli(time), {})",
    uuids: "toString({})",
}


def read_rows(client: Client, table: Table, where: str, parameters: Mapping[str, Any]) -> list[Row]:
    """What FINAL shows of `table`, as rows equal to those written; `where` is SQL with `{name:Type}` parameters."""
    fields = _FIELDS[table]
    selected = ", ".join(f"{_expression(name)} AS `{name}`" for name in fields)
    # The aliases must not hide the columns of the same names from the condition.
    source = f"SELECT * FROM `{table}` FINAL WHERE {where}"  # noqa: S608 -- a literal, and SQL of the caller's own
    query = f"SELECT {selected} FROM ({source})"  # noqa: S608 -- our own names
    columns = client.execute(query, dict(parameters), columnar=True)
    return list(map(_MAKERS[table], zip(*map(_plain, columns), strict=True)))


def _expression(name: str) -> str:
    converter = CONVERTERS.get(name)
    return f"`{name}`" if converter is None else _EXPRESSIONS[converter].format(f"`{name}`")


def _plain(column: Sequence[Any]) -> Iterable[Any]:
    return map(tuple, column) if column and isinstance(column[0], list) else column


def _touchpoint(values: Sequence[Any]) -> TouchpointRow:
    end = 1 + len(_TOUCHPOINT)
    journey_id, received_at, *origin, version, is_deleted = values[end:]
    touchpoint = Touchpoint(*values[1:end])
    return TouchpointRow(values[0], touchpoint, journey_id, received_at, Origin(*origin), version, is_deleted)


def _duplicate(values: Sequence[Any]) -> DuplicateRow:
    return DuplicateRow(Origin(*values[:3]), *values[3:])


_MAKERS: Mapping[Table, Callable[[Sequence[Any]], Row]] = {
    "touchpoints": _touchpoint,
    "duplicates": _duplicate,
    "journeys": lambda values: JourneyRow(*values),
    "handoffs": lambda values: HandoffRow(*values),
    "promises": lambda values: PromiseRow(*values),
    "alerts": lambda values: AlertRow(*values),
    "dead_letters": lambda values: DeadLetter(*values),
}
