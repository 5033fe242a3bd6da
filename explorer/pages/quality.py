"""Data quality: what became of the records, how fast they came, and a look into those that are dead."""

from __future__ import annotations

from typing import get_args

from dash import html
from dash.development.base_component import Component

from explorer.figures.trends import counts_over_time
from explorer.filters import Filters
from explorer.pages.page import Page
from explorer.parts.cards import card
from explorer.parts.forms import choice
from explorer.parts.graphs import graph
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, linked, table
from explorer.queries import Query, Scope
from explorer.words import Words
from schemas.rows import DeadReason
from sinks.clickhouse.metrics import Row

REASONS: tuple[str, ...] = get_args(DeadReason)
FATES = ("stored", "duplicate", "dead")


def queries(scope: Scope) -> dict[str, Query]:
    days = (scope.period.until - scope.period.since).days
    return {
        "account": scope.metric("data_quality", by=("channel",)),
        "hours": scope.metric("data_quality", by=("hour" if days <= 7 else "day",)),
        "reasons": scope.metric("data_quality", by=("channel",)),
        "letters": scope.view("explorer_dead_letters", **scope.own_values("reason")),
    }


def body(reading: Reading) -> list[Component]:
    words = reading.words
    return [
        card(reading, "account", lambda rows: _account(reading, rows), note=words("quality.account_note"), wide=True),
        card(
            reading,
            "hours",
            lambda rows: graph(
                counts_over_time(
                    rows, {name: words.name("fate", name) for name in FATES}, reading.palette, "hour", "%Y-%m-%dT%H:%M"
                ),
                "hours",
                words("card.quality.hours"),
            ),
            note=words("quality.hours_note"),
        ),
        card(reading, "reasons", lambda rows: _reasons(reading, rows)),
        card(reading, "letters", lambda rows: _letters(reading, rows), wide=True),
    ]


def _account(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    columns = [
        Column(words("column.channel"), lambda row: words.name("channel", row["channel"])),
        Column(words("column.received"), lambda row: words.count(row["n"]), kind="number"),
        *(_counted(words, fate) for fate in FATES),
        Column(words("column.missing"), lambda row: words.count(row["missing"]), kind="number"),
        Column(words("column.lag_median"), lambda row: words.duration(row["lag_median"]), kind="number"),
        Column(words("column.lag_p90"), lambda row: words.duration(row["lag_p90"]), kind="number"),
        Column(words("column.lag_max"), lambda row: words.duration(row["lag_max"]), kind="number"),
    ]
    sums = [words.count(sum(row[name] or 0 for row in rows)) for name in ("n", *FATES, "missing")]
    return table(columns, rows, words("card.quality.account"), foot=(words("table.sum"), *sums, "", "", ""))


def _counted(words: Words, fate: str) -> Column:
    return Column(words.name("fate", fate), lambda row: words.count(row[fate]), kind="number")


def _reasons(reading: Reading, rows: list[Row]) -> Component:
    """Dead letters by reason; each leads to its letters."""
    words = reading.words
    counts: dict[str, int] = {}
    for row in rows:
        for reason, count in row["dead_by_reason"].items():
            counts[reason] = counts.get(reason, 0) + count
    ranked = [{"reason": reason, "n": n} for reason, n in sorted(counts.items(), key=lambda it: -it[1])]
    return table(
        [
            Column(
                words("column.reason"),
                lambda row: linked(
                    words.name("reason", row["reason"]), reading.here(reason=row["reason"]) + "#section-letters"
                ),
            ),
            Column(words("column.meaning"), lambda row: words(f"meaning.{row['reason']}")),
            Column(words("column.letters"), lambda row: words.count(row["n"]), kind="number"),
        ],
        ranked,
        words("card.quality.reasons"),
    )


def _letters(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    return table(
        [
            Column(words("column.received_at"), lambda row: words.time(row["received_at"]), kind="whole"),
            Column(words("column.record"), lambda row: html.Code(row["dead_letter_id"])),
            Column(words("column.reason"), lambda row: words.name("reason", row["reason"]), kind="whole"),
            Column(words("column.errors"), lambda row: html.Ul([html.Li(it) for it in row["errors"]])),
            Column(words("column.content"), lambda row: _inside(words, row)),
            Column(words("column.replayed_at"), lambda row: words.time(row["replayed_at"]), kind="whole"),
        ],
        rows,
        words("card.quality.letters"),
    )


def _inside(words: Words, row: Row) -> html.Details:
    return html.Details(
        [html.Summary(words("quality.inside", bytes=words.count(row["size"]))), html.Pre(row["content"])],
        className="inside",
    )


def form(filters: Filters, words: Words) -> list[Component]:
    return [choice(filters, words, "reason", "reason", REASONS)]


PAGE = Page("quality", queries, body, ("reason",), form)
