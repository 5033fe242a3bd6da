"""Touchpoints for worked cases, told by clock time on days of March 2026 (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.catalogue import Catalogue, IntentRules
from schemas.touchpoint import Touchpoint

HOUR = 3_600_000
DAY = 24 * HOUR

CATALOGUE = Catalogue(
    horizon=None,
    rules={
        "card": IntentRules(inactivity=72 * HOUR, handoff_window=72 * HOUR, wait_standards={"branch": 900.0}),
        "transfer": IntentRules(inactivity=2 * HOUR, handoff_window=24 * HOUR),
    },
)


def at(when: str) -> int:
    """Milliseconds of `"2 09:30"`: day of March 2026, and time of day."""
    day, time = when.split()
    hour, minute = time.split(":")
    return int(datetime(2026, 3, int(day), int(hour), int(minute), tzinfo=UTC).timestamp() * 1000)


def touchpoint(event_id: str, channel: str, when: str, **fields: object) -> Touchpoint:
    """A touchpoint `event_id` of a customer at `when`; a step only if `fields` give an intent or a case."""
    known: dict[str, object] = {"touchpoint": "service.step", "stage": "serve", **fields}
    if "referral_to" in known:
        known["outcome"] = "referred"
    return Touchpoint(channel=channel, event_id=event_id, occurred_at=at(when), **known)  # type: ignore[arg-type]


def step(event_id: str, channel: str, when: str, intent: str | None = "card", **fields: object) -> Touchpoint:
    """A step, of intent `card` unless told otherwise."""
    return touchpoint(event_id, channel, when, intent=intent, **fields)
