"""Rows drawn at random for tests of alerting, how they are sent, and what must hold of alerts whatever they are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import strategies as st

from schemas.rows import AlertRow
from streams.alerting.customers import PATIENCE
from streams.alerting.facts import CustomerRow
from streams.settings import CoreChoice
from tests.streams.alerting.rows import HOUR, JOURNEY, MINUTE, NOON, handoff, journey, promise, waited
from tests.streams.alerting.world import World

customers = st.sampled_from(["C-1", "C-2", "C-3", "C-4", "anon:device:d"])
recent = st.sampled_from([NOON - minutes * MINUTE for minutes in (1, 2, 7, 15, 31, 45, 55, 200)])
deleted = st.sampled_from([0, 0, 0, 1])
IDS = [f"00000000-0000-5000-8000-00000000000{number}" for number in range(3)]

OTHER_JOURNEY = "0b0d8c2e-54a5-5f0e-9a0e-222222222222"

handoffs = st.builds(
    handoff,
    at=recent,
    customer=customers,
    handoff_id=st.sampled_from(IDS),
    to_channel=st.sampled_from(["branch", "hotline"]),
    result=st.sampled_from(["failed", "failed", "smooth", "smooth", "pending"]),
    failures=st.sampled_from([("lost",), ("repeated", "stalled"), ("stalled",)]),
    is_deleted=deleted,
)
journeys = st.builds(
    journey,
    customer=customers,
    journey_id=st.sampled_from([JOURNEY, JOURNEY, OTHER_JOURNEY]),
    intent=st.sampled_from(["transfer", "transfer", "unknown", "loan"]),
    incidents=st.sampled_from([(), (), ("outage-7",)]),
    care=st.sampled_from([(), (), ("elderly", "minor")]),
    is_deleted=deleted,
)
promises = st.builds(
    promise,
    due_at=st.sampled_from([NOON + 3 * HOUR, NOON + HOUR, NOON - HOUR]),
    customer=customers,
    kept_at=st.sampled_from([None, NOON - 90 * MINUTE, NOON - 10 * MINUTE]),
    status=st.sampled_from(["pending", "overdue"]),
    is_deleted=deleted,
)
waits = st.builds(
    waited,
    seconds=st.sampled_from([30.0, 700.0, 900.0]),
    at=recent,
    customer=customers,
    intent=st.sampled_from(["transfer", None]),
    incident_id=st.sampled_from([None, None, "outage-7"]),
    is_deleted=deleted,
)
cores: st.SearchStrategy[CoreChoice] = st.sampled_from(["auto", "python"])


def versioned(drawn: list[CustomerRow]) -> list[CustomerRow]:
    """Each row later than those before it, as stitching sends them: what replaces another one is newer."""
    return [msgspec.structs.replace(row, version=number) for number, row in enumerate(drawn, 1)]


def rest(world: World) -> None:
    """Take all there is, and have the patience with what may still come."""
    world.settle()
    world.now += 2 * PATIENCE
    world.settle()


def seen(alerts: list[AlertRow]) -> Sequence[object]:
    """What readers go by: not when it was said, and for shares not which alert of the group it is."""
    return sorted(
        (
            (row.fingerprint, row.status, row.resolved_at or 0, row.summary, row.silenced_by or "", row.value or 0)
            + ((row.alert_id, row.event_time) if row.customer_id else ())
        )
        for row in alerts
    )
