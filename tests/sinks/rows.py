"""Rows for tests: fixed examples, and Hypothesis strategies for whole tables."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Origin, Touchpoint
from sinks.clickhouse.columns import EARLIEST_TIME, LATEST_TIME
from sinks.port import Entry, Row, Table

NOON = 1_795_521_600_123  # 2026-11-24 12:00:00.123 UTC
JOURNEY = "0b0d8c2e-54a5-5f0e-9a0e-111111111111"

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.sampled_from(["branch", "hotline", "mobile_app", "größe", "卡"])
optional_names = st.none() | names
times = st.integers(EARLIEST_TIME, LATEST_TIME) | st.sampled_from([0, -1, NOON, EARLIEST_TIME, LATEST_TIME])
seconds = st.floats(0, 1e9)
counts = st.integers(0, 2**32 - 1)
scores = st.none() | st.integers(0, 10)
uuids = st.uuids().map(str)
maps = st.dictionaries(names, text, max_size=3)
lists = st.lists(names, max_size=4).map(tuple)
origins = st.builds(Origin, names, counts, st.integers(0, 2**63 - 1))
# Few keys and versions, so that rows meet.
customers = st.sampled_from(["C-1", "C-2"])
versions = st.integers(0, 6)
deleted = st.integers(0, 1)
few_uuids = st.sampled_from([JOURNEY, "0b0d8c2e-54a5-5f0e-9a0e-222222222222"])

touchpoints = st.builds(
    Touchpoint,
    channel=st.sampled_from(["branch", "hotline"]),
    event_id=st.sampled_from(["e1", "e2"]),
    occurred_at=st.sampled_from([NOON, 0, EARLIEST_TIME, LATEST_TIME]),
    touchpoint=names,
    stage=names,
    outcome=names,
    session_id=st.none() | text,
    intent=optional_names,
    case_id=st.none() | text,
    referral_to=optional_names,
    referral_due_at=st.none() | times,
    referral_reason=st.none() | text,
    wait_seconds=st.none() | seconds,
    handle_seconds=st.none() | seconds,
    reasked=lists,
    answers=maps,
    satisfaction_scale=optional_names,
    satisfaction_score=scores,
    promise_id=st.none() | text,
    promise_due_at=st.none() | times,
    keeps=st.none() | text,
    care=lists,
    incident_id=st.none() | text,
    identities=maps,
    details=text,
)
_kept = {"version": versions, "is_deleted": deleted}
ROWS: dict[Table, st.SearchStrategy[Row]] = {
    "touchpoints": st.builds(
        TouchpointRow,
        customers,
        touchpoints,
        st.none() | uuids,
        times,
        origins,
        **_kept,
    ),
    "journeys": st.builds(
        JourneyRow,
        customer_id=customers,
        journey_id=few_uuids,
        intent=names,
        case_id=st.none() | text,
        status=st.sampled_from(["open", "completed"]),
        started_at=times,
        last_at=times,
        ended_at=st.none() | times,
        channels=lists,
        **dict.fromkeys(("touchpoints", "visits", "contacts", "handoffs", "failed_handoffs", "reopened"), counts),
        wait_seconds=seconds,
        handle_seconds=seconds,
        reasks=counts,
        csat=scores,
        nps=scores,
        ces=scores,
        care=lists,
        incidents=lists,
        contact_channels=lists,
        contact_starts=st.lists(times, max_size=3).map(tuple),
        waits=st.dictionaries(names, seconds, max_size=3),
        failures=lists,
        **_kept,
    ),
    "handoffs": st.builds(
        HandoffRow,
        customer_id=customers,
        handoff_id=few_uuids,
        journey_id=uuids,
        intent=names,
        from_channel=names,
        to_channel=names,
        referred_to=optional_names,
        left_at=times,
        arrived_at=st.none() | times,
        due_at=st.none() | times,
        gap_seconds=st.none() | st.floats(-1e9, 1e9),
        result=st.sampled_from(["smooth", "failed"]),
        failures=lists,
        wait_seconds=seconds,
        reasked=lists,
        contradictions=maps,
        care=lists,
        compared=lists,
        **_kept,
    ),
    "promises": st.builds(
        PromiseRow,
        customer_id=customers,
        promise_id=st.sampled_from(["p1", "p2"]),
        journey_id=st.none() | uuids,
        channel=names,
        made_at=times,
        due_at=times,
        kept_at=st.none() | times,
        status=st.sampled_from(["kept", "overdue"]),
        **_kept,
    ),
    "alerts": st.builds(
        AlertRow,
        customer_id=customers | st.just(""),
        alert_id=few_uuids,
        fingerprint=st.sampled_from(["f1", "f2"]),
        rule=names,
        kind=st.sampled_from(["handoff", "rate"]),
        severity=st.sampled_from(["warning", "critical"]),
        subject=text,
        labels=maps,
        status=st.sampled_from(["firing", "resolved"]),
        raised_at=times,
        updated_at=times,
        resolved_at=st.none() | times,
        event_time=times,
        summary=text,
        journey_id=st.none() | uuids,
        value=st.none() | seconds,
        threshold=st.none() | seconds,
        count=st.none() | counts,
        silenced_by=st.none() | text,
        **_kept,
    ),
    "dead_letters": st.builds(
        DeadLetter,
        dead_letter_id=st.sampled_from(["t:0:1", "t:0:2"]),
        topic=names,
        partition=counts,
        offset=st.integers(0, 2**63 - 1),
        key=st.none() | text,
        received_at=times,
        reason=st.sampled_from(["not_json", "schema"]),
        errors=st.lists(text, max_size=3).map(tuple),
        payload=text,
        replayed_at=st.none() | times,
        dropped_at=st.none() | times,
        **_kept,
    ),
    "duplicates": st.builds(
        DuplicateRow,
        origin=st.builds(Origin, st.just("t"), st.just(0), st.integers(0, 3)),
        customer_id=customers,
        channel=names,
        event_id=text,
        received_at=times,
    ),
}


def touchpoint_row(number: int, **changes: object) -> TouchpointRow:
    """A plausible touchpoint; `number` makes its key."""
    touchpoint = Touchpoint(
        "hotline",
        f"call-{number}",
        NOON + number,
        "call.answered",
        "serve",
        intent="card_replacement",
        session_id=f"s-{number // 3}",
        wait_seconds=12.5,
        answers={"fee": "12"},
        identities={"customer_no": f"C-{number % 500}", "phone": f"+49{number}"},
        details='{"call_id":"c"}',
    )
    origin = Origin("omnitrack.touchpoints.hotline", number % 4, number)
    row = TouchpointRow(f"C-{number % 500}", touchpoint, JOURNEY, NOON + number + 5, origin, version=1)
    return msgspec.structs.replace(row, **changes)


def promise_row(customer: str = "C-1", promise: str = "p1", version: int = 1, **changes: object) -> PromiseRow:
    row = PromiseRow(customer, promise, JOURNEY, "branch", NOON, NOON + 1000, None, "pending", version)
    return msgspec.structs.replace(row, **changes)


def entry(row: Row, offset: int = 0, topic: str = "out", partition: int = 0) -> Entry:
    """`row` as it came on an output topic."""
    return Entry(row, topic, partition, offset, msgspec.json.encode(row))
