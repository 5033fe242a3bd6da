"""Rows for tests of alerting, with what matters given, and a catalogue with a rule of each kind."""

from __future__ import annotations

from typing import Any

from schemas.catalogue import Catalogue, parse_catalogue
from schemas.rows import HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Origin, Touchpoint

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOON = 1_795_521_600_000  # 2026-11-24 12:00:00 UTC

JOURNEY = "0b0d8c2e-54a5-5f0e-9a0e-111111111111"

RULES = """
intents: {transfer: {wait_standard: {branch: 600, hotline: 60}}}
alerts:
  maintenance:
    - {name: release, from: 2026-11-24T11:00:00Z, until: 2026-11-24T11:20:00Z, match: {to_channel: hotline}}
  rules:
    broken: {kind: handoff, severity: critical, failures: [lost, repeated], labels: {team: service}}
    failing: {kind: rate, over: 0.4, window: 30m, min_count: 3, by: [to_channel], resolve_after: 2m}
    due: {kind: deadline, before: 2h}
    cared_for: {kind: deadline, before: 150m, care: [elderly, disabled]}
    overdue: {kind: deadline, severity: critical, resolve_after: 6h}
    waiting: {kind: wait, over: 0.4, window: 30m, min_count: 3, by: [channel, intent], resolve_after: 2m}
"""


def rules(text: str = RULES) -> Catalogue:
    return parse_catalogue(text)


def handoff(at: int, customer: str = "C-1", version: int = 1, **changes: Any) -> HandoffRow:
    """A handoff from the app to the branch that arrived `at` and failed for `repeated`."""
    fields: dict[str, Any] = {
        "customer_id": customer,
        "handoff_id": "00000000-0000-5000-8000-000000000001",
        "journey_id": JOURNEY,
        "intent": "transfer",
        "from_channel": "mobile_app",
        "to_channel": "branch",
        "referred_to": "branch",
        "left_at": at - HOUR,
        "arrived_at": at,
        "due_at": None,
        "gap_seconds": 3600.0,
        "result": "failed",
        "failures": ("repeated",),
        "wait_seconds": 0.0,
        "reasked": ("id_number",),
        "contradictions": {},
        "care": (),
        "version": version,
    }
    return HandoffRow(**fields | changes)


def journey(customer: str = "C-1", version: int = 1, **changes: Any) -> JourneyRow:
    """The journey of the others' rows."""
    counts = dict.fromkeys(
        ("touchpoints", "visits", "contacts", "handoffs", "failed_handoffs", "reopened", "reasks"), 1
    )
    fields: dict[str, Any] = {
        "customer_id": customer,
        "journey_id": JOURNEY,
        "intent": "transfer",
        "case_id": None,
        "status": "open",
        "started_at": NOON - 2 * HOUR,
        "last_at": NOON,
        "ended_at": None,
        "channels": ("mobile_app", "branch"),
        **counts,
        **dict.fromkeys(("wait_seconds", "handle_seconds"), 0.0),
        **dict.fromkeys(("csat", "nps", "ces")),
        "care": (),
        "incidents": (),
        "version": version,
    }
    return JourneyRow(**fields | changes)


def promise(due_at: int, customer: str = "C-1", version: int = 1, **changes: Any) -> PromiseRow:
    """A promise of the branch, made a day before it is due."""
    fields: dict[str, Any] = {
        "customer_id": customer,
        "promise_id": "p1",
        "journey_id": JOURNEY,
        "channel": "branch",
        "made_at": due_at - DAY,
        "due_at": due_at,
        "kept_at": None,
        "status": "pending",
        "version": version,
    }
    return PromiseRow(**fields | changes)


def waited(seconds: float | None, at: int, customer: str = "C-1", version: int = 1, **changes: Any) -> TouchpointRow:
    """A touchpoint of the branch that waited so long; further `changes` are the touchpoint's, or the row's."""
    row = {name: changes.pop(name) for name in ("is_deleted", "journey_id") if name in changes}
    fields = {"event_id": f"e-{at}", "intent": "transfer", "wait_seconds": seconds, "stage": "serve"} | changes
    touchpoint = Touchpoint(channel="branch", occurred_at=at, touchpoint="branch.service", **fields)
    origin = Origin("omnitrack.touchpoints.branch", 0, 0)
    return TouchpointRow(
        customer, touchpoint, row.get("journey_id", JOURNEY), at, origin, version, row.get("is_deleted", 0)
    )
