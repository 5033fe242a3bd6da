"""Metrics are found by name, tell what they mean, and are asked with every parameter filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sinks.clickhouse.metrics import (
    Metric,
    Question,
    UnfitQuestion,
    UnknownMetric,
    find_metric,
    list_metrics,
    question_call,
)

CATALOGUED = {
    "handoff_matrix",
    "handoff_success",
    "context_carry",
    "reask_rate",
    "ping_pong",
    "first_contact_resolution",
    "repeat_contact",
    "one_visit",
    "promise_kept",
    "wait",
    "wait_parity",
    "completion_parity",
    "answer_agreement",
    "consistency_index",
    "priority_parity",
    "containment",
    "journey_effort",
    "satisfaction",
    "journey_paths",
    "data_quality",
}
MARCH = Question(
    datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), as_of=datetime(2026, 5, 1, tzinfo=UTC)
)


def test_all_metrics_of_the_specification_are_there() -> None:
    assert {metric.name for metric in list_metrics()} >= CATALOGUED


@pytest.mark.parametrize("metric", list_metrics(), ids=lambda metric: metric.name)
def test_a_metric_tells_what_it_means(metric: Metric) -> None:
    words = (metric.title, metric.meaning, metric.formula, metric.unit, metric.source, metric.counted)
    assert all(words)
    assert all(metric.columns.values())
    assert "n" in metric.columns
    assert set(metric.by_default) <= set(metric.dimensions)
    assert ("by" in metric.parameters) == bool(metric.dimensions)
    assert metric.headline is None or metric.headline.column in metric.columns
    assert ("rate" in metric.columns) == ({"rate", "low", "high"} <= metric.columns.keys())


def test_a_name_may_be_that_of_the_view() -> None:
    assert find_metric("metric_wait") is find_metric("wait")


def test_a_mistyped_name_is_told_the_nearest_one_a_strange_one_all() -> None:
    with pytest.raises(UnknownMetric, match=r"no metric is called handof_sucess: did you mean handoff_success\?"):
        find_metric("handof_sucess")
    with pytest.raises(UnknownMetric, match=r"there are journeys, handoff_matrix, .*data_quality"):
        find_metric("xyzzy")


def test_a_question_fills_in_every_parameter_of_the_view() -> None:
    for metric in list_metrics():
        call = question_call(metric, MARCH)
        assert call.parameters.keys() == metric.parameters.keys()
        assert all(f"{{{name}:{kind}}}" in call.sql for name, kind in metric.parameters.items())


def test_the_query_can_be_copied() -> None:
    question = replace(MARCH, channels=("branch", "it's"), by=("week",), zone="Asia/Shanghai")
    assert question_call(find_metric("handoff_success"), question).spelled == (
        "SELECT *\nFROM metric_handoff_success(since = '2026-03-01 00:00:00.000', until = '2026-04-01 00:00:00.000', "
        "intent = [], channel = ['branch', 'it\\'s'], care = [], anonymous = 0, by = ['week'], zone = 'Asia/Shanghai')"
    )


def test_times_are_asked_for_in_utc_and_spans_in_seconds() -> None:
    bank = timezone(timedelta(hours=8))
    question = replace(MARCH, since=datetime(2026, 3, 1, 0, 0, 0, 5_999, bank), window=timedelta(days=1))
    parameters = question_call(find_metric("first_contact_resolution"), question).parameters
    assert parameters["since"] == "2026-02-28 16:00:00.005"
    assert parameters["window"] == 86_400


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        (
            "reask_rate",
            {"by": ("hour",)},
            "reask_rate cannot be grouped by hour: it can by day, week, month, intent, channel",
        ),
        ("wait_parity", {"by": ("day",)}, "wait_parity cannot be grouped by day: it can by nothing"),
        ("data_quality", {"intents": ("card",)}, "data_quality has no filter intent"),
        ("data_quality", {"care": ("elderly",)}, "data_quality has no filter care"),
    ],
)
def test_what_a_metric_cannot_answer_is_said(name: str, changes: dict[str, tuple[str, ...]], problem: str) -> None:
    with pytest.raises(UnfitQuestion, match=problem):
        question_call(find_metric(name), replace(MARCH, **changes))  # type: ignore[arg-type]
