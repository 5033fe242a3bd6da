"""Whose the rows are that an erasure removes, and that each of their records keeps a fate, on the real engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from omnitrack.erasure.rows import erased_letters
from omnitrack.erasure.subject import Subject, with_identities
from schemas.rows import DuplicateRow, TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Origin
from sinks.clickhouse.client import connected
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from tests.sinks.rows import NOON, entry, touchpoint_row


@dataclass(slots=True)
class Rows:
    touchpoints: list[TouchpointRow] = field(default_factory=list)

    def add(self, customer_id: str, session_id: str | None = None, **identities: str) -> None:
        row = touchpoint_row(len(self.touchpoints))
        borne = replace(row.touchpoint, identities=identities, session_id=session_id)
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
