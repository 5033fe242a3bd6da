"""Rows come back from the tables as they were written."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks.clickhouse.client import connected
from sinks.clickhouse.rows import read_rows
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.port import Row, Table
from tests.sinks.clickhouse import reading
from tests.sinks.rows import ROWS, entry, touchpoint_row


@pytest.mark.parametrize("table", ROWS)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_is_what_was_written(table: Table, data: st.DataObject, clickhouse: ClickHouseSettings) -> None:
    rows: list[Row] = data.draw(st.lists(ROWS[table], max_size=4))
    Writer(clickhouse).write(table, [entry(row, number) for number, row in enumerate(rows)])
    with connected(clickhouse) as client:
        got = read_rows(client, table, "1", {})
    assert sorted(map(repr, got)) == sorted(map(repr, reading.read_rows(clickhouse, table)))


def test_rows_are_chosen_by_parameters_whatever_they_hold(clickhouse: ClickHouseSettings) -> None:
    odd = 'anon:device:O\'Brien\\ "{x}" 电话\t'
    rows = [touchpoint_row(1), touchpoint_row(2, customer_id=odd)]
    Writer(clickhouse).write("touchpoints", [entry(row, number) for number, row in enumerate(rows)])
    with connected(clickhouse) as client:
        where = "customer_id IN {customers:Array(String)} AND received_at > fromUnixTimestamp64Milli({at:Int64}, 'UTC')"
        assert read_rows(client, "touchpoints", where, {"customers": [odd, "nobody"], "at": 0}) == [rows[1]]
