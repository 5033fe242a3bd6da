"""Tables that scroll sideways where they have no room, read by machines as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dash import dcc, html
from dash.development.base_component import Component

from explorer.palette import ENOUGH, mark
from explorer.parts.attributes import aria
from explorer.words import Words
from sinks.clickhouse.metrics import Row

Cell = Component | str | Sequence[Component | str]


@dataclass(frozen=True, slots=True)
class Column:
    """`header` stands above; `cell` makes a row's cell; numbers stand to the right, what is whole is not broken."""

    header: str
    cell: Callable[[Row], Cell]
    kind: Literal["text", "number", "whole"] = "text"


def table(columns: Sequence[Column], rows: Iterable[Row], label: str, foot: Sequence[Cell] = ()) -> html.Div:
    """A table with a head, and `foot` as its last line."""
    kinds = [column.kind for column in columns]
    head = html.Tr(
        [html.Th(column.header, scope="col", className=kind) for column, kind in zip(columns, kinds, strict=True)]
    )
    body = [
        html.Tr([html.Td(column.cell(row), className=kind) for column, kind in zip(columns, kinds, strict=True)])
        for row in rows
    ]
    parts: list[Component] = [html.Thead(head), html.Tbody(body)]
    if foot:
        cells = [html.Td(cell, className=kind) for cell, kind in zip(foot, kinds, strict=True)]
        parts.append(html.Tfoot(html.Tr(cells)))
    return scrolling(html.Table(parts), label)


def scrolling(content: Component, label: str) -> html.Div:
    """What may be wider than its place: it scrolls, with the keyboard too."""
    return html.Div(content, className="scroll", tabIndex=0, role="group", **aria(label=label))


def rated(
    words: Words, row: Row, rate: str = "rate", low: str = "low", high: str = "high", n: str = "n"
) -> list[Component | str]:
    """A share with its interval and how many it is of."""
    return [
        html.Span(words.share(row.get(rate)), className="rate"),
        " ",
        html.Small(words.interval(row.get(low), row.get(high)), className="interval"),
        " ",
        html.Small(f"n = {words.count(row.get(n))}", className="n"),
    ]


def badge(words: Words, kind: str, value: str) -> html.Span:
    """An outcome by mark, word and colour."""
    return html.Span(f"{mark(value)} {words.name(kind, value)}", className=f"badge is-{value}")


def badges(words: Words, kind: str, values: Iterable[str]) -> list[Component]:
    """A badge for each value, with its mark and its name."""
    return [badge(words, kind, value) for value in values]


def linked(text: Cell, href: str) -> dcc.Link:
    """A text that leads to another page of the explorer."""
    return dcc.Link(text, href=href)


def breakable(name: str) -> list[Component | str]:
    """A name that may go on in the next line after each underscore, where a table has no room."""
    first, *others = name.split("_")
    return [first, *(part for other in others for part in ("_", html.Wbr(), other))]


def channel_path(words: Words, channels: Iterable[str]) -> str:
    """The channels' names with arrows between them."""
    return " → ".join(words.name("channel", channel) for channel in channels)


def heat(share: float, n: int) -> dict[str, Any]:
    """Class and style of a cell whose background tells a share of 0 to 1, unless that rests on too little."""
    if n < ENOUGH:
        return {"className": "heat few"}
    return {"className": "heat", "style": {"--share": f"{max(0.0, min(1.0, share)):.4f}"}}
