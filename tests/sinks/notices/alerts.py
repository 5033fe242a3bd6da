"""Rows of alerts for tests."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from schemas.rows import AlertRow

NOON = 1_795_521_600_000  # 2026-11-24 12:00:00 UTC


def alert(
    subject: str = "h1", status: str = "firing", version: int = 1, *, event_time: int = NOON, **more: Any
) -> AlertRow:
    """What a rule says about a handoff; each `event_time` is an alert of its own."""
    fingerprint = hashlib.blake2b(subject.encode(), digest_size=16).hexdigest()
    fields: dict[str, Any] = {
        "customer_id": "C-1",
        "alert_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{fingerprint} {event_time}")),
        "fingerprint": fingerprint,
        "rule": "handoff_failed",
        "kind": "handoff",
        "severity": "critical",
        "subject": subject,
        "labels": {"intent": "card_replacement", "from_channel": "mobile_app"},
        "status": status,
        "raised_at": NOON + 1_000,
        "updated_at": NOON + 1_000 * version,
        "resolved_at": NOON + 1_000 * version if status == "resolved" else None,
        "event_time": event_time,
        "summary": f"the handoff {subject} failed",
        "journey_id": "0b0d8c2e-54a5-5f0e-9a0e-111111111111",
        "silenced_by": "maintenance:night" if status == "silenced" else None,
        "version": version,
        "is_deleted": int(status == "retracted"),
    }
    return AlertRow(**(fields | more))
