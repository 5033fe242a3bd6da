"""Whose the rows are that an erasure removes, and that each of their records keeps a fate, on the real engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from omnitrack.erasure.rows import erased_letters, remove_rows
from omnitrack.erasure.subject import Subject, with_identities
from schemas.rows import DuplicateRow, TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Origin
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.port import Rejection
from tests.sinks.rows import NOON, entry, touchpoint_row

MONTH = 31 * 86_400_000


@dataclass(slots=True)
class Rows:
    touchpoints: list[TouchpointRow] = field(default_factory=list)

    def add(self, customer_id: str, session_id: str | None = None, month: int = 0, **identities: str) -> None:
        row = touchpoint_row(len(self.touchpoints))
        at = row.touchpoint.occurred_at - month * MONTH
        borne = replace(row.touchpoint, identities=identities, session_id=session_id, occurred_at=at)
        origin = Origin("t.touchpoints.branch", 0, len(self.touchpoints))
        self.touchpoints.append(replace(row, customer_id=customer_id, touchpoint=borne, origin=origin))


def test_what_was_the_anonymous_customers_beyond_the_horizon_is_the_customers_too(
    clickhouse: ClickHouseSettings,
) -> None:
    rows = Rows()
    rows.add("C-1", customer_no="C-1", phone="p", device="d")
    rows.add("C-2", customer_no="C-2", device="d")
    rows.add("anon:phone:p", session_id="s", phone="p")
    rows.add("anon:device:d", device="d")
    writer = Writer(clickhouse)
    writer.write("touchpoints", [entry(row) for row in rows.touchpoints])
    repeated = DuplicateRow(Origin("t.touchpoints.branch", 0, 9), "anon:phone:p", "branch", "e", NOON)
    writer.write("duplicates", [entry(repeated)])
    with connected(clickhouse) as client:
        subject = with_identities(Subject("C-1", "C-1"), client, None)
        letters = list(erased_letters(client, subject, Topics("t."), None))
    assert subject.customer_ids == ("C-1", "anon:phone:p")
    assert sorted(letter.offset for letter in letters) == [0, 2, 9]


def test_what_an_interrupted_run_left_is_found_by_the_next_one(
    clickhouse: ClickHouseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Rows()
    for month in range(3):
        rows.add("C-1", month=month, customer_no="C-1", phone="p")
        rows.add("anon:phone:p", month=month, phone="p")
    Writer(clickhouse).write("touchpoints", [entry(row) for row in rows.touchpoints])
    left, runs = {"C-1", "anon:phone:p"}, 0
    with connected(clickhouse) as client:
        while left:
            assert "C-1" in left
            with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
                patch.setattr(client, "execute", interrupted_after(1, client.execute))
                remove_rows(client, with_identities(Subject("C-1", "C-1"), client, None), clickhouse.storage)
            left = {one for (one,) in client.execute("SELECT DISTINCT customer_id FROM touchpoints")}
            runs += 1
    assert runs >= 6


def test_only_refused_rows_of_this_very_customer_go(clickhouse: ClickHouseSettings) -> None:
    values = [b'{"customer_id":"C-1"}', b'{"customer_id":"C-10"}', b"\x92\xa3C-1\x01", b"\x92\xa4C-10\x01"]
    rejected = [Rejection("journeys", "t.journeys", 0, offset, value, "why") for offset, value in enumerate(values)]
    Writer(clickhouse).reject(rejected)
    with connected(clickhouse) as client:
        removed = remove_rows(client, Subject("C-1", "C-1"), clickhouse.storage)
        left = client.execute("SELECT offset FROM rejected_rows ORDER BY offset")
    assert (removed["rejected_rows"], left) == (2, [(1,), (3,)])


def interrupted_after(mutations: int, execute: Callable[..., Any]) -> Callable[..., Any]:
    """As the client, until somebody presses Ctrl-C."""
    left = iter(range(mutations))

    def ask(query: str, *arguments: Any, **options: Any) -> Any:
        if query.startswith("ALTER") and next(left, None) is None:
            raise KeyboardInterrupt
        return execute(query, *arguments, **options)

    return ask
