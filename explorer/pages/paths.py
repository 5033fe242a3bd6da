"""Paths: the ways that journeys take through the channels; they add up to the journeys."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from explorer.pages.page import Page
from explorer.parts.cards import card
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, channel_path, linked, rated, table
from explorer.queries import Query, Scope
from sinks.clickhouse.metrics import Row

ARROW = " → "


def queries(scope: Scope) -> dict[str, Query]:
    return {"paths": scope.metric("journey_paths", limited=True)}


def body(reading: Reading) -> list[Component]:
    return [
        card(reading, "paths", lambda rows: _paths(reading, rows), note=reading.words("paths.note"), wide=True),
    ]


def _paths(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    total = rows[0]["journeys"]
    others = total - sum(row["n"] for row in rows)
    columns = [
        Column(
            words("column.path"),
            lambda row: linked(
                channel_path(words, row["path"].split(ARROW)), reading.href("journeys", path=row["path"])
            ),
        ),
        Column(words("column.journeys"), lambda row: words.count(row["n"]), kind="number"),
        Column(words("column.share"), lambda row: _share(reading, row), kind="number"),
        Column(words("column.completed"), lambda row: rated(words, row, n="closed"), kind="number"),
        Column(words("column.median_duration"), lambda row: words.duration(row["median_seconds"]), kind="number"),
    ]
    said = words("paths.others", others=words.count(others)) if others else words("paths.all")
    return table(columns, rows, words("card.paths.paths"), foot=(said, words.count(total), "100 %", "", ""))


def _share(reading: Reading, row: Row) -> list[Component]:
    words = reading.words
    return [
        html.Span(html.Span(style={"width": f"{100 * row['share']:.1f}%"}), className="bar"),
        html.Span(words.share(row["share"]), className="rate"),
        html.Small(words.interval(row["share_low"], row["share_high"]), className="interval"),
    ]


PAGE = Page("paths", queries, body)
