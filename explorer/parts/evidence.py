"""Single handoffs, told with what shows how they went."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from dash import html
from dash.development.base_component import Component

from explorer.parts.reading import Reading
from explorer.parts.tables import Column, badge, badges, linked, table
from explorer.words import Words
from sinks.clickhouse.metrics import Row


def handoff_table(reading: Reading, rows: list[Row], label: str) -> Component:
    """Handoffs with their evidence; the customer leads to the journey."""
    words = reading.words
    return table(
        [
            Column(words("column.left_at"), lambda row: words.time(row["left_at"]), kind="whole"),
            Column(words("column.customer"), lambda row: journey_link(reading, row, row["customer_id"]), kind="whole"),
            Column(words("column.intent"), lambda row: words.name("intent", row["intent"])),
            Column(
                words("column.handoff"),
                lambda row: (
                    f"{words.name('channel', row['from_channel'])} → {words.name('channel', row['to_channel'])}"
                ),
            ),
            Column(words("column.result"), lambda row: results(words, row)),
            Column(words("column.evidence"), lambda row: evidence(words, row)),
        ],
        rows,
        label,
    )


def journey_link(reading: Reading, row: Row, text: str) -> Component:
    """A link to the journey of a row, where it has one."""
    journey: UUID | None = row["journey_id"]
    if journey is None:
        return html.Span(text)
    return linked(text, reading.href("journeys", of=row["customer_id"], journey=str(journey)))


def customer_link(reading: Reading, row: Row) -> Component:
    """The customer of a row; leads to all journeys of theirs in the period."""
    return linked(row["customer_id"], reading.href("journeys", customer=row["customer_id"]))


def results(words: Words, row: Row) -> list[Component]:
    """What failed, or that nothing did."""
    return badges(words, "outcome", row["failures"]) or [badge(words, "result", row["result"])]


def evidence(words: Words, row: dict[str, Any]) -> Component:
    """What was asked again, which answers differed, who was referred where, and when they came."""
    said: list[Component] = []
    if row["referred_to"]:
        until = "" if row["due_at"] is None else words("evidence.until", at=words.time(row["due_at"]))
        said.append(html.Li(words("evidence.referred", to=words.name("channel", row["referred_to"]), until=until)))
    if row["arrived_at"] is None:
        said.append(html.Li(words("evidence.never_came" if row["result"] == "failed" else "evidence.not_yet")))
    else:
        came = words("evidence.came", at=words.time(row["arrived_at"]), gap=words.duration(row["gap_seconds"]))
        said.append(html.Li(came))
    if row["reasked"]:
        fields = ", ".join(words.name("field", name) for name in row["reasked"])
        said.append(html.Li(words("evidence.reasked", fields=fields)))
    for key, change in row["contradictions"].items():
        said.append(html.Li(words("evidence.contradicted", answer=words.name("field", key), change=change)))
    if row["wait_seconds"]:
        said.append(html.Li(words("evidence.waited", wait=words.duration(row["wait_seconds"]))))
    return html.Ul(said, className="evidence-list")
