"""Every metric's view answers what its formula gives on the same rows, whatever the rows, filters and groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import DAY, Answer, Metric, Question, ask, list_metrics
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from tests.sinks.clickhouse.metrics.formulas import Formulas
from tests.sinks.clickhouse.metrics.rows_at_random import CATALOGUE, Tables, rows_at_random
from tests.sinks.rows import entry
from tests.support.clickhouse import fresh_database

MARCH = Question(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), minimum=3)
QUESTIONS = {
    "a month": MARCH,
    "everything, with everyone": Question(
        datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), anonymous=True
    ),
    "days of a fortnight elsewhere": replace(MARCH, until=MARCH.since + 14 * DAY, by=("day",), zone="Asia/Shanghai"),
    "weeks by channel": replace(MARCH, by=("week", "channel"), zone="America/New_York"),
    "months by intent": replace(
        MARCH, since=MARCH.since - 20 * DAY, until=MARCH.until + 20 * DAY, by=("month", "intent")
    ),
    "two channels": replace(MARCH, channels=("branch", "hotline"), by=()),
    "one channel and intent": replace(MARCH, channels=("hotline",), intents=("card",)),
    "care groups": replace(MARCH, care=("elderly", "other"), by=("intent",)),
    "as it was in the middle": replace(MARCH, as_of=MARCH.since + 20 * DAY, by=()),
    "a narrow window": replace(MARCH, window=DAY, by=()),
}
SCENARIOS: dict[str, dict[str, Any]] = {
    "nothing": {"count": 0},
    "a single row": {"seed": 3, "count": 1},
    "few": {"seed": 1, "count": 12},
    "one channel": {"seed": 2, "count": 60, "channels": ("hotline",)},
    "many": {"seed": 4, "count": 700},
    "corrections in flight": {"seed": 5, "count": 300, "corrections": 1.0},
}
THOROUGH = ("many", "corrections in flight")
BRIEF = ("a month", "everything, with everyone", "two channels", "a narrow window")
COMPONENTS = {
    "completion_parity": "parity",
    "wait_parity": "parity",
    "context_carry": "rate",
    "handoff_success": "rate",
    "answer_agreement": "rate",
}
METRICS = {metric.name: metric for metric in list_metrics()}


@cache
def rows_of(scenario: str) -> Tables:
    return rows_at_random(**{"seed": 0, **SCENARIOS[scenario]})


@pytest.fixture(scope="module", params=SCENARIOS)
def filled(request: pytest.FixtureRequest, clickhouse_url: str) -> Iterator[tuple[str, ClickHouseSettings]]:
    """A database with the rows of a scenario, every version of them, in several unmerged parts."""
    with fresh_database(clickhouse_url) as settings:
        migrate(settings, CATALOGUE)
        with connected(settings) as client:
            client.execute("SYSTEM STOP MERGES")
        writer = Writer(settings)
        for table, rows in rows_of(request.param).writes.items():
            third = len(rows) // 3 + 1
            for start in range(0, len(rows), third):
                writer.write(table, [entry(row) for row in rows[start : start + third]])
        yield request.param, settings


@pytest.mark.parametrize("name", METRICS)
def test_the_view_answers_what_the_formula_gives(filled: tuple[str, ClickHouseSettings], name: str) -> None:
    scenario, settings = filled
    metric = METRICS[name]
    with connected(settings) as client:
        for title, question in QUESTIONS.items():
            if scenario not in THOROUGH and title not in BRIEF:
                continue
            fit = fitted(metric, question)
            answer = ask(client, metric, fit)
            by = metric.by_default if fit.by is None else fit.by
            wanted = getattr(Formulas(rows_of(scenario), CATALOGUE, fit, by), name)()
            assert keyed(metric, answer.dicts) == keyed(metric, wanted), f"{name}: {title}"
            assert [column for column, _ in answer.columns] == list(metric.columns)


def test_paths_add_up_to_the_journeys(filled: tuple[str, ClickHouseSettings]) -> None:
    _, settings = filled
    with connected(settings) as client:
        for question in (MARCH, replace(MARCH, anonymous=True), replace(MARCH, channels=("branch",))):
            paths = ask(client, METRICS["journey_paths"], question).dicts
            journeys = ask(client, METRICS["journeys"], replace(question, by=())).dicts
            assert sum(row["n"] for row in paths) == sum(row["journeys"] for row in journeys)
            assert {row["journeys"] for row in paths} == {row["journeys"] for row in journeys}


def test_the_index_has_the_components_that_their_own_views_tell(filled: tuple[str, ClickHouseSettings]) -> None:
    _, settings = filled
    with connected(settings) as client:
        question = replace(MARCH, by=(), anonymous=True)
        [index] = ask(client, METRICS["consistency_index"], replace(question, by=())).dicts
        for name, column in COMPONENTS.items():
            rows = ask(client, METRICS[name], question).dicts
            assert _loose(index[name]) == _loose(rows[0][column] if rows else None), name


def test_scenarios_show_something_of_every_metric() -> None:
    """Otherwise equal answers could be equal nothings."""
    for name, metric in METRICS.items():
        question = fitted(metric, MARCH)
        by = metric.by_default if question.by is None else question.by
        rows = getattr(Formulas(rows_of("many"), CATALOGUE, question, by), name)()
        assert sum(row["n"] for row in rows) > 20, name


def fitted(metric: Metric, question: Question) -> Question:
    """`question` without the filters and groups that the metric does not offer."""
    if "intent" not in metric.parameters:
        question = replace(question, intents=(), care=())
    if question.by is not None:
        question = replace(question, by=tuple(it for it in question.by if it in metric.dimensions))
    return question


def keyed(metric: Metric, rows: list[dict[str, Any]]) -> list[Any]:
    """The rows in an order of their own, with numbers that may differ in their last digits."""
    found = [[_loose(row[column]) for column in metric.columns] for row in rows]
    return sorted(found, key=lambda row: [str(value) for value in row if not isinstance(value, float)])


def _loose(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.9g}") if abs(value) > 1e-12 else 0.0
        case list() | tuple():
            return [_loose(item) for item in value]
        case _:
            return value


def test_an_answer_names_its_columns() -> None:
    answer = Answer((("a", "UInt8"), ("b", "String")), ((1, "x"),))
    assert answer.dicts == [{"a": 1, "b": "x"}]
