"""An alert as it ought to be, by the rows and the time; what was said of it is another matter (`said`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from schemas.alert_rules import AnyRule
from schemas.rows import AlertRow, AlertStatus
from streams.journey.ids import identifier


@dataclass(frozen=True, slots=True)
class Wanted:
    """`began_at` and `ended_at` (None: not foreseen) are by the events, in ms; `customer_id` is empty for a group's."""

    rule: AnyRule
    customer_id: str
    fingerprint: str
    alert_id: str
    subject: str
    labels: Mapping[str, str]
    summary: str
    began_at: int
    ended_at: int | None
    journey_id: str | None = None
    value: float | None = None
    threshold: float | None = None
    count: int | None = None
    silenced_by: str | None = None

    def row(self, now: int) -> AlertRow:
        """The alert at `now`, as said for the first time, without a version."""
        ended = self.ended_at is not None and self.ended_at <= now
        return AlertRow(
            customer_id=self.customer_id,
            alert_id=self.alert_id,
            fingerprint=self.fingerprint,
            rule=self.rule.name,
            kind=self.rule.kind,
            severity=self.rule.severity,
            subject=self.subject,
            labels=dict(self.labels),
            status=self._status(ended),
            raised_at=now,
            updated_at=now,
            resolved_at=self.ended_at if ended else None,
            event_time=self.began_at,
            summary=self.summary,
            journey_id=self.journey_id,
            value=self.value,
            threshold=self.threshold,
            count=self.count,
            silenced_by=self.silenced_by,
        )

    def _status(self, ended: bool) -> AlertStatus:
        if ended:
            return "resolved"
        return "silenced" if self.silenced_by is not None else "firing"


def fingerprint_of(rule: str, *subject: str) -> str:
    """A name for what is wrong: of the rule, and of the customer's handoff or promise, or the values grouped by."""
    return blake2b("\x1f".join((rule, *subject)).encode(), digest_size=16).hexdigest()


def alert_id_of(fingerprint: str, began: str = "") -> str:
    """The alert's id: a handoff or a promise can go wrong once, a share again and again (`began` tells which time)."""
    return identifier("alert", fingerprint, began)
