"""Journeys: how they end, a search for them, and one of them in full."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from explorer.filters import Filters
from explorer.pages.page import Page
from explorer.parts.cards import card
from explorer.parts.evidence import customer_link, journey_link
from explorer.parts.forms import choice, text_input
from explorer.parts.journey import journey_parts
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, badge, channel_path, table
from explorer.parts.tiles import rate_tile
from explorer.queries import Query, Scope
from explorer.words import Words
from schemas.rows import FAILURES
from sinks.clickhouse.metrics import Row

STATUSES = ("completed", "open", "cancelled", "abandoned")
SEARCH = ("customer", "case", "status", "failure", "path")
OWN = (*SEARCH, "of", "journey")
RATES = {
    "completion": "journeys",
    "resolution": "first_contact_resolution",
    "repeat_contact": "repeat_contact",
    "one_visit": "one_visit",
    "containment": "containment",
}


def queries(scope: Scope) -> dict[str, Query]:
    one = scope.own_values("of", "journey")
    if one["journey"]:
        return {
            "journey": scope.view("explorer_journey", **one),
            "touchpoints": scope.view("explorer_touchpoints", **one),
            "handoffs": scope.view("explorer_journey_handoffs", **one),
            "promises": scope.view("explorer_journey_promises", **one),
        }
    return {
        **scope.compared(RATES, by=()),
        "effort": scope.metric("journey_effort", by=("intent",)),
        "found": scope.view("explorer_journeys", **scope.own_values(*SEARCH)),
    }


def body(reading: Reading) -> list[Component]:
    if "journey" in reading.queries:
        return journey_parts(reading)
    words = reading.words
    return [
        html.Div([rate_tile(reading, name, "journeys") for name in RATES], className="tiles"),
        card(reading, "found", lambda rows: _found(reading, rows), note=_chosen(reading), wide=True),
        card(
            reading,
            "effort",
            lambda rows: table(
                [
                    Column(words("column.intent"), lambda row: words.name("intent", row["intent"])),
                    Column(words("column.journeys"), lambda row: words.count(row["n"]), kind="number"),
                    Column(words("column.median"), lambda row: words.number(row["median"]), kind="number"),
                    Column(words("column.p90"), lambda row: words.number(row["p90"]), kind="number"),
                ],
                sorted(rows, key=lambda row: -(row["median"] or 0.0)),
                words("card.journeys.effort"),
            ),
        ),
    ]


def _found(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    return table(
        [
            Column(
                words("column.started_at"),
                lambda row: journey_link(reading, row, words.time(row["started_at"])),
                kind="whole",
            ),
            Column(words("column.customer"), lambda row: customer_link(reading, row), kind="whole"),
            Column(words("column.intent"), lambda row: words.name("intent", row["intent"])),
            Column(words("column.status"), lambda row: badge(words, "status", row["status"])),
            Column(words("column.path"), lambda row: channel_path(words, row["channels"])),
            Column(words("column.contacts"), lambda row: words.count(row["contacts"]), kind="number"),
            Column(
                words("column.failed_handoffs"),
                lambda row: f"{row['failed_handoffs']} / {row['handoffs']}",
                kind="number",
            ),
            Column(words("column.wait"), lambda row: words.duration(row["wait_seconds"] or None), kind="number"),
            Column(words("column.case"), lambda row: row["case_id"] or ""),
        ],
        rows,
        words("card.journeys.found"),
    )


def _chosen(reading: Reading) -> str:
    own = reading.filters.own
    said = [f"{reading.words(f'filter.{name}')} {own[name]}" for name in SEARCH if name in own]
    return reading.words("journeys.chosen", what=" · ".join(said)) if said else ""


def form(filters: Filters, words: Words) -> list[Component]:
    return [
        text_input(filters, words, "customer"),
        text_input(filters, words, "case"),
        choice(filters, words, "status", "status", STATUSES),
        choice(filters, words, "failure", "outcome", FAILURES),
    ]


PAGE = Page("journeys", queries, body, OWN, form)
