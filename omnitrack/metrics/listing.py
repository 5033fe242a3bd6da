"""All metrics with their one number of a period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from clickhouse_driver import Client

from omnitrack.metrics.wording import headline_text
from sinks.clickhouse.metrics import Metric, Question, Row, ask, list_metrics

COLUMNS = (
    "metric",
    "value",
    "low",
    "high",
    "n",
    "undecided",
    "title",
    "meaning",
    "formula",
    "unit",
    "counted",
    "source",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """`row` is the metric's one row of the period, None where it has none: nothing was observed, or no one number."""

    metric: Metric
    row: Row | None

    @property
    def text(self) -> str:
        """The number, with its unit."""
        return headline_text(self.metric, self.row)

    @property
    def undecided(self) -> int | None:
        """How many of the period are not in `n` yet: the number may still move. None where all is known at once."""
        row = self.row or {}
        return row.get("undecided", row.get("open"))

    @property
    def values(self) -> tuple[object, ...]:
        """A value for each of `COLUMNS`."""
        metric, row = self.metric, self.row or {}
        value = row.get(metric.headline.column) if metric.headline else None
        interval = (
            (row.get("low"), row.get("high")) if metric.headline and metric.headline.column == "rate" else (None,) * 2
        )
        words = (metric.title, metric.meaning, metric.formula, metric.unit, metric.counted, metric.source)
        return (metric.name, value, *interval, row.get("n"), self.undecided, *words)


def list_with_numbers(client: Client, question: Question) -> Iterator[Listed]:
    """Every metric as `question` asks it, without groups and without the filters that the metric does not offer."""
    for metric in list_metrics():
        yield Listed(metric, read_headline(client, metric, question))


def read_headline(client: Client, metric: Metric, question: Question) -> Row | None:
    """The metric's one row for `question`; filters that it does not offer are left out."""
    if metric.headline is None:
        return None
    fit = replace(question, by=())
    if "intent" not in metric.parameters:
        fit = replace(fit, intents=(), care=())
    return next(iter(ask(client, metric, fit).dicts), None)
