"""Promises: what the bank said it would do, by when, and whether it did."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from explorer.figures.rates import height_of, rates_side_by_side
from explorer.figures.trends import rate_over_time
from explorer.filters import Filters
from explorer.pages.page import Page, bucket
from explorer.parts.cards import card
from explorer.parts.evidence import journey_link
from explorer.parts.forms import choice
from explorer.parts.graphs import graph
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, badge, table
from explorer.parts.tiles import count_tile, rate_tile
from explorer.queries import Query, Scope
from explorer.words import Words
from sinks.clickhouse.metrics import Row

STATUSES = ("kept", "kept_late", "overdue", "pending")


def queries(scope: Scope) -> dict[str, Query]:
    return {
        **scope.compared({"promises": "promise_kept"}, by=()),
        "trend": scope.metric("promise_kept", by=(bucket(scope),)),
        "channels": scope.metric("promise_kept", by=("channel",)),
        "list": scope.view("explorer_promises", **scope.own_values("status")),
    }


def body(reading: Reading) -> list[Component]:
    words = reading.words
    return [
        html.Div(
            [
                rate_tile(reading, "promises", "promises"),
                *(
                    count_tile(reading, "promises", status, words.name("promise", status), reading.here(status=status))
                    for status in ("kept_late", "overdue")
                ),
            ],
            className="tiles",
        ),
        card(
            reading,
            "trend",
            lambda rows: graph(
                rate_over_time(rows, words, reading.palette, words("tile.promises")),
                "trend",
                words("card.promises.trend"),
            ),
        ),
        card(
            reading,
            "channels",
            lambda rows: graph(
                rates_side_by_side(
                    rows, [words.name("channel", row["channel"]) for row in rows], words, reading.palette
                ),
                "channels",
                words("card.promises.channels"),
                height_of(rows),
            ),
        ),
        card(reading, "list", lambda rows: _list(reading, rows), wide=True),
    ]


def _list(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    return table(
        [
            Column(words("column.due_at"), lambda row: words.time(row["due_at"]), kind="whole"),
            Column(words("column.customer"), lambda row: journey_link(reading, row, row["customer_id"]), kind="whole"),
            Column(words("column.intent"), lambda row: words.name("intent", row["intent"])),
            Column(words("column.channel"), lambda row: words.name("channel", row["channel"])),
            Column(words("column.status"), lambda row: badge(words, "promise", row["status"])),
            Column(words("column.made_at"), lambda row: words.time(row["made_at"]), kind="whole"),
            Column(words("column.kept_at"), lambda row: words.time(row["kept_at"]), kind="whole"),
            Column(
                words("column.late"),
                lambda row: words.duration(row["late_seconds"]) if row["late_seconds"] else "",
                kind="number",
            ),
        ],
        rows,
        words("card.promises.list"),
    )


def form(filters: Filters, words: Words) -> list[Component]:
    return [choice(filters, words, "status", "promise", STATUSES)]


PAGE = Page("promises", queries, body, ("status",), form)
