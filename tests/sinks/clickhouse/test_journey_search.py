"""Whom a search for journeys finds."""

from __future__ import annotations

import pytest

from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from tests.sinks.rows import NOON, entry
from tests.streams.alerting.rows import journey

SEARCH = (
    "SELECT DISTINCT customer_id FROM explorer_journeys(since = '2026-01-01', until = '2027-01-01', intent = [],"
    " channel = [], care = [], anonymous = 0, customer = {customer:String}, case = '', status = '', path = '',"
    " failure = '', limit = 10) ORDER BY customer_id"
)


@pytest.mark.parametrize(
    ("customer", "found"),
    [("C-1", ["C-1"]), ("C-10", ["C-10"]), ("C-", ["C-1", "C-10"]), ("", ["C-1", "C-10"]), ("C-2", [])],
)
def test_a_customer_is_found_without_those_whose_number_begins_so_and_else_a_beginning(
    clickhouse: ClickHouseSettings, customer: str, found: list[str]
) -> None:
    rows = [journey(name, started_at=NOON, channels=("branch",)) for name in ("C-1", "C-10")]
    Writer(clickhouse).write("journeys", [entry(row) for row in rows])
    with connected(clickhouse) as client:
        assert [one for (one,) in client.execute(SEARCH, {"customer": customer})] == found
