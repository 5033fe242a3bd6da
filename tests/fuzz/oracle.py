"""What must hold for any bytes whatever that reach ingest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from schemas.decode import Decoder
from schemas.refusal import MAX_ERROR_LENGTH, MAX_ERRORS, Refusal
from schemas.rows import DeadReason
from schemas.touchpoint import Arrival, Origin, Touchpoint, decode_customer_record, encode_customer_record
from streams.pseudonym import Pseudonyms, identities_in
from tests.schemas.examples import CHANNELS, RECEIVED_AT

DECODER = Decoder(CHANNELS)
PSEUDONYMS = Pseudonyms(b"a key that only tests have")
ORIGIN = Origin("omnitrack.touchpoints.atm", 0, 7)
REASONS = frozenset(get_args(DeadReason)) - {"envelope", "conflict", "too_late", "internal", "erased"}

Signature = tuple[str, ...]
"""What a record led to, apart from its own words: records that lead to something new are worth mutating further."""


class BrokenPromise(AssertionError):
    """A record for which something does not hold."""


def check(payload: bytes, channel: str) -> Signature:
    """Decode as ingest does, on the topic of `channel`; raises `BrokenPromise`."""
    try:
        decoded = DECODER.decode(payload, channel, RECEIVED_AT)
        PSEUDONYMS.record_key(payload[:40], identities_in(payload))
    except Exception as error:
        raise BrokenPromise(f"{payload!r} on {channel} raised {error!r}") from error
    if isinstance(decoded, Refusal):
        _check_refusal(payload, decoded)
        return (decoded.reason, _field_and_rule(decoded.errors[0]))
    _check_touchpoint(payload, decoded)
    return (channel, decoded.outcome, *(name for name in _OPTIONAL if getattr(decoded, name)))


_OPTIONAL = (
    "session_id",
    "intent",
    "case_id",
    "referral_to",
    "satisfaction_scale",
    "promise_id",
    "keeps",
    "care",
    "answers",
)


def _field_and_rule(error: str) -> str:
    """Of an error's line, without the names that the record made up."""
    path, _, rule = error.partition(": ")
    field = path.split(".")[0]
    return f"{field if field in Touchpoint.__struct_fields__ else '?'} {rule[:30]}"


def _check_refusal(payload: bytes, refusal: Refusal) -> None:
    errors = refusal.errors
    if refusal.reason not in REASONS or not errors:
        raise BrokenPromise(f"{payload!r}: no reason: {refusal}")
    if len(errors) > MAX_ERRORS or any(len(error) > MAX_ERROR_LENGTH or not error.isprintable() for error in errors):
        raise BrokenPromise(f"{payload!r}: not fit to be shown: {refusal}")


def _check_touchpoint(payload: bytes, touchpoint: Touchpoint) -> None:
    again = DECODER.decode(wire(touchpoint), touchpoint.channel, RECEIVED_AT)
    if again != touchpoint:
        raise BrokenPromise(f"{payload!r}: {touchpoint}\n  written again as {wire(touchpoint)!r} is {again}")
    arrival = Arrival(PSEUDONYMS.touchpoint(touchpoint), ORIGIN, RECEIVED_AT, None, payload)
    if decode_customer_record(encode_customer_record(arrival)) != arrival:
        raise BrokenPromise(f"{payload!r}: another one arrives at stitching")


def wire(touchpoint: Touchpoint) -> bytes:
    """The touchpoint as a channel system would write it: JSON of the contract, all optional fields given."""
    referral = {"to_channel": touchpoint.referral_to, "due_at": _time(touchpoint.referral_due_at)}
    satisfaction = {"scale": touchpoint.satisfaction_scale, "score": touchpoint.satisfaction_score}
    promise = {"promise_id": touchpoint.promise_id, "due_at": _time(touchpoint.promise_due_at)}
    fields: dict[str, Any] = {
        "schema_version": 1,
        "occurred_at": _time(touchpoint.occurred_at),
        "referral": referral | {"reason": touchpoint.referral_reason} if touchpoint.referral_to is not None else None,
        "satisfaction": satisfaction if touchpoint.satisfaction_scale is not None else None,
        "promise": promise if touchpoint.promise_id is not None else None,
        "details": json.loads(touchpoint.details),
    }
    fields |= {name: getattr(touchpoint, name) for name in _ALIKE}
    return json.dumps(fields, ensure_ascii=False).encode()


_ALIKE = (
    "event_id", "channel", "identities", "session_id", "touchpoint", "stage", "intent", "case_id", "outcome",
    "wait_seconds", "handle_seconds", "reasked", "answers", "keeps", "care", "incident_id",
)  # fmt: skip


def _time(at: int | None) -> str | None:
    if at is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).isoformat()
