"""A notice: an alert as those outside are told of it, without the customer whom it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter

import msgspec

from schemas.rows import AlertKind, AlertRow, AlertStatus, Severity


class Notice(msgspec.Struct, frozen=True, gc=False):
    """An alert's row without customer_id: chat rooms and pagers are no place for it. All times are UTC ms.

    `journey_id` and `subject` lead to the customer for those who may read the tables.
    """

    alert_id: str
    version: int
    fingerprint: str
    rule: str
    kind: AlertKind
    severity: Severity
    status: AlertStatus
    subject: str
    labels: dict[str, str]
    raised_at: int
    updated_at: int
    resolved_at: int | None
    event_time: int
    summary: str
    journey_id: str | None
    value: float | None
    threshold: float | None
    count: int | None
    silenced_by: str | None

    @property
    def key(self) -> str:
        """What makes this telling of the alert one of its kind: who gets it twice knows it by this."""
        return f"{self.alert_id}:{self.version}"

    @property
    def is_firing(self) -> bool:
        """Whether the alert holds now; else it has ended, one way or another."""
        return self.status == "firing"


def rfc3339(seconds: float) -> str:
    """A Unix time as receivers read times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_fields = attrgetter(*Notice.__struct_fields__)


def notice_of(row: AlertRow) -> Notice:
    """The notice of a row of `alerts`; a tombstone is one of a retraction, whatever its status says."""
    notice = Notice(*_fields(row))
    return msgspec.structs.replace(notice, status="retracted") if row.is_deleted else notice
