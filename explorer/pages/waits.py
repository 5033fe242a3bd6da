"""Waits: when and where customers queue, and whether the elderly and the disabled wait like the others."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from explorer.figures.hours import week
from explorer.figures.rates import height_of, rates_side_by_side
from explorer.figures.trends import rate_over_time
from explorer.filters import Filters
from explorer.pages.page import Page, bucket
from explorer.palette import ENOUGH
from explorer.parts.cards import card
from explorer.parts.forms import text_input
from explorer.parts.graphs import graph
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, linked, rated, table
from explorer.parts.tiles import rate_tile, tile, told_ratio
from explorer.queries import BEFORE, Query, Scope
from explorer.words import Words
from sinks.clickhouse.metrics import Row

QUEUES = ("branch", "hotline")


def queries(scope: Scope) -> dict[str, Query]:
    branch = scope.own_values("branch")
    return {
        **scope.compared({"waits": "wait"}, by=()),
        **scope.compared({"wait_parity": "wait_parity", "priority": "priority_parity"}),
        "channels": scope.metric("wait", by=("channel",)),
        "groups": scope.view("explorer_wait_groups", **branch),
        "hours": scope.view("explorer_wait_hours", zone=scope.zone, **branch),
        "branches": scope.view("explorer_wait_branches"),
        "trend": scope.metric("wait", by=(bucket(scope),)),
        "intents": scope.metric("wait", by=("channel", "intent")),
    }


def body(reading: Reading) -> list[Component]:
    words = reading.words
    tiles = [rate_tile(reading, "waits", "waits"), _parity(reading, "wait_parity"), _parity(reading, "priority")]
    return [
        html.Div(tiles, className="tiles"),
        card(
            reading,
            "hours",
            lambda rows: _weeks(reading, rows),
            note=" ".join([words("waits.hours_note", zone=words.zone, n=ENOUGH), _chosen(reading)]).strip(),
            wide=True,
        ),
        card(
            reading,
            "channels",
            lambda rows: graph(
                rates_side_by_side(
                    rows, [words.name("channel", row["channel"]) for row in rows], words, reading.palette
                ),
                "channels",
                words("card.waits.channels"),
                height_of(rows),
            ),
        ),
        card(
            reading,
            "trend",
            lambda rows: graph(
                rate_over_time(rows, words, reading.palette, words("tile.waits")), "trend", words("card.waits.trend")
            ),
        ),
        card(reading, "groups", lambda rows: _groups(reading, rows), note=_chosen(reading), wide=True),
        card(reading, "branches", lambda rows: _branches(reading, rows), note=words("waits.branches_note"), wide=True),
        card(reading, "intents", lambda rows: _intents(reading, rows), wide=True),
    ]


def _parity(reading: Reading, name: str) -> html.Article:
    words, row = reading.words, reading.row(name)
    change = told_ratio(words, row.get("parity"), reading.row(name + BEFORE).get("parity"), 2)
    n = f"n = {words.count(row.get('n', 0))}"
    return tile(reading, name, "waits", words.number(row.get("parity")), [n], change)


def _weeks(reading: Reading, rows: list[Row]) -> Component:
    """A week per channel where customers queue: branch and hotline first."""
    words = reading.words
    found = {row["channel"] for row in rows}
    channels = [*(it for it in QUEUES if it in found), *sorted(found - set(QUEUES))]
    return html.Div(
        [
            html.Div(
                [
                    html.H3(words.name("channel", channel)),
                    graph(
                        week([row for row in rows if row["channel"] == channel], words, reading.palette),
                        f"hours-{channel}",
                        f"{words('card.waits.hours')}: {words.name('channel', channel)}",
                        height=270,
                    ),
                ]
            )
            for channel in channels
        ],
        className="pair",
    )


def _groups(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    columns = [
        Column(words("column.channel"), lambda row: words.name("channel", row["channel"])),
        Column(words("column.care_group"), lambda row: words.name("care", row["care_group"])),
        *_measures(reading),
    ]
    return table(columns, rows, words("card.waits.groups"))


def _branches(reading: Reading, rows: list[Row]) -> Component:
    """Each branch leads to its week and its groups."""
    words = reading.words
    columns = [
        Column(
            words("column.branch"),
            lambda row: linked(row["branch_id"], reading.here(branch=row["branch_id"]) + "#section-hours"),
        ),
        *_measures(reading),
        Column(
            words("column.priority"),
            lambda row: f"{words.share(row['priority_rate'])} (n = {words.count(row['priority_n'])})",
            kind="number",
        ),
        Column(words("column.others"), lambda row: words.share(row["others_rate"]), kind="number"),
        Column(words("column.gave_up"), lambda row: words.count(row["gave_up"]), kind="number"),
    ]
    return table(columns, rows, words("card.waits.branches"))


def _chosen(reading: Reading) -> str:
    branch = reading.filters.own.get("branch")
    return reading.words("waits.chosen", branch=branch) if branch else ""


def _intents(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    columns = [
        Column(words("column.channel"), lambda row: words.name("channel", row["channel"])),
        Column(words("column.intent"), lambda row: words.name("intent", row["intent"])),
        *_measures(reading),
    ]
    return table(columns, sorted(rows, key=lambda row: row["rate"] or 0.0), words("card.waits.intents"))


def _measures(reading: Reading) -> list[Column]:
    words = reading.words
    return [
        Column(words("column.within"), lambda row: rated(words, row), kind="number"),
        Column(words("column.median"), lambda row: words.duration(row["median"]), kind="number"),
        Column(words("column.p90"), lambda row: words.duration(row["p90"]), kind="number"),
    ]


def form(filters: Filters, words: Words) -> list[Component]:
    return [text_input(filters, words, "branch")]


PAGE = Page("waits", queries, body, ("branch",), form)
