"""Alerts: what the rules found wrong, whether it still is, and where to see it."""

from __future__ import annotations

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from explorer.figures.trends import counts_over_time
from explorer.filters import Filters
from explorer.pages.page import Page, bucket
from explorer.parts.cards import card
from explorer.parts.evidence import journey_link
from explorer.parts.forms import choice, text_input
from explorer.parts.graphs import graph
from explorer.parts.reading import Reading
from explorer.parts.tables import Column, badge, breakable, channel_path, linked, table
from explorer.parts.tiles import count_tile
from explorer.queries import Query, Scope
from explorer.words import Words
from sinks.clickhouse.metrics import Row

STATUSES = ("firing", "silenced", "resolved", "retracted")
SEVERITIES = ("critical", "warning", "info")
OWN = ("status", "severity", "rule")
# Labels that name channels, in the order in which a customer comes to them.
CHANNELS = ("from_channel", "to_channel", "channel")


def queries(scope: Scope) -> dict[str, Query]:
    counts = {
        name: within.view("explorer_alert_counts", by=(), zone=scope.zone)
        for name, within in (("counts", scope), ("counts_before", scope.before))
    }
    return {
        **counts,
        "trend": scope.view("explorer_alert_counts", by=(bucket(scope),), zone=scope.zone),
        "rules": scope.view("explorer_alert_counts", by=("rule",), zone=scope.zone),
        "alerts": scope.view("explorer_alerts", **scope.own_values(*OWN)),
    }


def body(reading: Reading) -> list[Component]:
    words = reading.words
    return [
        html.Div(
            [
                count_tile(reading, "counts", status, words.name("alert", status), reading.here(status=status))
                for status in STATUSES
            ],
            className="tiles",
        ),
        card(
            reading,
            "trend",
            lambda rows: graph(
                counts_over_time(rows, {name: words.name("alert", name) for name in STATUSES}, reading.palette),
                "trend",
                words("card.alerts.trend"),
            ),
        ),
        card(reading, "rules", lambda rows: _rules(reading, rows), note=words("alerts.rules_note")),
        card(reading, "alerts", lambda rows: _alerts(reading, rows), note=_chosen(reading), wide=True),
    ]


def _rules(reading: Reading, rows: list[Row]) -> Component:
    """Each rule leads to its alerts."""
    words = reading.words
    return table(
        [
            Column(
                words("column.rule"),
                lambda row: [
                    linked(breakable(row["rule"]), reading.here(rule=row["rule"]) + "#section-alerts"),
                    " ",
                    html.Small(words.name("severity", row["severity"])),
                ],
            ),
            *(_counted(words, status) for status in STATUSES),
            Column(words("column.lasted"), lambda row: words.duration(row["lasted_median"]), kind="number"),
        ],
        rows,
        words("card.alerts.rules"),
    )


def _counted(words: Words, status: str) -> Column:
    return Column(words.name("alert", status), lambda row: words.count(row[status]), kind="number")


def _alerts(reading: Reading, rows: list[Row]) -> Component:
    words = reading.words
    return table(
        [
            Column(words("column.event_time"), lambda row: words.time(row["event_time"]), kind="whole"),
            Column(words("column.status"), lambda row: _status(words, row)),
            Column(words("column.severity"), lambda row: words.name("severity", row["severity"])),
            Column(words("column.rule"), lambda row: breakable(row["rule"])),
            Column(words("column.summary"), lambda row: row["summary"]),
            Column(words("column.subject"), lambda row: _subject(reading, row)),
            Column(words("column.measured"), lambda row: _measured(words, row), kind="number"),
            Column(words("column.lasted"), lambda row: words.duration(row["lasted_seconds"]), kind="number"),
        ],
        rows,
        words("card.alerts.alerts"),
    )


def _status(words: Words, row: Row) -> list[Component | str]:
    said = badge(words, "alert", row["status"])
    return [said, " ", html.Small(row["silenced_by"])] if row["silenced_by"] else [said]


def _subject(reading: Reading, row: Row) -> Component:
    """What the alert is about, as a link to where that can be seen: a journey, else what its labels say."""
    if row["journey_id"] is not None:
        return journey_link(reading, row, row["customer_id"])
    words, labels = reading.words, row["labels"]
    said = [channel_path(words, [labels[name] for name in CHANNELS if name in labels])]
    if "intent" in labels:
        said.append(words.name("intent", labels["intent"]))
    return linked(" · ".join(filter(None, said)) or words("filter.all"), _address(reading.filters, row))


def _address(filters: Filters, row: Row) -> str:
    labels = row["labels"]
    shared = replace(filters.shared, intents=(labels["intent"],) if "intent" in labels else filters.intents)
    if row["kind"] == "wait":
        return "/waits" + replace(shared, channels=(labels["channel"],) if "channel" in labels else ()).search
    ends = {name: labels.get(name) for name in ("from_channel", "to_channel")}
    return "/handoffs" + shared.with_own(result="failed", **ends).search + "#section-handoffs"


def _measured(words: Words, row: Row) -> str:
    """A share with what it is of and what is allowed, or how long there was until due."""
    if row["value"] is None:
        return ""
    if row["kind"] == "deadline":
        return words("alerts.until_due", time=words.duration(row["value"]))
    share, allowed = words.share(row["value"]), words.share(row["threshold"], 0)
    return words("alerts.share", share=share, count=words.count(row["count"]), allowed=allowed)


def _chosen(reading: Reading) -> str:
    own, words = reading.filters.own, reading.words
    said = [
        own[name] if name == "rule" else words.name({"status": "alert"}.get(name, name), own[name])
        for name in OWN
        if name in own
    ]
    return words("alerts.chosen", what=" · ".join(said)) if said else words("alerts.all")


def form(filters: Filters, words: Words) -> list[Component]:
    return [
        choice(filters, words, "status", "alert", STATUSES),
        choice(filters, words, "severity", "severity", SEVERITIES),
        text_input(filters, words, "rule"),
    ]


PAGE = Page("alerts", queries, body, OWN, form)
