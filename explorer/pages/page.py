"""What a page is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dash.development.base_component import Component

from explorer.filters import Filters
from explorer.parts.reading import Reading
from explorer.queries import Query, Scope
from explorer.words import Words


@dataclass(frozen=True, slots=True)
class Page:
    """A page named `name`, at `/name`; `own` are the address's parameters that only this page knows.

    `queries` are what it asks, by name; `body` shows the answers, which come under the same names; `form` are the
    inputs of its own parameters.
    """

    name: str
    queries: Callable[[Scope], dict[str, Query]]
    body: Callable[[Reading], list[Component]]
    own: tuple[str, ...] = ()
    form: Callable[[Filters, Words], list[Component]] | None = None


def bucket(scope: Scope) -> str:
    """By what a trend over the period is grouped: `day`, `week` or `month`."""
    days = (scope.period.until - scope.period.since).days
    return "day" if days <= 45 else "week" if days <= 200 else "month"
