"""What the monthly report tells: the metrics of a month, beside those of the month before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clickhouse_driver import Client

from explorer.queries import view_named
from omnitrack.metrics.listing import read_headline
from omnitrack.metrics.period import Period, month_before
from omnitrack.metrics.wording import change_text, number_text, verdict
from sinks.clickhouse.metrics import Headline, Metric, Question, Row, ask, find_metric
from sinks.clickhouse.view_calls import Value, call, parameters_of

HEADLINES = (
    "consistency_index",
    "journeys",
    "handoff_success",
    "first_contact_resolution",
    "one_visit",
    "promise_kept",
    "wait",
    "satisfaction",
)
COMPONENTS = ("completion_parity", "wait_parity", "context_carry", "handoff_success", "answer_agreement")
CONTRADICTIONS_SHOWN = 10
Rows = list[Row]


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric's one number in the month and in the month before; a row is None where nothing was observed."""

    metric: Metric
    now: Row | None
    before: Row | None

    @property
    def headline(self) -> Headline:
        """What of the metric is shown; only metrics that have it are compared."""
        assert self.metric.headline is not None
        return self.metric.headline

    @property
    def value(self) -> float | None:
        """The number of the month, in the metric's unit; None: nothing was counted."""
        return self.now[self.headline.column] if self.now else None

    @property
    def value_before(self) -> float | None:
        """The number of the month before, in the metric's unit; None: nothing was counted."""
        return self.before[self.headline.column] if self.before else None

    @property
    def text(self) -> str:
        """The number of the month with its unit."""
        return number_text(self.headline.kind, self.value)

    @property
    def change(self) -> str:
        """The difference to the month before, with its unit and in words."""
        return change_text(self.headline, self.value, self.value_before)

    @property
    def verdict(self) -> str:
        """`better` or `worse`; empty where it is neither, or where the 95 % intervals of two rates overlap."""
        return "" if self.may_be_chance else verdict(self.headline, self.value, self.value_before)

    @property
    def may_be_chance(self) -> bool:
        """Whether the change is within what the two intervals leave open. Only rates have intervals."""
        if self.headline.column != "rate" or self.value is None or self.value_before is None:
            return False
        assert self.now is not None
        assert self.before is not None
        return bool(self.now["low"] <= self.before["high"] and self.before["low"] <= self.now["high"])


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows are those of the metrics' views, `…_before` those of the month before."""

    month: Period
    zone: str
    headlines: tuple[Compared, ...]
    components: tuple[Compared, ...]
    supporting: tuple[Compared, ...]
    matrix: Rows
    matrix_before: Rows
    success_by_day: Rows
    success_by_day_before: Rows
    waits: Rows
    waits_before: Rows
    waits_by_hour: Rows
    priority: Row
    promises: Rows
    contradictions: Rows
    paths: Rows

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was counted in the month."""
        return not any(one.now and one.now["n"] for one in self.headlines)

    def compared(self, name: str) -> Compared:
        """The comparison of one of the metrics that the report tells. Raises StopIteration for any other."""
        return next(one for one in (*self.headlines, *self.components, *self.supporting) if one.metric.name == name)


def collect(client: Client, month: Period, zone: str) -> Facts:
    """Ask for everything. What the driver raises passes."""
    reader = _Reader(client, Question(month.since, month.until, zone=zone), month_before(month))
    return Facts(
        month=month,
        zone=zone,
        headlines=reader.compare(HEADLINES),
        components=reader.compare(COMPONENTS),
        supporting=reader.compare(("ping_pong", "reask_rate", "repeat_contact", "journey_effort", "priority_parity")),
        matrix=reader.now("handoff_matrix"),
        matrix_before=reader.before("handoff_matrix"),
        success_by_day=_counted(reader.now("handoff_success", "day")),
        success_by_day_before=_counted(reader.before("handoff_success", "day")),
        waits=reader.now("wait", "channel"),
        waits_before=reader.before("wait", "channel"),
        waits_by_hour=reader.now("wait", "channel", "hour"),
        priority=reader.now("priority_parity")[0],
        promises=_counted(reader.now("promise_kept", "channel")),
        contradictions=reader.contradictions(),
        paths=reader.now("journey_paths"),
    )


def _counted(rows: Rows) -> Rows:
    """Without those of which nothing is decided yet."""
    return [row for row in rows if row["n"]]


class _Reader:
    def __init__(self, client: Client, question: Question, before: Period) -> None:
        self._client = client
        self._question = question
        self._question_before = replace(question, since=before.since, until=before.until)

    def now(self, name: str, *by: str) -> Rows:
        return ask(self._client, find_metric(name), replace(self._question, by=by)).dicts

    def before(self, name: str, *by: str) -> Rows:
        return ask(self._client, find_metric(name), replace(self._question_before, by=by)).dicts

    def compare(self, names: Sequence[str]) -> tuple[Compared, ...]:
        return tuple(
            Compared(
                metric,
                read_headline(self._client, metric, self._question),
                read_headline(self._client, metric, self._question_before),
            )
            for metric in map(find_metric, names)
        )

    def contradictions(self) -> Rows:
        view, question = view_named("explorer_contradictions"), self._question
        values: dict[str, Value] = {
            "since": question.since,
            "until": question.until,
            "intent": (),
            "channel": (),
            "care": (),
            "anonymous": False,
            "limit": CONTRADICTIONS_SHOWN,
        }
        query = call(view.name, parameters_of(view), values)
        rows, columns = self._client.execute(query.sql, query.parameters, with_column_types=True)
        names = [name for name, _ in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]
