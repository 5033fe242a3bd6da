"""A touchpoint as a channel system writes it: the JSON of the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

BANK_TIME = timezone(timedelta(hours=8))


class Wire(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The contract's fields in its names; fields that hold their default are left out of the JSON."""

    schema_version: int
    event_id: str
    channel: str
    occurred_at: datetime
    identities: dict[str, str]
    touchpoint: str
    stage: str
    details: dict[str, Any]
    session_id: str | None = None
    intent: str | None = None
    case_id: str | None = None
    outcome: str = "progressed"
    referral: dict[str, Any] | None = None
    wait_seconds: float | None = None
    handle_seconds: float | None = None
    reasked: tuple[str, ...] = ()
    answers: dict[str, str] = {}
    satisfaction: dict[str, Any] | None = None
    promise: dict[str, Any] | None = None
    keeps: str | None = None
    care: tuple[str, ...] = ()
    incident_id: str | None = None


encode = msgspec.json.Encoder().encode


def bank_time(at: int) -> datetime:
    """UTC milliseconds in the bank's time zone."""
    return datetime.fromtimestamp(at / 1000, BANK_TIME)


def utc_time(at: int) -> datetime:
    """UTC milliseconds in UTC: another spelling of the same moment."""
    return datetime.fromtimestamp(at / 1000, UTC)
