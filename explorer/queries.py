"""What pages ask of the database: metrics and the explorer's own views, filtered as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Self

from explorer.filters import Filters, Period
from sinks.clickhouse.metrics import Question, find_metric, question_call
from sinks.clickhouse.view_calls import Call, Value, call, parameters_of
from sinks.clickhouse.views import View, load_views

ROWS_SHOWN = 50
ROWS_EXPORTED = 1_000_000
BEFORE = "_before"


@dataclass(frozen=True, slots=True)
class Query:
    """`view` is asked by `call`. Where `limit` rows come back, there may be more."""

    view: str
    call: Call
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page is about: its filters, the period they mean, and how many rows of long lists it can take.

    `zone` is that of days and hours; `as_of` is by when a window must have passed to count.
    """

    filters: Filters
    period: Period
    zone: str
    as_of: datetime
    rows: int = ROWS_SHOWN

    @property
    def before(self) -> Self:
        """The same of the period before."""
        return replace(self, period=self.period.before)

    def metric(self, name: str, by: tuple[str, ...] | None = None, limited: bool = False) -> Query:
        """A metric, grouped by `by` (None: as it is by default); filters it does not know are left out.

        `limited`: at most `rows` rows. Raises `UnknownMetric`, and `UnfitQuestion` where it cannot be grouped so.
        """
        metric = find_metric(name)
        filters = self.filters
        question = Question(
            since=self.period.since,
            until=self.period.until,
            intents=filters.intents if "intent" in metric.parameters else (),
            channels=filters.channels if "channel" in metric.parameters else (),
            care=filters.care if "care" in metric.parameters else (),
            anonymous=filters.anonymous,
            by=by,
            as_of=self.as_of,
            zone=self.zone,
        )
        asked = question_call(metric, question)
        return Query(metric.view, _first(self.rows, asked), self.rows) if limited else Query(metric.view, asked)

    def compared(self, metrics: Mapping[str, str], by: tuple[str, ...] | None = None) -> dict[str, Query]:
        """Metrics by the names of their answers; those of the period before have `BEFORE` behind the name."""
        now = {name: self.metric(metric, by) for name, metric in metrics.items()}
        return now | {name + BEFORE: self.before.metric(metric, by) for name, metric in metrics.items()}

    def view(self, name: str, **values: Value) -> Query:
        """One of the explorer's views with these values and the filters; `rows` is its limit, if it has one."""
        types = parameters_of(_views()[name])
        filters = self.filters
        given: dict[str, Value] = {
            "since": self.period.since,
            "until": self.period.until,
            "intent": filters.intents,
            "channel": filters.channels,
            "care": filters.care,
            "anonymous": filters.anonymous,
            "limit": self.rows,
            **values,
        }
        return Query(name, call(name, types, given), self.rows if "limit" in types else None)

    def own_values(self, *names: str) -> dict[str, str]:
        """The page's own parameters by these names, empty where the address does not say."""
        return {name: self.filters.own.get(name, "") for name in names}


def _first(rows: int, asked: Call) -> Call:
    return Call(f"{asked.sql} LIMIT {rows:d}", asked.parameters, f"{asked.spelled}\nLIMIT {rows:d}")


def view_named(name: str) -> View:
    """The view of that name. Raises KeyError."""
    return _views()[name]


@cache
def _views() -> dict[str, View]:
    return {view.name: view for view in load_views("omnitrack")}
