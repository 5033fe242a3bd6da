"""Overview: the headline numbers against the period before; each tile leads to its page."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from explorer.figures.trends import counts_over_time, rate_over_time
from explorer.pages.page import Page, bucket
from explorer.parts.cards import card
from explorer.parts.graphs import graph
from explorer.parts.live import live
from explorer.parts.reading import Reading
from explorer.parts.tiles import compare, rate_tile, tile, told_change, told_ratio
from explorer.queries import BEFORE, Query, Scope

COMPONENTS = ("completion_parity", "wait_parity", "context_carry", "handoff_success", "answer_agreement")
# Tiles with their metrics, and where they lead.
HEADLINES = {
    "journeys": "journeys",
    "success": "handoff_success",
    "one_visit": "one_visit",
    "resolution": "first_contact_resolution",
    "promises": "promise_kept",
    "waits": "wait",
    "satisfaction": "satisfaction",
}
INDEX = {"index": "consistency_index"}


def queries(scope: Scope) -> dict[str, Query]:
    headlines = scope.compared(HEADLINES, by=()) | scope.compared(INDEX)
    trends = {
        "journeys_trend": scope.metric("journeys", by=(bucket(scope),)),
        "success_trend": scope.metric("handoff_success", by=(bucket(scope),)),
    }
    alerts = {"alerts": scope.view("explorer_alert_counts", by=(), zone=scope.zone)}
    return headlines | trends | alerts


def body(reading: Reading) -> list[Component]:
    words = reading.words
    tiles = [
        _journeys(reading),
        rate_tile(reading, "success", "handoffs"),
        rate_tile(reading, "promises", "promises"),
        rate_tile(reading, "waits", "waits"),
        rate_tile(reading, "one_visit", "journeys"),
        rate_tile(reading, "resolution", "journeys"),
        _satisfaction(reading),
        _alerts(reading),
    ]
    return [
        html.Div([_index(reading), html.Div(tiles, className="tiles")], className="headlines"),
        card(
            reading,
            "journeys_trend",
            lambda rows: graph(
                counts_over_time(
                    rows,
                    {name: words.name("status", name) for name in ("completed", "open", "cancelled", "abandoned")},
                    reading.palette,
                ),
                "journeys_trend",
                words("card.overview.journeys_trend"),
            ),
        ),
        card(
            reading,
            "success_trend",
            lambda rows: graph(
                rate_over_time(rows, words, reading.palette, words("tile.success")),
                "success_trend",
                words("card.overview.success_trend"),
            ),
        ),
    ]


def _journeys(reading: Reading) -> html.Article:
    words, row, before = reading.words, reading.row("journeys"), reading.row("journeys" + BEFORE)
    completed = words("tile.completed", share=words.share(row.get("rate")))
    small = [completed, words.interval(row.get("low"), row.get("high"))]
    change = told_ratio(words, row.get("journeys"), before.get("journeys"), digits=0)
    return tile(reading, "journeys", "journeys", words.count(row.get("journeys", 0)), small, change)


def _satisfaction(reading: Reading) -> html.Article:
    words, row, before = reading.words, reading.row("satisfaction"), reading.row("satisfaction" + BEFORE)
    satisfied = words("tile.satisfied", share=words.share(row.get("csat_rate")))
    small = [
        satisfied,
        words.interval(row.get("csat_low"), row.get("csat_high")),
        f"n = {words.count(row.get('csat_n', 0))}",
    ]
    change = told_change(words, compare(row, before, "csat_rate", "csat_low", "csat_high"))
    return tile(reading, "satisfaction", "consistency", words.number(row.get("csat_mean")), small, change)


def _alerts(reading: Reading) -> html.Article:
    words, row = reading.words, reading.row("alerts")
    small = [words("tile.critical", critical=words.count(row.get("critical", 0)))]
    began = html.Span(words("tile.began", n=words.count(row.get("n", 0))), className="change")
    return tile(reading, "alerts", "alerts", words.count(row.get("firing", 0)), small, began)


def _index(reading: Reading) -> html.Div:
    """The index beside its five components, each a bar of its own."""
    words, row, before = reading.words, reading.row("index"), reading.row("index" + BEFORE)
    change = told_ratio(words, row.get("score"), before.get("score"))
    head = tile(
        reading,
        "index",
        "consistency",
        words.number(row.get("score"), 1),
        [f"n = {words.count(row.get('n', 0))}"],
        change,
    )
    bars = [_component(reading, name, row.get(name), before.get(name)) for name in COMPONENTS]
    return html.Div([head, html.Div(bars, className="components")], className="index")


def _component(reading: Reading, name: str, value: float | None, before: float | None) -> dcc.Link:
    words = reading.words
    page = {"wait_parity": "waits", "handoff_success": "handoffs", "context_carry": "handoffs"}.get(name, "consistency")
    was = "" if before is None else words("tile.was", arrow="", value=words.number(before)).strip()
    shown = [
        html.Span(words(f"component.{name}"), className="name"),
        html.Span(words.number(value), className="value"),
        html.Span(html.Span(style={"width": f"{100 * (value or 0):.1f}%"}), className="bar"),
        html.Small(was, className="was"),
    ]
    return dcc.Link(
        live(f"component-{name}", shown, className="component"),
        href=reading.href(page),
        title=words.definition(f"metric_{name}").meaning,
    )


PAGE = Page("overview", queries, body)
