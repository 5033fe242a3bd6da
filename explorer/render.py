"""From an address to a page: what it asks, the answers, what they look like."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import html, no_update
from dash.development.base_component import Component

from explorer.filters import read_filters
from explorer.pages.page import Page
from explorer.palette import THEMES
from explorer.parts.live import live, parts_of
from explorer.parts.problems import empty_database, mistakes, outside, whole_page
from explorer.parts.reading import Reading
from explorer.queries import ROWS_SHOWN, Scope
from explorer.store import Facts, Failure, Store
from explorer.words import Words, words_in


def scope_of(page: Page, search: str | None, facts: Facts, rows: int = ROWS_SHOWN) -> Scope:
    """What a page at this address is about, now."""
    filters, now = read_filters(search, page.own), datetime.now(UTC)
    return Scope(filters, filters.period(now, facts.zone), facts.zone, now, rows)


def page_content(
    store: Store, page: Page | None, search: str | None, language: str, theme: str
) -> Component | list[Component]:
    """All of a page: its numbers, or why there are none."""
    if page is None:
        words = words_in(language)
        return html.Div(
            [html.H1(words("problem.no_page.title")), html.P(words("problem.no_page.advice"))], className="stop"
        )
    facts = store.facts()
    if isinstance(facts, Failure):
        return whole_page(words_in(language), facts)
    words = words_in(language, facts.zone)
    if not facts.touchpoints:
        return empty_database(words)
    scope = scope_of(page, search, facts)
    asked = page.queries(scope)
    reading = Reading(page.name, scope, words, THEMES[theme], asked, store.read(asked))
    failures = [failure for failure in reading.answers.values() if isinstance(failure, Failure)]
    if any(failure.kind == "away" for failure in failures):
        return whole_page(words, next(failure for failure in failures if failure.kind == "away"))
    heading = html.Div(
        [html.H1(words(f"page.{page.name}")), live("when", _when(words, scope, facts), "p", className="when")]
    )
    hints = [hint for hint in (mistakes(words, reading), outside(words, reading, facts)) if hint is not None]
    return [heading, live("hints", hints), html.Div(page.body(reading), className="cards")]


def refreshed(content: Component | list[Component], shown: Mapping[str, str], graphs: list[str]) -> dict[str, Any]:
    """What of a page has to be set where it shows the live parts `shown` (name → digest) and `graphs`.

    What has changed of them; or the whole page, where it has other parts now.
    """
    parts = parts_of(content)
    same = bool(shown) and parts.digests.keys() == shown.keys() and parts.figures.keys() == set(graphs)
    changed = [same and parts.digests[name] != digest for name, digest in shown.items()]
    return {
        "page": no_update if same else content,
        "html": [parts.html[name] if new else no_update for name, new in zip(shown, changed, strict=True)],
        "digests": [parts.digests[name] if new else no_update for name, new in zip(shown, changed, strict=True)],
        "figures": [parts.figures[name] if same else no_update for name in graphs],
    }


def _when(words: Words, scope: Scope, facts: Facts) -> str:
    """The period and the one before, in words, and whether that is stored in full."""
    before = scope.before.period
    when = words(
        "app.when",
        since=words.time(scope.period.since),
        until=words.time(scope.period.until),
        before_since=words.time(before.since),
        before_until=words.time(before.until),
        zone=scope.zone,
    )
    if facts.first_at is None or facts.first_at <= before.since:
        return when
    return f"{when} {words('app.short', first=words.time(facts.first_at))}"
