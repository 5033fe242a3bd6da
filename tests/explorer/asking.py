"""What the views answer, for comparison with what the pages show."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from explorer.words import words_in
from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import Question, Row, ask, find_metric
from sinks.clickhouse.settings import ClickHouseSettings

ZONE = "Asia/Shanghai"
WORDS = words_in("en", ZONE)
TODAY = datetime.now(ZoneInfo(ZONE)).date()
FIRST, LAST = TODAY - timedelta(days=11), TODAY - timedelta(days=2)
# Whole days that are over: what is counted in them stays the same while tests run.
DAYS = f"?from={FIRST}&to={LAST}"


def answer(settings: ClickHouseSettings, name: str, by: tuple[str, ...] = (), **more: Any) -> list[Row]:
    """The rows of a metric over the days of `DAYS`."""
    metric = find_metric(name)
    question = Question(
        since=midnight(FIRST),
        until=midnight(LAST + timedelta(days=1)),
        by=tuple(dimension for dimension in by if dimension in metric.dimensions),
        zone=ZONE,
        **more,
    )
    with connected(settings) as client:
        return ask(client, metric, question).dicts


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(ZONE)).astimezone(UTC)


def in_days(at: int) -> bool:
    """Whether a time (ms) lies in the days of `DAYS`."""
    return midnight(FIRST).timestamp() <= at / 1000 < midnight(LAST + timedelta(days=1)).timestamp()
