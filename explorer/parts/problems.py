"""What a page shows instead of numbers: why there are none, and what to do."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from dash import dcc, html

from explorer.parts.reading import Reading
from explorer.store import Facts, Failure
from explorer.words import Words


def problem(words: Words, failure: Failure, reading: Reading | None = None) -> html.Div:
    """Why a query has no answer, and what can be done about it; without a `reading` the page has said what it is."""
    title = [html.P([html.Span("✕ ", className="mark"), html.Strong(words(f"problem.{failure.kind}.title"))])]
    advice = [html.P(words(f"problem.{failure.kind}.advice"))]
    if failure.kind == "slow" and reading is not None:
        shorter = reading.filters.with_span("24h").search
        advice.append(html.P(dcc.Link(words("problem.slow.shorter"), href=f"/{reading.page}{shorter}")))
    return html.Div(
        [
            *(title if reading is not None else []),
            *advice,
            html.Pre(failure.text, className="reason"),
        ],
        className="problem",
        role="alert",
    )


def says_nothing(words: Words, what: str = "") -> html.P:
    """Where a card has nothing to show, that it is so; `what` is not there, where no filter is the reason."""
    return html.P(what or words("problem.nothing"), className="nothing")


def whole_page(words: Words, failure: Failure) -> html.Div:
    """The page where nothing can be asked at all."""
    return html.Div([html.H1(words(f"problem.{failure.kind}.title")), problem(words, failure)], className="stop")


def empty_database(words: Words) -> html.Div:
    """The page where nothing is stored yet."""
    return html.Div(
        [
            html.H1(words("problem.empty.title")),
            html.P(words("problem.empty.advice")),
            html.Pre("omnitrack demo\nomnitrack publish touchpoints.jsonl\nomnitrack simulate --customers 500"),
            html.P(words("problem.empty.waits")),
        ],
        className="stop",
    )


def outside(words: Words, reading: Reading, facts: Facts) -> html.Div | None:
    """A hint where the period lies outside of what is stored, with a link to where there is something."""
    period = reading.scope.period
    if facts.first_at is None or facts.last_at is None:
        return None
    if facts.last_at >= period.since and facts.first_at < period.until:
        return None
    there = reading.filters.with_days(_day(facts.first_at, words), _day(facts.last_at, words)).search
    reach = words("problem.outside", first=words.time(facts.first_at), last=words.time(facts.last_at))
    return html.Div(
        [html.P([reach, " ", dcc.Link(words("problem.show_all"), href=f"/{reading.page}{there}")])],
        className="hint",
        role="status",
    )


def mistakes(words: Words, reading: Reading) -> html.Div | None:
    """A hint where the address holds what says nothing."""
    if not reading.filters.mistakes:
        return None
    said = words("problem.mistakes", what=", ".join(reading.filters.mistakes))
    return html.Div([html.P(said)], className="hint", role="status")


def _day(at: datetime, words: Words) -> date:
    return at.astimezone(ZoneInfo(words.zone)).date()
