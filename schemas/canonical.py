"""One form for each content: what the contract takes becomes a Touchpoint, equal content equal Touchpoints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from pydantic import JsonValue

from schemas.durations import DAY
from schemas.touchpoint import Touchpoint

NO_TIME = -(2**63)
"""Stands for a day that no calendar has; it breaks the rule of the years, as any other time out of range."""

_NONE: Mapping[str, Any] = {}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT_INTEGERS = 2**53
_INTEGERS = range(-(2**63), 2**63)
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def touchpoint_of(values: Mapping[str, Any], details: str) -> Touchpoint:
    """The touchpoint of what the contract took; null, absent and default are the same."""
    get = values.get
    referral: Mapping[str, Any] = get("referral") or _NONE
    satisfaction: Mapping[str, Any] = get("satisfaction") or _NONE
    promise: Mapping[str, Any] = get("promise") or _NONE
    care = get("care")
    # By position, in the order of Touchpoint: by name takes six times as long.
    return Touchpoint(
        values["channel"],
        values["event_id"],
        milliseconds(values["occurred_at"]),
        values["touchpoint"],
        values["stage"],
        get("outcome", "progressed"),
        get("session_id"),
        get("intent"),
        get("case_id"),
        referral.get("to_channel"),
        _milliseconds_or_none(referral.get("due_at")),
        referral.get("reason"),
        get("wait_seconds"),
        get("handle_seconds"),
        tuple(get("reasked", ())),
        get("answers") or {},
        satisfaction.get("scale"),
        satisfaction.get("score"),
        promise.get("promise_id"),
        _milliseconds_or_none(promise.get("due_at")),
        get("keeps"),
        tuple(sorted(set(care))) if care else (),
        get("incident_id"),
        get("identities") or {},
        details,
    )


def milliseconds(text: str) -> int:
    """UTC milliseconds, truncated, of a time of the contract's form; NO_TIME if its day does not exist."""
    try:
        since = datetime.fromisoformat(text.upper()) - _EPOCH
    except ValueError:
        return NO_TIME
    return since.days * DAY + since.seconds * 1_000 + since.microseconds // 1_000


def typed_details(details: Mapping[str, Any]) -> str:
    """Canonical JSON of the details of a built-in channel."""
    if None in details.values():
        details = {key: value for key, value in details.items() if value is not None}
    return _encode_sorted(details).decode()


def free_details(details: Mapping[str, JsonValue]) -> str | None:
    """Canonical JSON of free-form details; None if a number in it is not finite or an integer exceeds 64 bits."""
    if not all(_is_storable(value) for value in details.values()):
        return None
    return _encode_sorted({key: _one_form(value) for key, value in details.items()}).decode()


def _milliseconds_or_none(text: str | None) -> int | None:
    return None if text is None else milliseconds(text)


def _is_storable(value: JsonValue) -> bool:
    match value:
        case dict():
            return all(_is_storable(item) for item in value.values())
        case list():
            return all(_is_storable(item) for item in value)
        case float():
            return value - value == 0
        case int():
            return value in _INTEGERS
        case _:
            return True


def _one_form(value: JsonValue) -> JsonValue:
    """300.0 becomes 300, everywhere in `value`."""
    match value:
        case dict():
            return {key: _one_form(item) for key, item in value.items()}
        case list():
            return [_one_form(item) for item in value]
        case float() if value.is_integer() and abs(value) <= _EXACT_INTEGERS:
            return int(value)
        case _:
            return value
