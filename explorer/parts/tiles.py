"""Tiles: one number each, with its interval, against the period before, leading to its page."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from dash import dcc, html
from dash.development.base_component import Component

from explorer.parts.cards import about
from explorer.parts.live import live
from explorer.parts.problems import problem
from explorer.parts.reading import Reading
from explorer.queries import BEFORE
from explorer.words import DASH, Words
from sinks.clickhouse.metrics import Row


@dataclass(frozen=True, slots=True)
class Change:
    """The difference of two shares, with its 95 % interval."""

    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether chance alone is an unlikely reason for it."""
        return self.low > 0 or self.high < 0


def compare(now: Row, before: Row, rate: str = "rate", low: str = "low", high: str = "high") -> Change | None:
    """How a share differs from that of the period before; None where one of them is unknown.

    The 95 % interval of the difference is method 10 of R. Newcombe, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998): made of both Wilson intervals.
    """
    values = [row.get(name) for row in (now, before) for name in (rate, low, high)]
    if any(value is None for value in values):
        return None
    p, p_low, p_high, q, q_low, q_high = (float(value) for value in values if value is not None)
    return Change(
        difference=p - q,
        low=p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2),
        high=p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2),
    )


def rate_tile(reading: Reading, name: str, page: str, prefix: str = "", n: str = "n") -> html.Article:
    """The tile of a metric that is a share; `prefix` where its columns have one (`csat_`)."""
    words, row = reading.words, reading.row(name)
    columns = f"{prefix}rate", f"{prefix}low", f"{prefix}high"
    change = compare(row, reading.row(name + BEFORE), *columns)
    small = [words.interval(row.get(columns[1]), row.get(columns[2])), f"n = {words.count(row.get(n, 0))}"]
    if not row.get(n) and "window" in reading.queries[name].call.parameters:
        small.append(words("tile.unripe"))
    if row.get("undecided"):
        small.append(words("tile.undecided", n=words.count(row["undecided"])))
    return tile(reading, name, page, words.share(row.get(columns[0])), small, told_change(words, change))


def count_tile(reading: Reading, name: str, column: str, title: str, href: str = "") -> html.Article:
    """The tile of a count, the column of that name; it leads to `href`."""
    words, failure = reading.words, reading.failure(name)
    if failure is not None:
        shown: list[Component] = [problem(words, failure, reading)]
    else:
        row, before = reading.row(name), reading.row(name + BEFORE)
        number = html.Strong(words.count(row.get(column, 0)), className="value")
        shown = [number, told_ratio(words, row.get(column), before.get(column), 0)]
    inner = [html.H2(title), live(f"tile-{column}", shown)]
    head = dcc.Link(inner, href=href, className="tile-link") if href else html.Div(inner, className="tile-link")
    return html.Article(
        [head, about(words, reading.queries[name], f"tile-{column}")], className="tile", id=f"tile-{column}"
    )


def told_change(words: Words, change: Change | None) -> Component:
    """A change of a share in points, with an arrow; marked where it is clear."""
    if change is None:
        return html.Span(words("tile.nothing_before"), className="change")
    arrow = "▲" if change.difference > 0 else "▼" if change.difference < 0 else "="
    text = words("tile.points", arrow=arrow, points=f"{abs(100 * change.difference):.1f}")
    kind = "tile.clear" if change.is_clear else "tile.chance"
    return html.Span([text, html.Small(words(kind))], className="change clear" if change.is_clear else "change")


def told_ratio(words: Words, now: float | None, before: float | None, digits: int = 1) -> Component:
    """A change of a number, with an arrow and what it was."""
    if now is None or before is None:
        return html.Span(words("tile.nothing_before"), className="change")
    arrow = "▲" if now > before else "▼" if now < before else "="
    return html.Span(words("tile.was", arrow=arrow, value=words.number(before, digits)), className="change")


def tile(reading: Reading, name: str, page: str, value: str, small: list[str], change: Component) -> html.Article:
    """A tile whose number is a link to its page; the failure in its place where there is no answer."""
    words, failure = reading.words, reading.failure(name)
    title = words(f"tile.{name}")
    shown: list[Component]
    if failure is not None:
        shown = [problem(words, failure, reading)]
    else:
        number = html.Strong(value, className="value none" if value == DASH else "value")
        shown = [number, html.Small(" · ".join(text for text in small if text), className="evidence"), change]
    return html.Article(
        [
            dcc.Link([html.H2(title), live(f"tile-{name}", shown)], href=reading.href(page), className="tile-link"),
            about(words, reading.queries[name], f"tile-{name}"),
        ],
        className="tile",
        id=f"tile-{name}",
    )
