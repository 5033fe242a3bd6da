"""A page's queries with their answers: what its body is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.filters import Filters
from explorer.palette import Palette
from explorer.queries import Query, Scope
from explorer.store import Failure
from explorer.words import Words
from sinks.clickhouse.metrics import Answer, Row


@dataclass(frozen=True, slots=True)
class Reading:
    """`page` is the page's name; `queries` and `answers` have the same names; all is said in `words`."""

    page: str
    scope: Scope
    words: Words
    palette: Palette
    queries: Mapping[str, Query]
    answers: Mapping[str, Answer | Failure]

    @property
    def filters(self) -> Filters:
        """What the address chooses."""
        return self.scope.filters

    def rows(self, name: str) -> list[Row]:
        """The rows of an answer; none where it failed."""
        answer = self.answers[name]
        return [] if isinstance(answer, Failure) else answer.dicts

    def row(self, name: str) -> Row:
        """The only row of an answer; empty where there is none."""
        return next(iter(self.rows(name)), {})

    def failure(self, name: str) -> Failure | None:
        """Why the query `name` has no answer; None: it has one."""
        answer = self.answers[name]
        return answer if isinstance(answer, Failure) else None

    def href(self, page: str, **own: str | None) -> str:
        """The address of a page with the same filters and these parameters of its own."""
        return f"/{page}{self.filters.shared.with_own(**own).search}"

    def here(self, **own: str | None) -> str:
        """This page's address with these of its own parameters changed; None takes one away."""
        return f"/{self.page}{self.filters.with_own(**own).search}"

    def export(self, name: str, form: str) -> str:
        """The address of the rows of an answer as a file."""
        return f"/export/{self.page}/{name}.{form}{self.filters.search}"
