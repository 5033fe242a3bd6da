"""Examples of what flows, made as the deployment makes it: one customer's lost card, decoded and stitched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from omnitrack.notify.undelivered import Undelivered
from schemas.catalogue import Catalogue
from schemas.cloudevents import binary_event, structured_event
from schemas.decode import decoder_for, encode_touchpoint
from schemas.identity import Link
from schemas.refusal import Refusal
from schemas.rows import AlertRow, DeadLetter, DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.topics import BUILT_IN_CHANNELS
from schemas.touchpoint import Arrival, Origin, Touchpoint
from sinks.notices import notice_of
from streams.agents.letters import dead_letter
from streams.alerting.groups import Partial
from streams.alerting.observations import Count, Group
from streams.identity.resolve import resolve_all
from streams.journey import stitch

CALL: dict[str, Any] = {
    "schema_version": 1,
    "event_id": "call-71-3",
    "channel": "hotline",
    "occurred_at": "2026-11-24T10:04:30+08:00",
    "identities": {"customer_no": "C-1001", "phone": "13800138000"},
    "session_id": "call-71",
    "touchpoint": "card.replacement.referred",
    "stage": "serve",
    "intent": "card_replacement",
    "outcome": "referred",
    "referral": {"to_channel": "branch", "due_at": "2026-11-25T18:00:00+08:00"},
    "wait_seconds": 35,
    "answers": {"fee": "15"},
    "promise": {"promise_id": "P-71", "due_at": "2026-11-25T18:00:00+08:00"},
    "details": {"call_id": "71"},
}
"""A referral from the hotline to a branch, with a promise."""

VISIT: dict[str, Any] = {
    "schema_version": 1,
    "event_id": "ticket-9-2",
    "channel": "branch",
    "occurred_at": "2026-11-24T15:30:00+08:00",
    "identities": {"customer_no": "C-1001"},
    "session_id": "ticket-9",
    "touchpoint": "card.replacement.done",
    "stage": "serve",
    "intent": "card_replacement",
    "outcome": "succeeded",
    "wait_seconds": 2400,
    "reasked": ["id_number"],
    "answers": {"fee": "20"},
    "keeps": "P-71",
    "details": {"branch_id": "B-3", "desk": "counter"},
}
"""The visit that follows: after forty minutes the customer is asked again, and told otherwise."""

_PREFIX = "omnitrack.touchpoints."
_RECEIVED_AT = 1_795_505_402_000
"""Two seconds after the visit."""


@dataclass(frozen=True, slots=True)
class Examples:
    """One of each; rows are those of stitching, with a version as the stream gives it."""

    call: bytes
    event: bytes
    arrival: Arrival
    link: Link
    stitched: TouchpointRow
    journey: JourneyRow
    handoff: HandoffRow
    promise: PromiseRow
    alert: AlertRow
    partial: Partial
    letter: DeadLetter
    duplicate: DuplicateRow
    undelivered: Undelivered


def make_examples() -> Examples:
    """The same at every call."""
    call, visit = _written(CALL), _written(VISIT)
    of_call, of_visit = _decoded(call, "hotline"), _decoded(visit, "branch")
    rows = stitch(resolve_all([of_call, of_visit]), Catalogue(), _RECEIVED_AT)
    journey = msgspec.structs.replace(rows.journeys[0], version=_RECEIVED_AT)
    handoff = msgspec.structs.replace(rows.handoffs[0], version=_RECEIVED_AT)
    origin = Origin(f"{_PREFIX}branch", 2, 1204)
    arrival = Arrival(of_visit, origin, _RECEIVED_AT, b"customer_no:C-1001", visit)
    alert = _alert(handoff)
    _, letter = dead_letter(
        Origin(f"{_PREFIX}branch", 2, 1205), _RECEIVED_AT, None, b'{"stage":', "not_json", ("the value must be JSON",)
    )
    return Examples(
        call=call,
        event=structured_event(of_call, call)[1],
        arrival=arrival,
        link=Link("C-1001", of_call.occurred_at),
        stitched=TouchpointRow("C-1001", of_visit, journey.journey_id, _RECEIVED_AT, origin, _RECEIVED_AT),
        journey=journey,
        handoff=handoff,
        promise=msgspec.structs.replace(rows.promises[0], version=_RECEIVED_AT),
        alert=alert,
        partial=Partial(Group("branch-handoffs", "handoff", ("branch",)), 2, {5_985_018: Count(12, 3)}),
        letter=msgspec.json.decode(letter, type=DeadLetter),
        duplicate=DuplicateRow(Origin(f"{_PREFIX}branch", 2, 1206), "C-1001", "branch", "ticket-9-2", _RECEIVED_AT),
        undelivered=Undelivered("webhook", notice_of(alert), "chat.bank.example answered 503: busy", _RECEIVED_AT),
    )


def binary_headers() -> dict[str, str]:
    """The headers of the call as an event in binary mode."""
    headers, _ = binary_event(_decoded(_written(CALL), "hotline"), b"")
    return {name: (value or b"").decode() for name, value in headers}


def _written(touchpoint: dict[str, Any]) -> bytes:
    payload = encode_touchpoint(touchpoint)
    assert not isinstance(payload, Refusal)
    return payload


def _decoded(payload: bytes, channel: str) -> Touchpoint:
    touchpoint = decoder_for(BUILT_IN_CHANNELS).decode(payload, channel, _RECEIVED_AT)
    assert isinstance(touchpoint, Touchpoint), touchpoint
    return touchpoint


def _alert(handoff: HandoffRow) -> AlertRow:
    return AlertRow(
        customer_id=handoff.customer_id,
        alert_id="5a0c3c57-7d0c-5c53-8a0e-3f1f8e6c2b10",
        fingerprint="3f1f8e6c2b105a0c",
        rule="lost-between-channels",
        kind="handoff",
        severity="warning",
        subject=f"handoff {handoff.handoff_id}",
        labels={"from_channel": handoff.from_channel, "to_channel": handoff.to_channel},
        status="firing",
        raised_at=_RECEIVED_AT,
        updated_at=_RECEIVED_AT,
        resolved_at=None,
        event_time=handoff.arrived_at or handoff.left_at,
        summary="handoff from hotline to branch failed: asked again, told otherwise",
        journey_id=handoff.journey_id,
        version=_RECEIVED_AT,
    )
