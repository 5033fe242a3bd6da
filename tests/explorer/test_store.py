"""Questions to ClickHouse are answered, or it is said why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from explorer.filters import Filters, Period
from explorer.pages.page import Page
from explorer.pages.registry import PAGES
from explorer.queries import BEFORE, Query, Scope
from explorer.store import Facts, Failure, Store
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.view_calls import Call
from tests.support.clickhouse import EmbeddedClickHouse

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SCOPE = Scope(Filters(), Period(NOW - timedelta(days=7), NOW), "Asia/Shanghai", NOW)


def asking(sql: str) -> Query:
    return Query("", Call(sql, {}, sql))


def asked(page: Page, scope: Scope) -> dict[str, Query]:
    """What a page asks; the period before is asked for the same."""
    return {name: query for name, query in page.queries(scope).items() if not name.endswith(BEFORE)}


def kind(store: Store, sql: str) -> str:
    answer = store.read({"it": asking(sql)})["it"]
    return answer.kind if isinstance(answer, Failure) else "answered"


def test_every_page_can_be_asked_with_any_filter_and_the_copied_sql_asks_the_same(
    clickhouse: ClickHouseSettings,
) -> None:
    store = Store(clickhouse, seconds=30)
    for page in PAGES.values():
        own = dict.fromkeys(page.own, "'; DROP TABLE journeys --")
        hostile = Filters(intents=("a'b\\",), channels=("c\\",), care=("{d:String}",), own=own)
        queries = asked(page, replace(SCOPE, filters=hostile))
        copies = {name: asking(query.call.spelled) for name, query in queries.items()}
        answers, copied = store.read(queries), store.read(copies)
        assert [answer for answer in answers.values() if isinstance(answer, Failure)] == []
        assert copied == answers


def test_a_page_without_its_own_filters_is_asked_too(clickhouse: ClickHouseSettings) -> None:
    store = Store(clickhouse, seconds=30)
    for page in PAGES.values():
        if page.own:
            assert [it for it in store.read(asked(page, SCOPE)).values() if isinstance(it, Failure)] == []


def test_an_empty_database_has_no_facts_but_a_time_zone(clickhouse: ClickHouseSettings) -> None:
    facts = Store(clickhouse, seconds=30).facts()
    assert isinstance(facts, Facts)
    assert (facts.zone, facts.touchpoints, facts.channels) == ("UTC", 0, ())


def test_what_is_missing_too_slow_or_wrong_is_told_apart(clickhouse: ClickHouseSettings) -> None:
    endless = "SELECT sum(sleepEachRow(0.01)) FROM numbers(1000000) SETTINGS max_block_size = 1"
    assert kind(Store(clickhouse, seconds=0.2), endless) == "slow"
    store = Store(clickhouse, seconds=30)
    assert kind(store, "SELECT * FROM no_such_view") == "missing"
    assert kind(store, "SELECT nonsense") == "refused"
    assert kind(store, "SELECT 1") == "answered"


def test_clickhouse_may_go_away_and_come_back(own_clickhouse: EmbeddedClickHouse, tmp_path: Path) -> None:
    store = Store(ClickHouseSettings.of(own_clickhouse.url), seconds=30)
    assert kind(store, "SELECT 1") == "refused" or kind(store, "SELECT 1") == "missing"
    own_clickhouse.kill()
    assert kind(store, "SELECT 1") == "away"
    own_clickhouse.start_again()
    assert kind(store, "SELECT 1") == "missing"
