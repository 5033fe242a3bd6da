"""Rows that take away rows of which the key is known, and the time by which their table is partitioned."""

from __future__ import annotations

from uuid import UUID

from schemas.rows import HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Origin, Touchpoint

_NO_JOURNEY = str(UUID(int=0))


def touchpoint_tombstone(
    customer_id: str, channel: str, event_id: str, occurred_at: int, version: int
) -> TouchpointRow:
    """What takes a row of `touchpoints` back: its key, a greater `version`, and `is_deleted`; times in ms."""
    touchpoint = Touchpoint(channel, event_id, occurred_at, touchpoint="", stage="")
    return TouchpointRow(customer_id, touchpoint, None, 0, Origin("", 0, 0), version, is_deleted=1)


def journey_tombstone(customer_id: str, journey_id: str, started_at: int, version: int) -> JourneyRow:
    """What takes a row of `journeys` back: its key, a greater `version`, and `is_deleted`; times in ms."""
    return JourneyRow(
        customer_id=customer_id,
        journey_id=journey_id,
        intent="",
        case_id=None,
        status="open",
        started_at=started_at,
        last_at=started_at,
        ended_at=None,
        channels=(),
        touchpoints=0,
        visits=0,
        contacts=0,
        handoffs=0,
        failed_handoffs=0,
        reopened=0,
        wait_seconds=0.0,
        handle_seconds=0.0,
        reasks=0,
        csat=None,
        nps=None,
        ces=None,
        care=(),
        incidents=(),
        version=version,
        is_deleted=1,
    )


def handoff_tombstone(
    customer_id: str, handoff_id: str, left_at: int, version: int, journey_id: str = _NO_JOURNEY
) -> HandoffRow:
    """What takes a row of `handoffs` back: its key, a greater `version`, and `is_deleted`; times in ms."""
    return HandoffRow(
        customer_id=customer_id,
        handoff_id=handoff_id,
        journey_id=journey_id,
        intent="",
        from_channel="",
        to_channel="",
        referred_to=None,
        left_at=left_at,
        arrived_at=None,
        due_at=None,
        gap_seconds=None,
        result="pending",
        failures=(),
        wait_seconds=0.0,
        reasked=(),
        contradictions={},
        care=(),
        version=version,
        is_deleted=1,
    )


def promise_tombstone(customer_id: str, promise_id: str, made_at: int, version: int) -> PromiseRow:
    """What takes a row of `promises` back: its key, a greater `version`, and `is_deleted`; times in ms."""
    return PromiseRow(
        customer_id=customer_id,
        promise_id=promise_id,
        journey_id=None,
        channel="",
        made_at=made_at,
        due_at=made_at,
        kept_at=None,
        status="pending",
        version=version,
        is_deleted=1,
    )
