"""From rows to the columns of the ClickHouse tables: pure and column-wise.

Times are handed to the driver as integers, UTC milliseconds, which is what DateTime64(3) holds: no datetime object
is built. Every time of the years 1 to 9999 is stored exactly; others are refused. (ClickHouse 26 also prints them all,
older ones print the nearest bound of 1900 to 2299, and compare right.)
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec

from sinks.port import Rejection, Row, Table

EARLIEST_TIME = -62_135_596_800_000  # 0001-01-01 00:00:00.000 UTC
LATEST_TIME = 253_402_300_799_999  # 9999-12-31 23:59:59.999 UTC

Column = Sequence[Any]
Columns = dict[str, Column]


class UnstorableTime(ValueError):
    """A time is no UTC milliseconds of the years 1 to 9999."""


def columns_of(table: Table, rows: Sequence[Row]) -> Columns:
    """Column name → values for at least one row of `table`, ready for the driver.

    Raises `UnstorableTime`, or ValueError or AttributeError for a UUID that is none.
    """
    match table:
        case "touchpoints":
            columns = _touchpoint_columns(rows)
        case "duplicates":
            columns = _duplicate_columns(rows)
        case _:
            columns = _transpose(rows)
    return {name: CONVERTERS[name](column) if name in CONVERTERS else column for name, column in columns.items()}


def rejected_columns(rejections: Sequence[Rejection], rejected_at: int) -> Columns:
    """The columns of `rejected_rows` for at least one rejection; payloads become base64."""
    columns = _transpose(rejections)
    columns["payload"] = [base64.b64encode(payload).decode() for payload in columns["payload"]]
    # What a payload holds may break the very message about it: no text may make a rejection unstorable.
    columns["error"] = [error.encode(errors="backslashreplace").decode() for error in columns["error"]]
    columns["rejected_at"] = [rejected_at] * len(rejections)
    return columns


def _touchpoint_columns(rows: Sequence[Row]) -> Columns:
    columns = _transpose(rows)
    columns |= _transpose(columns.pop("touchpoint"))
    origin = _transpose(columns.pop("origin"))
    return columns | {f"source_{name}": column for name, column in origin.items()}


def _duplicate_columns(rows: Sequence[Row]) -> Columns:
    columns = _transpose(rows)
    return _transpose(columns.pop("origin")) | columns


def _transpose(rows: Sequence[msgspec.Struct]) -> Columns:
    return {name: list(map(attrgetter(name), rows)) for name in rows[0].__struct_fields__}


def times(column: Column) -> Column:
    """The column as it is, Unix milliseconds. Raises `UnstorableTime` outside the years 1 to 9999."""
    if min(column) < EARLIEST_TIME or max(column) > LATEST_TIME:
        raise UnstorableTime(f"a time from {min(column)} to {max(column)} ms is outside the years 1 to 9999")
    return column


def nullable_times(column: Column) -> Column:
    """As `times`, where None stands for no time."""
    given = [time for time in column if time is not None]
    if given:
        times(given)
    return column


def time_lists(column: Column) -> Column:
    """As `times`, where each value is a list of times."""
    given = [time for row in column for time in row]
    if given:
        times(given)
    return column


def uuids(column: Column) -> Column:
    """Rows of one journey follow each other: each text is parsed once."""
    parsed: dict[str | None, UUID | None] = {text: None if text is None else UUID(text) for text in set(column)}
    return [parsed[text] for text in column]


CONVERTERS: Mapping[str, Callable[[Column], Column]] = {
    "occurred_at": times,
    "received_at": times,
    "started_at": times,
    "last_at": times,
    "left_at": times,
    "made_at": times,
    "raised_at": times,
    "updated_at": times,
    "event_time": times,
    "due_at": nullable_times,
    "ended_at": nullable_times,
    "arrived_at": nullable_times,
    "kept_at": nullable_times,
    "replayed_at": nullable_times,
    "resolved_at": nullable_times,
    "dropped_at": nullable_times,
    "referral_due_at": nullable_times,
    "promise_due_at": nullable_times,
    "contact_starts": time_lists,
    "journey_id": uuids,
    "handoff_id": uuids,
    "alert_id": uuids,
}
TIMES = frozenset(name for name, convert in CONVERTERS.items() if convert in (times, nullable_times, time_lists))
"""Columns of Unix milliseconds, alone or in lists."""
