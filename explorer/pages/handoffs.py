"""Handoffs: from where to where customers change, what fails on the way, and the evidence of each."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from explorer.figures.flows import OUTCOMES, sankey
from explorer.figures.trends import rate_over_time
from explorer.filters import Filters
from explorer.pages.page import Page, bucket
from explorer.parts.cards import card
from explorer.parts.evidence import handoff_table
from explorer.parts.forms import choice
from explorer.parts.graphs import graph
from explorer.parts.reading import Reading
from explorer.parts.tables import heat, scrolling
from explorer.parts.tiles import rate_tile
from explorer.queries import Query, Scope
from explorer.words import Words
from schemas.rows import FAILURES
from sinks.clickhouse.metrics import Row

FLOW_HEIGHT = 440
RESULTS = ("smooth", "failed", "pending")
OWN = ("from_channel", "to_channel", "result", "failure")
RATES = {"success": "handoff_success", "carry": "context_carry", "reasks": "reask_rate", "ping_pong": "ping_pong"}


def queries(scope: Scope) -> dict[str, Query]:
    return {
        **scope.compared(RATES, by=()),
        "matrix": scope.metric("handoff_matrix", by=()),
        "flows": scope.view("explorer_flows"),
        "trend": scope.metric("handoff_success", by=(bucket(scope),)),
        "handoffs": scope.view("explorer_handoffs", **scope.own_values(*OWN)),
    }


def body(reading: Reading) -> list[Component]:
    words = reading.words
    return [
        html.Div([rate_tile(reading, name, "handoffs") for name in RATES], className="tiles"),
        card(reading, "matrix", lambda rows: matrix(reading, rows), note=words("handoffs.matrix_note"), wide=True),
        card(
            reading,
            "flows",
            lambda rows: scrolling(
                graph(sankey(rows, words, reading.palette), "flows", words("card.handoffs.flows"), FLOW_HEIGHT),
                words("card.handoffs.flows"),
            ),
            note=words("handoffs.flows_note"),
        ),
        card(
            reading,
            "trend",
            lambda rows: graph(
                rate_over_time(rows, words, reading.palette, words("tile.success")),
                "trend",
                words("card.handoffs.trend"),
                FLOW_HEIGHT,
            ),
        ),
        card(
            reading,
            "handoffs",
            lambda rows: handoff_table(reading, rows, words("card.handoffs.handoffs")),
            note=_chosen(reading),
            wide=True,
        ),
    ]


def matrix(reading: Reading, rows: list[Row]) -> Component:
    """Channels left × channels reached; a cell leads to its handoffs."""
    words = reading.words
    cells = {(row["from_channel"], row["to_channel"]): row for row in rows}
    lefts = sorted({left for left, _ in cells}, key=lambda name: words.name("channel", name))
    rights = sorted({right for _, right in cells}, key=lambda name: words.name("channel", name))
    corner = html.Th(words("handoffs.corner"), className="corner")
    head = html.Tr([corner, *(html.Th(words.name("channel", right), scope="col") for right in rights)])
    body = [
        html.Tr(
            [
                html.Th(words.name("channel", left), scope="row"),
                *(_cell(reading, cells.get((left, right))) for right in rights),
            ]
        )
        for left in lefts
    ]
    return scrolling(
        html.Table([html.Thead(head), html.Tbody(body)], className="matrix"), words("card.handoffs.matrix")
    )


def _cell(reading: Reading, row: Row | None) -> html.Td:
    if row is None:
        return html.Td("", className="empty")
    words = reading.words
    worst = max(FAILURES, key=lambda name: row[name])
    failing = f"✕ {words.name('outcome', worst)} {words.count(row[worst])}" if row[worst] else ""
    shown = [
        html.Strong(words.share(row["rate"], 0)),
        html.Small(f"n = {words.count(row['n'])}"),
        html.Small(failing, className="worst"),
    ]
    told = "\n".join(f"{words.name('outcome', name)}: {words.count(row[name])}" for name in OUTCOMES if row[name])
    href = reading.here(from_channel=row["from_channel"], to_channel=row["to_channel"]) + "#section-handoffs"
    interval = words.interval(row["low"], row["high"])
    link = dcc.Link(shown, href=href, title=f"{interval}\n{told}")
    return html.Td(link, **heat(row["rate"] or 0.0, row["n"]))


def _chosen(reading: Reading) -> str:
    own = reading.filters.own
    said = [
        reading.words.name({"result": "result", "failure": "outcome"}.get(name, "channel"), own[name])
        for name in OWN
        if name in own
    ]
    return reading.words("handoffs.chosen", what=" · ".join(said)) if said else reading.words("handoffs.all")


def form(filters: Filters, words: Words) -> list[Component]:
    return [
        choice(filters, words, "result", "result", RESULTS),
        choice(filters, words, "failure", "outcome", FAILURES),
    ]


PAGE = Page("handoffs", queries, body, OWN, form)
