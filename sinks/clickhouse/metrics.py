"""The metrics: which there are, what they mean, and how they are asked for. Whoever shows a number gets it here.

A metric is a view `metric_<name>`; its file in `views/` says in the view's comment what it means. Parameters have no
defaults in ClickHouse, so `Question` has them: what is left out asks for everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

from clickhouse_driver import Client

from sinks.clickhouse.view_calls import Call, Value, call, parameters_of
from sinks.clickhouse.views import View, load_views

PREFIX = "metric_"
COMMENT = re.compile(r"\nCOMMENT '((?:[^'\\]|\\.|'')*)'$")
HEADINGS = ("Formula", "Unit", "Source", "Counted", "By", "By default", "Headline", "Columns")
DAY = timedelta(days=1)
SPAN = (
    "SELECT count(), min(started_at), max(last_at), groupUniqArray(intent), groupUniqArrayArray(channels)"
    " FROM journeys WHERE NOT is_deleted"
)
TIME_ZONE = "SELECT time_zone FROM catalogue FINAL WHERE intent = ''"

Row = dict[str, Any]


class UnknownMetric(ValueError):
    """There is no such metric; the text names those that are meant, or all."""


class UnfitQuestion(ValueError):
    """A metric cannot be asked so; the text says what can."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The column that is the metric's one number when nothing is grouped; `better` empty: neither way."""

    column: str
    kind: Literal["share", "ratio", "points", "count"]
    better: Literal["higher", "lower", ""]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and its words. `columns` and `parameters` map names to meanings and to ClickHouse's types.

    `dimensions` are what it can be grouped by, `by_default` what it is grouped by unless told otherwise. `headline` is
    None where no single number says it.
    """

    name: str
    title: str
    meaning: str
    formula: str
    unit: str
    source: str
    counted: str
    dimensions: tuple[str, ...]
    by_default: tuple[str, ...]
    headline: Headline | None
    columns: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def view(self) -> str:
        """The view in ClickHouse that computes it."""
        return PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a metric; empty filters let everything through.

    From `since` until before `until`, both with a time zone. `by` None: as the metric is by default. `as_of` None is
    now: what a window must have passed by. `zone` is that of days and hours. `minimum` is how many journeys a channel
    needs to be compared, `window` how far apart repeated contacts may lie.
    """

    since: datetime
    until: datetime
    intents: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    care: tuple[str, ...] = ()
    anonymous: bool = False
    by: tuple[str, ...] | None = None
    as_of: datetime | None = None
    zone: str = "UTC"
    window: timedelta = 7 * DAY
    minimum: int = 30


@dataclass(frozen=True, slots=True)
class Span:
    """When the first journey of all started and the last one ended, and the intents and channels of journeys."""

    since: datetime
    until: datetime
    intents: tuple[str, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns in order with ClickHouse's types, and rows of plain Python values."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def dicts(self) -> list[Row]:
        """The rows, each as a mapping from column to value."""
        names = [name for name, _ in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


@cache
def list_metrics() -> tuple[Metric, ...]:
    """All metrics, in the order of their files."""
    views = load_views("omnitrack")
    return tuple(_metric_of(view) for view in views if view.name.startswith(PREFIX))


def find_metric(name: str) -> Metric:
    """The metric of that name, with or without `metric_`. Raises `UnknownMetric`."""
    metrics = {metric.name: metric for metric in list_metrics()}
    wanted = name.removeprefix(PREFIX)
    if wanted in metrics:
        return metrics[wanted]
    near = get_close_matches(wanted, metrics, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(metrics)}"
    raise UnknownMetric(f"no metric is called {name}: {hint}")


def question_call(metric: Metric, question: Question) -> Call:
    """The query that asks `question`. Raises `UnfitQuestion`."""
    by = metric.by_default if question.by is None else question.by
    unknown = [dimension for dimension in by if dimension not in metric.dimensions]
    if unknown:
        known = ", ".join(metric.dimensions) or "nothing"
        raise UnfitQuestion(f"{metric.name} cannot be grouped by {unknown[0]}: it can by {known}")
    filters = {"intent": question.intents, "channel": question.channels, "care": question.care}
    for name, wanted in filters.items():
        if wanted and name not in metric.parameters:
            raise UnfitQuestion(f"{metric.name} has no filter {name}: its records do not tell it")
    values: dict[str, Value] = {
        **filters,
        "since": question.since,
        "until": question.until,
        "anonymous": question.anonymous,
        "by": by,
        "as_of": question.as_of or datetime.now(UTC),
        "zone": question.zone,
        "window": question.window,
        "minimum": question.minimum,
    }
    return call(metric.view, metric.parameters, values)


def ask(client: Client, metric: Metric, question: Question, settings: Mapping[str, object] | None = None) -> Answer:
    """What the metric's view answers; `settings` are ClickHouse's for this query.

    Raises `UnfitQuestion`; what the driver raises passes (`explained` of sinks.clickhouse.errors tells it).
    """
    query = question_call(metric, question)
    rows, columns = client.execute(query.sql, query.parameters, with_column_types=True, settings=dict(settings or {}))
    return Answer(tuple(columns), tuple(rows))


def read_time_zone(client: Client) -> str:
    """The time zone of the catalogue's business calendar, UTC where it has none."""
    return next((zone for (zone,) in client.execute(TIME_ZONE)), "UTC")


def read_span(client: Client) -> Span | None:
    """What there is to be asked about; None: no journey at all."""
    [(count, since, until, intents, channels)] = client.execute(SPAN)
    return Span(since, until, tuple(sorted(intents)), tuple(sorted(channels))) if count else None


def words_of(view: View) -> dict[str, str]:
    """The comment of a view by its headings; what stands before the first one is under the empty heading."""
    match = COMMENT.search(view.statement)
    text = "" if match is None else match[1].replace("''", "'").replace("\\'", "'")
    pattern = rf"^({'|'.join(HEADINGS)}):[ \n]"
    first, *others = re.split(pattern, text, flags=re.MULTILINE)
    return {"": first.strip(), **{head: body.strip() for head, body in zip(others[::2], others[1::2], strict=True)}}


def _metric_of(view: View) -> Metric:
    words = words_of(view)
    title, _, meaning = words[""].partition(": ")
    columns = dict(line.strip().partition(": ")[::2] for line in words["Columns"].splitlines())
    return Metric(
        name=view.name.removeprefix(PREFIX),
        title=title,
        meaning=meaning,
        formula=words["Formula"],
        unit=words["Unit"],
        source=words["Source"],
        counted=words["Counted"],
        dimensions=_names(words.get("By", "")),
        by_default=_names(words.get("By default", "")),
        headline=_headline_of(words.get("Headline")),
        columns=columns,
        parameters=parameters_of(view),
    )


def _headline_of(text: str | None) -> Headline | None:
    """`rate, share, lower is better.`"""
    if text is None:
        return None
    column, kind, *better = text.rstrip(".").split(", ")
    return Headline(column, kind, better[0].removesuffix(" is better") if better else "")  # type: ignore[arg-type]


def _names(text: str) -> tuple[str, ...]:
    """`day, channel (the one handed over to).` → day, channel"""
    return tuple(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", text)))
