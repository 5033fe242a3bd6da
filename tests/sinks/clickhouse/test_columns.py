"""Rows become the columns of their table, and what cannot be stored is refused before it is sent."""

from __future__ import annotations

import re
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.columns import EARLIEST_TIME, LATEST_TIME, UnstorableTime, columns_of, rejected_columns
from sinks.clickhouse.migrate import FOLDER
from sinks.port import Rejection, Table
from tests.sinks.rows import JOURNEY, NOON, ROWS, promise_row, touchpoint_row

TABLES = sorted(ROWS)


def columns_in_sql(table: str) -> set[str]:
    """The columns that the migrations give a table."""
    files = [path.read_text() for path in sorted(FOLDER.glob("*.sql"))]
    created = next(sql for sql in files if f"CREATE TABLE IF NOT EXISTS {table}\n" in sql)
    added = re.findall(rf"^ALTER TABLE {table} ADD COLUMN IF NOT EXISTS `(\w+)`", "\n".join(files), re.MULTILINE)
    return {*re.findall(r"^ +`(\w+)`", created, re.MULTILINE), *added}


@pytest.mark.parametrize("table", TABLES)
@given(data=st.data())
def test_every_column_of_the_table_gets_a_value_for_each_row(table: Table, data: st.DataObject) -> None:
    rows = data.draw(st.lists(ROWS[table], min_size=1, max_size=5))
    columns = columns_of(table, rows)
    assert set(columns) == columns_in_sql(table)
    assert {len(column) for column in columns.values()} == {len(rows)}


def test_a_touchpoint_is_laid_out_flat_with_its_origin() -> None:
    columns = columns_of("touchpoints", [touchpoint_row(1), touchpoint_row(2, journey_id=None)])
    assert columns["event_id"] == ["call-1", "call-2"]
    assert columns["occurred_at"] == [NOON + 1, NOON + 2]
    assert columns["journey_id"] == [UUID(JOURNEY), None]
    assert columns["source_topic"] == ["omnitrack.touchpoints.hotline"] * 2
    assert (columns["source_partition"], columns["source_offset"]) == ([1, 2], [1, 2])


@pytest.mark.parametrize("time", [0, -1, EARLIEST_TIME, LATEST_TIME, 10_413_792_000_000])
def test_every_time_of_the_years_1_to_9999_is_handed_on_as_it_is(time: int) -> None:
    columns = columns_of("promises", [promise_row(made_at=time, kept_at=time)])
    assert (columns["made_at"], columns["kept_at"]) == ([time], [time])


@pytest.mark.parametrize("field", ["made_at", "kept_at"])
@pytest.mark.parametrize("time", [EARLIEST_TIME - 1, LATEST_TIME + 1, 2**70])
def test_a_time_of_no_such_year_is_refused(field: str, time: int) -> None:
    with pytest.raises(UnstorableTime, match="years 1 to 9999"):
        columns_of("promises", [promise_row(), msgspec.structs.replace(promise_row(), **{field: time})])


def test_a_uuid_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        columns_of("promises", [promise_row(journey_id="journey")])


def test_a_rejection_keeps_the_payload_in_base64_and_any_error_text() -> None:
    rejection = Rejection("promises", "out", 1, 7, b"\xff\x00", "bad \ud800")
    columns = rejected_columns([rejection], NOON)
    assert set(columns) == columns_in_sql("rejected_rows")
    assert columns["payload"] == ["/wA="]
    assert columns["error"] == ["bad \\ud800"]
