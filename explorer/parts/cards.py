"""A card: a figure or a table under its title, with what it means, the SQL it comes from, and its rows as files."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from explorer.parts.attributes import aria, data
from explorer.parts.live import has_graph, live
from explorer.parts.problems import problem, says_nothing
from explorer.parts.reading import Reading
from explorer.queries import Query
from explorer.words import Words
from sinks.clickhouse.metrics import Row

Content = Component | str | list[Component]
FORMATS = ("csv", "parquet")


def card(
    reading: Reading,
    name: str,
    content: Callable[[list[Row]], Content],
    *,
    title: str = "",
    note: str = "",
    nothing: str = "",
    wide: bool = False,
) -> html.Section:
    """The card of the answer `name`. `content` is shown where there are rows; else `nothing`, or why there are none."""
    words, query, failure = reading.words, reading.queries[name], reading.failure(name)
    rows = reading.rows(name)
    body: Content
    if failure is not None:
        body = problem(words, failure, reading)
    elif rows:
        body = content(rows)
    else:
        body = says_nothing(words, nothing)
    heading = f"card-{name}"
    cut = words("table.cut", rows=query.limit) if query.limit is not None and len(rows) >= query.limit else ""
    return html.Section(
        [
            html.H2(title or words(f"card.{reading.page}.{name}"), id=heading),
            live(f"note-{name}", note, className="note"),
            html.Div(body, className="content") if has_graph(body) else live(name, body, className="content"),
            live(f"cut-{name}", cut, className="note"),
            html.Footer([about(words, query, name), exports(reading, name)]),
        ],
        className="card wide" if wide else "card",
        id=f"section-{name}",
        **aria(labelledby=heading),
    )


def about(words: Words, query: Query, name: str) -> html.Details:
    """What a number means and the SQL that gives it, folded; `name` is that of its card or tile."""
    told = words.definition(query.view)
    terms = [
        (words(f"about.{name}"), text)
        for name, text in (
            ("formula", told.formula),
            ("counted", told.counted),
            ("unit", told.unit),
            ("source", told.source),
        )
        if text
    ]
    return html.Details(
        [
            html.Summary(words("about.summary"), title=f"{words('about.summary')}: {told.title}"),
            html.P([html.Strong(told.title), ": ", told.meaning]),
            html.Dl([each for term, text in terms for each in (html.Dt(term), html.Dd(text))]),
            html.Div(
                [
                    live(f"sql-{name}", query.call.spelled, "pre", className="sql"),
                    html.Button(
                        words("about.copy"), type="button", className="copy", **data(copied=words("about.copied"))
                    ),
                ],
                className="query",
            ),
        ],
        className="about",
    )


def exports(reading: Reading, name: str) -> html.Span:
    """Links to all rows of an answer as files."""
    links: list[Component] = [
        html.A(
            form.upper() if form == "csv" else "Parquet",
            href=reading.export(name, form),
            download="",
            className="export",
            **aria(label=reading.words("table.export", form=form.upper(), of=name)),
        )
        for form in FORMATS
    ]
    return html.Span(links, className="exports")
