"""What stands around every page: navigation, preferences, filters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from explorer.access.visitor import Visitor
from explorer.filters import DATES, SPANS, Filters
from explorer.pages.page import Page
from explorer.pages.registry import HOME, PAGES
from explorer.parts.attributes import aria
from explorer.store import Facts
from explorer.words import LANGUAGES, Words

TICK_MILLISECONDS = 10_000


def shell() -> html.Div:
    """The empty frame that callbacks fill."""
    return html.Div(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="preferences"),
            dcc.Store(id="tick", data=0),
            dcc.Store(id="said"),
            dcc.Store(id="opened"),
            dcc.Store(id="refreshing", data=False),
            dcc.Interval(id="clock", interval=TICK_MILLISECONDS),
            html.Header(id="header"),
            html.Div(id="filters"),
            html.Main(id="page", tabIndex=-1, **aria(busy="true")),
        ]
    )


def header(
    page: Page | None, filters: Filters, words: Words, theme: str, visitor: Visitor | None = None
) -> list[Component]:
    """Navigation and preferences, and the way out for a visitor who logged in; links keep the filters."""
    search = filters.shared.search
    links = [
        html.Li(
            dcc.Link(
                words(f"page.{name}"),
                href=f"/{'' if name == HOME else name}{search}",
                className="current" if page is not None and page.name == name else "",
            )
        )
        for name in PAGES
    ]
    other = next(language for language in LANGUAGES if language != words.language)
    opposite = "light" if theme == "dark" else "dark"
    return [
        html.A(words("app.skip"), href="#page", className="skip"),
        html.Div(
            [
                html.Span("omnitrack", className="brand"),
                html.Button(LANGUAGES[other], id="language", type="button", value=other, lang=other),
                html.Button(words(f"app.{opposite}"), id="theme", type="button", value=opposite),
                *([] if visitor is None else [_way_out(visitor, words)]),
            ],
            className="topbar",
        ),
        html.Nav(html.Ul(links), **aria(label=words("app.navigation"))),
    ]


def _way_out(visitor: Visitor, words: Words) -> html.A:
    return html.A(words("login.leave", name=visitor.name), href="/logout", title=visitor.role)


def filter_bar(page: Page, filters: Filters, words: Words, facts: Facts, now: datetime) -> html.Form:
    """The inputs of all filters; entering something changes the address."""
    spans = [{"label": words(f"span.{span}"), "value": span} for span in (*SPANS, DATES)]
    period = filters.period(now, facts.zone)
    fields: list[Component] = [
        html.Label(
            [
                html.Span(words("filter.period")),
                dcc.Dropdown(id="span", options=spans, value=filters.span, clearable=False, searchable=False),
            ],
            className="field",
        ),
        html.Label(
            [
                html.Span(words("filter.days")),
                dcc.DatePickerRange(
                    id="days",
                    start_date=(filters.first or period.since.date()).isoformat(),
                    end_date=(filters.last or period.until.date()).isoformat(),
                    display_format="YYYY-MM-DD",
                    first_day_of_week=1,
                ),
            ],
            className="field",
            hidden=filters.span != DATES,
        ),
        _several(words, "intents", "intent", facts.intents, filters.intents),
        _several(words, "channels", "channel", facts.channels, filters.channels),
        _several(words, "care", "care", facts.care, filters.care),
        *(page.form(filters, words) if page.form else []),
        dcc.Checklist(
            id="flags",
            options=[
                {"label": words("filter.anonymous"), "value": "anonymous"},
                {"label": words("filter.live"), "value": "live"},
            ],
            value=[name for name in ("anonymous", "live") if getattr(filters, name)],
            className="flags",
        ),
        dcc.Link(words("filter.reset"), href=f"/{page.name}", className="reset"),
    ]
    return html.Form(fields, className="filters", **aria(label=words("filter.all_of_them")))


def _several(words: Words, name: str, kind: str, offered: Iterable[str], chosen: tuple[str, ...]) -> html.Label:
    options = [{"label": words.name(kind, value), "value": value} for value in dict.fromkeys((*offered, *chosen))]
    field = dcc.Dropdown(id=name, options=options, value=list(chosen), multi=True, placeholder=words("filter.all"))
    return html.Label([html.Span(words(f"filter.{kind}")), field], className="field")
