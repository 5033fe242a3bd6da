"""A care group is the customer's: told on one channel it holds on every other, as long as a touchpoint tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.rows import TouchpointRow
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import Question, ask, find_metric
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from tests.sinks.clickhouse.metrics.rows_at_random import CATALOGUE, DAY, HOUR, MARCH
from tests.sinks.rows import entry

QUESTION = Question(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def touchpoint(channel: str, at: int, customer: str = "C-1", **fields: Any) -> TouchpointRow:
    told = Touchpoint(channel, f"{customer}-{at}", at, touchpoint="service.queue", stage="wait", **fields)
    return TouchpointRow(customer, told, None, at, Origin(f"omnitrack.touchpoints.{channel}", 0, at), 1)


KNOWN_AT_THE_BRANCH = touchpoint("branch", MARCH - 20 * DAY, care=("elderly",))
WAITS_AT_THE_HOTLINE = touchpoint("hotline", MARCH + HOUR, wait_seconds=900.0)
ANOTHER_WAITS = touchpoint("hotline", MARCH + HOUR, customer="C-2", wait_seconds=5.0)


def waiting(settings: ClickHouseSettings, *rows: TouchpointRow) -> tuple[int, int, int]:
    """How many waits are of the elderly and disabled, of the others, and of those whom the filter asks for."""
    Writer(settings).write("touchpoints", [entry(row) for row in rows])
    with connected(settings) as client:
        [parity] = ask(client, find_metric("priority_parity"), QUESTION).dicts
        asked = replace(QUESTION, care=("elderly",), by=())
        found = sum(row["n"] for row in ask(client, find_metric("wait"), asked).dicts)
    return parity["priority_n"], parity["others_n"], found


def test_who_is_elderly_at_the_branch_is_so_at_the_hotline_that_does_not_know_it(
    clickhouse: ClickHouseSettings,
) -> None:
    migrate(clickhouse, CATALOGUE)
    assert waiting(clickhouse, WAITS_AT_THE_HOTLINE, ANOTHER_WAITS) == (0, 2, 0)
    assert waiting(clickhouse, KNOWN_AT_THE_BRANCH) == (1, 1, 1)


def test_what_a_withdrawn_touchpoint_told_is_told_no_more_unless_another_tells_it(
    clickhouse: ClickHouseSettings,
) -> None:
    migrate(clickhouse, CATALOGUE)
    assert waiting(clickhouse, WAITS_AT_THE_HOTLINE, ANOTHER_WAITS, KNOWN_AT_THE_BRANCH) == (1, 1, 1)
    withdrawn = msgspec.structs.replace(KNOWN_AT_THE_BRANCH, version=2, is_deleted=1)
    assert waiting(clickhouse, withdrawn) == (0, 2, 0)
    assert waiting(clickhouse, touchpoint("atm", MARCH - 3 * DAY, care=("elderly", "disabled"))) == (1, 1, 1)
    assert waiting(clickhouse, msgspec.structs.replace(KNOWN_AT_THE_BRANCH, version=3)) == (1, 1, 1)


def test_of_customers_who_lost_a_touchpoint_a_question_remembers_only_those_in_a_group(
    clickhouse: ClickHouseSettings,
) -> None:
    """Each session that logs in leaves an anonymous customer without its touchpoints."""
    migrate(clickhouse, CATALOGUE)
    waiting(clickhouse, WAITS_AT_THE_HOTLINE, KNOWN_AT_THE_BRANCH)
    with connected(clickhouse) as client:
        client.execute(
            "INSERT INTO care_groups SELECT '', concat('anon:session:wechat:', toString(number)), '2026-03-05'"
            " FROM numbers(2000)"
        )
        [parity] = ask(client, find_metric("priority_parity"), QUESTION, {"max_rows_in_set": 1000}).dicts
    assert parity["priority_n"] == 1
