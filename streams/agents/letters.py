"""Dead letters: what broke the contract or contradicts what is stored, byte for byte."""

from __future__ import annotations

from base64 import b64encode

import msgspec

from schemas.identity import Forget, Held
from schemas.rows import DeadLetter, DeadReason, letter_tombstone_version, letter_version
from schemas.touchpoint import Arrival, Erasure, Origin, Withdrawal
from schemas.wording import contradicted
from streams.batching import Batch, Record

LetterRecord = tuple[bytes | None, bytes]
"""Key and value for the `dead` topic."""

encode_json = msgspec.json.Encoder().encode


def dead_letter(
    origin: Origin,
    received_at: int,
    key: bytes | None,
    payload: bytes,
    reason: DeadReason,
    errors: tuple[str, ...],
    version: int = 0,
) -> LetterRecord:
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
        version=version,
    )
    return key, encode_json(letter)


def conflict(arrival: Arrival) -> LetterRecord:
    """The customer already has a touchpoint of that channel and event_id with other content."""
    return _of_arrival(arrival, "conflict", contradicted(arrival.touchpoint))


def too_late(arrival: Arrival) -> LetterRecord:
    """The touchpoint is older than the horizon, so the state that it belongs to may be gone."""
    error = "occurred_at: older than the horizon: omnitrack restitch takes it in, or a longer horizon in the catalogue"
    return _of_arrival(arrival, "too_late", error)


def erased(arrival: Arrival) -> LetterRecord:
    """The customer was erased: the letter holds nothing of what came."""
    error = "identities: of a customer who was erased"
    version = letter_version(arrival.placement)
    return dead_letter(arrival.origin, arrival.received_at, None, b"", "erased", (error,), version)


def taken_in(arrival: Arrival) -> LetterRecord:
    """The tombstone of a letter whose touchpoint is stored now, or a duplicate."""
    return _tombstone(arrival.origin, arrival.received_at, arrival.placement)


def retracted(withdrawal: Withdrawal) -> LetterRecord:
    """The tombstone of the letter that its arrival may have become: the touchpoint has its fate elsewhere now."""
    return _tombstone(withdrawal.origin, withdrawal.occurred_at, withdrawal.placement)


def unreadable(batch: Batch, record: Record) -> LetterRecord:
    """A record that no agent wrote: kept for inspection, and no reason to stop."""
    origin = Origin(batch.topic, batch.partition, record.offset)
    error = "not a record of omnitrack: only its own agents may write to this topic"
    return dead_letter(origin, record.timestamp, record.key, record.value or b"", "schema", (error,))


def defect(what: str, error: str) -> str:
    """`what` failed with `error`, in the words of a dead letter."""
    return f"{what} failed with {error}: a defect of omnitrack, please report it"


def internal(batch: Batch, record: Record, item: object, what: str, error: str) -> LetterRecord:
    """`item`, which came in `record`, meets a defect: `what` failed with `error`.

    Of a touchpoint it is the letter of its input record, whose fate it is; anything else is kept for inspection, but
    for the name of who is to be forgotten.
    """
    text = defect(what, error)
    if isinstance(item, Held):
        item = item.arrival
    if isinstance(item, Arrival):
        return _of_arrival(item, "internal", text)
    origin = Origin(batch.topic, batch.partition, record.offset)
    if isinstance(item, Forget | Erasure):
        return dead_letter(origin, record.timestamp, None, b"", "internal", (text,))
    return dead_letter(origin, record.timestamp, record.key, record.value or b"", "internal", (text,))


def _tombstone(origin: Origin, received_at: int, placement: int) -> LetterRecord:
    letter = DeadLetter(
        dead_letter_id=str(origin),
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        key=None,
        received_at=received_at,
        reason="too_late",
        errors=(),
        payload="",
        version=letter_tombstone_version(placement),
        is_deleted=1,
    )
    return None, encode_json(letter)


def _of_arrival(arrival: Arrival, reason: DeadReason, error: str) -> LetterRecord:
    # Letters of one touchpoint come from as many partitions as it was placed in: their versions follow its placements.
    version = letter_version(arrival.placement)
    return dead_letter(arrival.origin, arrival.received_at, arrival.key, arrival.payload, reason, (error,), version)
