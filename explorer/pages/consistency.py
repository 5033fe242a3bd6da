"""Consistency: whether the bank is the same on every channel, and what its channels contradict each other in."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from explorer.pages.page import Page
from explorer.palette import ENOUGH
from explorer.parts.cards import card
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, channel_path, heat, linked, scrolling, table
from explorer.parts.tiles import rate_tile, tile, told_ratio
from explorer.queries import BEFORE, Query, Scope
from explorer.words import Words
from sinks.clickhouse.metrics import Row

BOTH = ("channel", "intent")
CSAT_SPAN = 4.0
RATIOS = {"index": "consistency_index", "completion_parity": "completion_parity", "wait_parity": "wait_parity"}


def queries(scope: Scope) -> dict[str, Query]:
    return {
        **scope.compared(RATIOS),
        **scope.compared({"agreement": "answer_agreement"}, by=()),
        "completion": scope.metric("journeys", by=BOTH),
        "waiting": scope.metric("wait", by=BOTH),
        "satisfaction": scope.metric("satisfaction", by=BOTH),
        "contradictions": scope.view("explorer_contradictions"),
    }


def body(reading: Reading) -> list[Component]:
    words = reading.words
    tiles = [
        _ratio(reading, "index", "score", 1),
        _ratio(reading, "completion_parity", "parity"),
        _ratio(reading, "wait_parity", "parity"),
        rate_tile(reading, "agreement", "consistency"),
    ]
    return [
        html.Div(tiles, className="tiles"),
        _heat_card(reading, "completion", _spread(reading, "completion_parity")),
        _heat_card(reading, "waiting", _spread(reading, "wait_parity")),
        _heat_card(reading, "satisfaction", words("consistency.few", n=ENOUGH)),
        card(
            reading,
            "contradictions",
            lambda rows: _contradictions(reading, rows),
            note=words("consistency.contradictions_note"),
            wide=True,
        ),
    ]


def _heat_card(reading: Reading, name: str, note: str) -> Component:
    return card(reading, name, lambda rows: heat_map(reading, rows, name), note=note, wide=True)


def _contradictions(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words

    def between(row: Row) -> Component:
        ends = {"from_channel": row["from_channel"], "to_channel": row["to_channel"]}
        return linked(channel_path(words, ends.values()), reading.href("handoffs", failure="contradicted", **ends))

    def intents(row: Row) -> str:
        return ", ".join(words.name("intent", it) for it in sorted(row["intents"]))

    columns = [
        Column(words("column.answer"), lambda row: words.name("field", row["answer"])),
        Column(words("column.change"), lambda row: row["change"]),
        Column(words("column.handoff"), between),
        Column(words("column.handoffs"), lambda row: words.count(row["handoffs"]), kind="number"),
        Column(words("column.customers"), lambda row: words.count(row["customers"]), kind="number"),
        Column(words("column.intents"), intents),
        Column(words("column.last_at"), lambda row: words.time(row["last_at"]), kind="whole"),
    ]
    return table(columns, rows, words("card.consistency.contradictions"))


def heat_map(reading: Reading, rows: list[Row], name: str) -> Component:
    """Channels × intents: the number in each cell, and how much it is told by the colour behind it."""
    words = reading.words
    cells = {(row["channel"], row["intent"]): row for row in rows}
    channels = sorted({channel for channel, _ in cells}, key=lambda it: words.name("channel", it))
    intents = sorted({intent for _, intent in cells}, key=lambda it: words.name("intent", it))
    head = html.Tr([html.Td(), *(html.Th(words.name("channel", channel), scope="col") for channel in channels)])
    lines = [
        html.Tr(
            [
                html.Th(words.name("intent", intent), scope="row"),
                *(_cell(reading, name, cells.get((channel, intent))) for channel in channels),
            ]
        )
        for intent in intents
    ]
    label = words(f"card.consistency.{name}")
    return scrolling(html.Table([html.Thead(head), html.Tbody(lines)], className="matrix"), label)


def _cell(reading: Reading, name: str, row: Row | None) -> html.Td:
    words = reading.words
    told = None if row is None else _score(words, row) if name == "satisfaction" else _share(words, row)
    if told is None:
        return html.Td("", className="empty")
    shown, share, n, more = told
    return html.Td([html.Strong(shown), html.Small(f"n = {words.count(n)}")], title=more, **heat(share, n))


def _share(words: Words, row: Row) -> tuple[str, float, int, str] | None:
    """What a cell shows of a share: number, how much of the best it is, n, and more about it."""
    if row["rate"] is None:
        return None
    return words.share(row["rate"], 0), row["rate"], row["n"], words.interval(row["low"], row["high"])


def _score(words: Words, row: Row) -> tuple[str, float, int, str] | None:
    if row["csat_mean"] is None:
        return None
    satisfied = words("tile.satisfied", share=words.share(row["csat_rate"]))
    more = f"{satisfied} ({words.interval(row['csat_low'], row['csat_high'])})"
    return words.number(row["csat_mean"]), (row["csat_mean"] - 1) / CSAT_SPAN, row["csat_n"], more


def _ratio(reading: Reading, name: str, column: str, digits: int = 2) -> html.Article:
    words, row = reading.words, reading.row(name)
    change = told_ratio(words, row.get(column), reading.row(name + BEFORE).get(column), digits)
    n = f"n = {words.count(row.get('n', 0))}"
    return tile(reading, name, "consistency", words.number(row.get(column), digits), [n], change)


def _spread(reading: Reading, name: str) -> str:
    """Which channels are furthest apart, in words."""
    words, row = reading.words, reading.row(name)
    if row.get("parity") is None:
        return words("consistency.no_parity")
    return words(
        "consistency.parity",
        parity=words.number(row["parity"]),
        lowest_channel=words.name("channel", row["lowest_channel"]),
        lowest=words.share(row["lowest"]),
        highest_channel=words.name("channel", row["highest_channel"]),
        highest=words.share(row["highest"]),
    )


PAGE = Page("consistency", queries, body)
