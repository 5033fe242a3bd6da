"""One journey in full: its lane, its touchpoints with all their fields, its handoffs and promises."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from explorer.figures.lane import height_of, swim_lane
from explorer.palette import mark
from explorer.parts.cards import card
from explorer.parts.evidence import customer_link, evidence, results
from explorer.parts.graphs import graph
from explorer.parts.live import live
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, badge, channel_path, scrolling, table
from explorer.words import DASH, Words
from sinks.clickhouse.metrics import Row

# What a summary or the lane says already.
_TOLD = ("customer_id", "journey_id")


def journey_parts(reading: Reading) -> list[Component]:
    """One journey: what it came to, its touchpoints on lanes of channels, its handoffs and promises."""
    words = reading.words
    back = html.P(dcc.Link(words("journeys.back"), href=reading.here(of=None, journey=None)), className="back")
    told = card(
        reading,
        "journey",
        lambda rows: _summary(reading, rows[0]),
        title=_title(reading),
        nothing=words("journeys.gone"),
        wide=True,
    )
    if reading.failure("journey") is None and not reading.rows("journey"):
        return [back, told]
    return [
        back,
        told,
        card(
            reading,
            "touchpoints",
            lambda rows: _lane(reading, rows),
            note=words("journeys.lane_note"),
            nothing=words("journeys.no_touchpoint"),
            wide=True,
        ),
        card(
            reading,
            "handoffs",
            lambda rows: table(
                [
                    Column(words("column.left_at"), lambda row: words.time(row["left_at"]), kind="whole"),
                    Column(
                        words("column.handoff"),
                        lambda row: channel_path(words, (row["from_channel"], row["to_channel"])),
                    ),
                    Column(words("column.result"), lambda row: results(words, row)),
                    Column(words("column.evidence"), lambda row: evidence(words, row)),
                ],
                rows,
                words("card.journeys.handoffs"),
            ),
            nothing=words("journeys.no_handoff"),
            wide=True,
        ),
        card(
            reading,
            "promises",
            lambda rows: table(
                [
                    Column(words("column.promise"), lambda row: row["promise_id"]),
                    Column(words("column.channel"), lambda row: words.name("channel", row["channel"])),
                    Column(words("column.made_at"), lambda row: words.time(row["made_at"]), kind="whole"),
                    Column(words("column.due_at"), lambda row: words.time(row["due_at"]), kind="whole"),
                    Column(words("column.kept_at"), lambda row: words.time(row["kept_at"]), kind="whole"),
                    Column(words("column.status"), lambda row: badge(words, "promise", row["status"])),
                ],
                rows,
                words("card.journeys.promises"),
            ),
            nothing=words("journeys.no_promise"),
            wide=True,
        ),
    ]


def _title(reading: Reading) -> str:
    row = reading.row("journey")
    if not row:
        return reading.words("journeys.unknown")
    return reading.words(
        "journeys.title", intent=reading.words.name("intent", row["intent"]), customer=row["customer_id"]
    )


def _summary(reading: Reading, row: Row) -> html.Dl:
    words = reading.words
    terms: list[tuple[str, Component | str]] = [
        (words("column.customer"), customer_link(reading, row)),
        (words("column.status"), badge(words, "status", row["status"])),
        (words("column.path"), channel_path(words, row["channels"])),
        (words("column.started_at"), words.time(row["started_at"])),
        (words("column.last_at"), words.time(row["last_at"])),
        (words("column.ended_at"), words.time(row["ended_at"])),
        (words("column.contacts"), words.count(row["contacts"])),
        (words("column.failed_handoffs"), f"{row['failed_handoffs']} / {row['handoffs']}"),
        (words("column.wait"), words.duration(row["wait_seconds"])),
        (words("column.handle"), words.duration(row["handle_seconds"])),
        (words("column.reasks"), words.count(row["reasks"])),
        (words("column.case"), row["case_id"] or DASH),
        (words("column.care"), ", ".join(words.name("care", it) for it in row["care"]) or DASH),
        (words("column.incidents"), ", ".join(row["incidents"]) or DASH),
        ("CSAT · NPS · CES", " · ".join(DASH if row[it] is None else str(row[it]) for it in ("csat", "nps", "ces"))),
    ]
    pairs = [html.Div([html.Dt(term), html.Dd(value)]) for term, value in terms]
    return html.Dl(pairs, className="facts")


def _lane(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    handoffs, promises = reading.rows("handoffs"), reading.rows("promises")
    figure = swim_lane(rows, handoffs, promises, words, reading.palette)
    label = words("card.journeys.touchpoints")
    return html.Div(
        [
            scrolling(graph(figure, "lane", label, height_of(rows, handoffs)), label),
            live(
                "steps",
                [_touchpoint(words, number, row) for number, row in enumerate(rows)],
                "ol",
                className="touchpoints",
            ),
        ]
    )


def _touchpoint(words: Words, number: int, row: Row) -> html.Li:
    said = [
        html.Span(f"{mark(row['outcome'])} ", className=f"mark is-{row['outcome']}"),
        html.Span(words.time(row["occurred_at"]), className="at"),
        html.Strong(words.name("channel", row["channel"])),
        html.Code(row["touchpoint"]),
        html.Span(words.name("outcome", row["outcome"]), className="outcome"),
    ]
    fields = [
        each
        for name, value in row.items()
        if name not in _TOLD and value not in (None, "", [], {})
        for each in (html.Dt(html.Code(name)), html.Dd(_shown(words, value)))
    ]
    return html.Li(html.Details([html.Summary(said), html.Dl(fields, className="fields")], id=f"touchpoint-{number}"))


def _shown(words: Words, value: Any) -> str:
    match value:
        case datetime():
            return f"{words.time(value)}:{value:%S}"
        case list():
            return ", ".join(str(item) for item in value)
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
