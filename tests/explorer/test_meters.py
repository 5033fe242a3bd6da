"""Prometheus is told how the explorer's questions fare."""

from __future__ import annotations

from explorer.meters import shown
from explorer.store import Store
from omnitrack.ports import LOOPBACK, free_port
from sinks.clickhouse.settings import ClickHouseSettings
from tests.explorer.test_store import kind
from tests.support.page import Page


def test_questions_are_timed_and_those_without_an_answer_counted_by_why(clickhouse: ClickHouseSettings) -> None:
    nobody = ClickHouseSettings.of(f"clickhouse://default@{LOOPBACK}:{free_port()}/omnitrack")
    page = Page()
    with shown(LOOPBACK, page.port):
        (timed,) = page.samples("omnitrack_explorer_query_seconds_count")
        away = sum(page.samples("omnitrack_explorer_failures_total", kind="away"))
        assert kind(Store(clickhouse, seconds=10), "SELECT 1") == "answered"
        assert kind(Store(nobody, seconds=10), "SELECT 1") == "away"
        assert page.samples("omnitrack_explorer_query_seconds_count") == [timed + 2]
        assert page.samples("omnitrack_explorer_failures_total", kind="away") == [away + 1]
    assert page.get("/metrics") == (0, "")


def test_without_a_port_nothing_is_shown() -> None:
    with shown(LOOPBACK, 0):
        pass
