"""In which order branches stand by how their customers wait."""

from __future__ import annotations

from datetime import UTC, datetime

from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings

AT = datetime(2026, 3, 5, tzinfo=UTC)
INSERT = (
    "INSERT INTO touchpoints (customer_id, occurred_at, channel, event_id, touchpoint, stage, details, wait_seconds,"
    " version, is_deleted) VALUES"
)
BRANCHES = (
    "SELECT branch_id, n, within FROM explorer_wait_branches(since = '2026-03-01', until = '2026-04-01', intent = [],"
    " channel = [], care = [], anonymous = 0, limit = 10)"
)
SHORT, LONG = 1.0, 100_000.0


def test_a_branch_of_a_few_waits_does_not_stand_first_by_chance(clickhouse: ClickHouseSettings) -> None:
    waits = {"good": [SHORT] * 20, "worse": [SHORT] * 18 + [LONG] * 2, "a single wait": [LONG]}
    rows = [
        (
            "C-1",
            AT,
            "branch",
            f"{branch}-{number}",
            "counter.queued",
            "serve",
            f'{{"branch_id":"{branch}"}}',
            seconds,
            1,
            0,
        )
        for branch, all_seconds in waits.items()
        for number, seconds in enumerate(all_seconds)
    ]
    with connected(clickhouse) as client:
        client.execute(INSERT, rows)

        assert client.execute(BRANCHES) == [("worse", 20, 18), ("good", 20, 20), ("a single wait", 1, 0)]
