"""Which care groups a customer is in, as views ask for it: of any touchpoint, until that is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from clickhouse_driver import Client

from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings

WAITED = (
    "SELECT customer_id, care FROM selected_waits(since = '2026-03-01', until = '2026-04-01', intent = [],"
    " channel = [], care = {care:Array(String)}, anonymous = 0, by = [], zone = 'UTC') ORDER BY ALL"
)
INSERT = (
    "INSERT INTO touchpoints (customer_id, occurred_at, channel, event_id, touchpoint, stage, care, wait_seconds,"
    " version, is_deleted) VALUES"
)
AT = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture
def client(clickhouse: ClickHouseSettings) -> Iterator[Client]:
    with connected(clickhouse) as client:
        store(client, "C-1", "branch", care=["elderly", "disabled"])
        store(client, "C-1", "hotline", waited=30.0)
        store(client, "C-2", "hotline", waited=30.0)
        yield client


def store(client: Client, customer: str, channel: str, version: int = 1, **told: Any) -> None:
    row = {"care": [], "waited": None, "is_deleted": 0} | told
    first = (customer, AT, channel, "e", "service.step", "serve")
    client.execute(INSERT, [(*first, row["care"], row["waited"], version, row["is_deleted"])])


def waited(client: Client, care: list[str], **settings: int) -> list[tuple[str, list[str]]]:
    rows: list[tuple[str, list[str]]] = client.execute(WAITED, {"care": care}, settings=settings)
    return rows


def test_whom_one_channel_knows_to_be_elderly_waits_as_such_at_every_other(client: Client) -> None:
    assert waited(client, []) == [("C-1", ["elderly", "disabled"]), ("C-2", [])]
    assert waited(client, ["disabled"]) == [("C-1", ["elderly", "disabled"])]
    assert waited(client, ["minor"]) == []


def test_what_a_withdrawn_touchpoint_told_is_told_no_more(client: Client) -> None:
    store(client, "C-1", "atm", care=["elderly"])
    store(client, "C-1", "branch", version=2, is_deleted=1)
    assert waited(client, []) == [("C-1", ["elderly"]), ("C-2", [])]


def test_of_customers_who_lost_a_touchpoint_only_those_in_a_group_are_remembered_by_a_query(client: Client) -> None:
    # Each session that logs in leaves an anonymous customer without its touchpoints.
    client.execute(
        "INSERT INTO care_groups SELECT '', concat('anon:session:wechat:', toString(number)), '2026-03-05'"
        " FROM numbers(2000)"
    )
    assert waited(client, ["elderly"], max_rows_in_set=1000) == [("C-1", ["elderly", "disabled"])]
