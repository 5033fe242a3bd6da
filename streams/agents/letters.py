"""Dead letters: what broke the contract or contradicts what is stored, byte for byte."""

from __future__ import annotations

from base64 import b64encode

import msgspec

from schemas.rows import DeadLetter, DeadReason
from schemas.touchpoint import Arrival, Origin

encode_json = msgspec.json.Encoder().encode


def dead_letter(
    origin: Origin, received_at: int, key: bytes | None, payload: bytes, reason: DeadReason, errors: tuple[str, ...]
) -> tuple[bytes | None, bytes]:
    """The record for the `dead` topic, with the input's key; `received_at` in ms."""
    letter = DeadLetter(
        dead_letter_id=str(origin),
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        key=None if key is None else b64encode(key).decode(),
        received_at=received_at,
        reason=reason,
        errors=errors,
        payload=b64encode(payload).decode(),
    )
    return key, encode_json(letter)


def conflict(arrival: Arrival) -> tuple[bytes | None, bytes]:
    """The customer already has a touchpoint of that channel and event_id with other content."""
    touchpoint = arrival.touchpoint
    error = f"event_id: {touchpoint.channel} has {touchpoint.event_id!r} already, with other content; the first stays"
    return _of_arrival(arrival, "conflict", error)


def too_late(arrival: Arrival) -> tuple[bytes | None, bytes]:
    """The touchpoint is older than the horizon, so the state that it belongs to may be gone."""
    error = "occurred_at: older than the horizon: omnitrack restitch takes it in, or a longer horizon in the catalogue"
    return _of_arrival(arrival, "too_late", error)


def taken_in(arrival: Arrival) -> tuple[bytes | None, bytes]:
    """The tombstone of a letter whose touchpoint is stored now, or a duplicate."""
    origin = arrival.origin
    letter = DeadLetter(
        dead_letter_id=str(origin),
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        key=None,
        received_at=arrival.received_at,
        reason="too_late",
        errors=(),
        payload="",
        version=1,
        is_deleted=1,
    )
    return arrival.key, encode_json(letter)


def _of_arrival(arrival: Arrival, reason: DeadReason, error: str) -> tuple[bytes | None, bytes]:
    return dead_letter(arrival.origin, arrival.received_at, arrival.key, arrival.payload, reason, (error,))
