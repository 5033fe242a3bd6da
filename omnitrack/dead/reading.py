"""Dead letters out of ClickHouse, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from clickhouse_driver import Client

from schemas.rows import DeadLetter
from schemas.topics import Topics
from sinks.clickhouse.rows import read_rows

PAGE = 5_000
NOT_DROPPED = "isNull(dropped_at)"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters: of any of the `ids`, `reasons` and `topics` (none: all), received from `since` to before `until`
    (UTC ms). Those that were dropped, or replayed, only `with_handled`.
    """

    ids: Sequence[str] = ()
    reasons: Sequence[str] = ()
    topics: Sequence[str] = ()
    since: int | None = None
    until: int | None = None
    with_handled: bool = False

    @property
    def condition(self) -> tuple[str, dict[str, Any]]:
        """SQL, and its parameters."""
        conditions = [] if self.with_handled else [NOT_DROPPED, "isNull(replayed_at)"]
        parameters: dict[str, Any] = {}
        for column, values in (("dead_letter_id", self.ids), ("reason", self.reasons), ("topic", self.topics)):
            if values:
                conditions.append(f"{column} IN {{{column}s:Array(String)}}")
                parameters[f"{column}s"] = list(values)
        for name, operator, time in (("since", ">=", self.since), ("until", "<", self.until)):
            if time is not None:
                conditions.append(f"toUnixTimestamp64Milli(received_at) {operator} {{{name}:Int64}}")
                parameters[name] = time
        return " AND ".join(conditions) or "1", parameters


def topics_of(names: Sequence[str], topics: Topics) -> tuple[str, ...]:
    """The topics of `names`, each a channel or a topic."""
    return tuple(topics.touchpoints(name) if name in topics.channels else name for name in names)


def read_letters(client: Client, condition: str, parameters: Mapping[str, Any]) -> Iterator[DeadLetter]:
    """The letters that meet an SQL condition, by their ids; a page of them is held at a time."""
    where = f"({condition}) AND dead_letter_id > {{after:String}} ORDER BY dead_letter_id LIMIT {PAGE}"
    after = ""
    while letters := cast("list[DeadLetter]", read_rows(client, "dead_letters", where, {**parameters, "after": after})):
        yield from letters
        after = max(letter.dead_letter_id for letter in letters)
