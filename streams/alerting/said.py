"""From what was said of alerts to what ought to be: the rows in between."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from schemas.rows import AlertRow
from streams.alerting.wanted import Wanted

_NOT_COMPARED = frozenset({"raised_at", "updated_at", "version"})


@dataclass(slots=True)
class Saying:
    """`rows` are to be said; `said` is what has been, by id, when they are."""

    rows: list[AlertRow] = field(default_factory=list)
    said: dict[str, AlertRow] = field(default_factory=dict)
    version: int = 0

    def say(self, row: AlertRow, now: int) -> None:
        """Say `row`, with a version above all before it; `now` in ms."""
        self.version = max(self.version + 1, now)
        row = msgspec.structs.replace(row, version=self.version, updated_at=now)
        self.rows.append(row)
        self.said[row.alert_id] = row


@dataclass(frozen=True, slots=True)
class Times:
    """`now`; alerts that began at `oldest` or before are raised no more; one that is no longer wanted was wrong if it
    began after `judged_since`, else its time is over (all ms)."""

    now: int
    oldest: int
    judged_since: int


def reconcile(
    said: Mapping[str, AlertRow],
    wanted: Iterable[Wanted],
    times: Times,
    version: int,
    *,
    early: Collection[str] = (),
    announced: Collection[str] = (),
    rules: Collection[str] = (),
) -> Saying:
    """What is to be said so that it is as `wanted`, with versions greater than `version`.

    `early` are fingerprints not to be raised yet. Of the ids `announced` it is not known whether they were said, so
    they are said again. An alert of none of the `rules` is over, not wrong.
    """
    saying = Saying(version=version)
    for one in wanted:
        before = said.get(one.alert_id)
        if before is None and (one.began_at <= times.oldest or one.fingerprint in early):
            continue
        row = one.row(times.now)
        if before is not None:
            row = _kept(row, before)
        if before is None or one.alert_id in announced or not _is_same(row, before):
            saying.say(row, times.now)
        else:
            saying.said[one.alert_id] = before
    for alert_id, before in said.items():
        if alert_id not in saying.said:
            _end(before, times, saying, alert_id in announced, before.rule in rules)
    return saying


def _kept(row: AlertRow, before: AlertRow) -> AlertRow:
    """What was said first stays, unless it was taken back."""
    if before.is_deleted:
        return row
    return msgspec.structs.replace(row, raised_at=before.raised_at)


def _is_same(row: AlertRow, before: AlertRow) -> bool:
    names = (name for name in AlertRow.__struct_fields__ if name not in _NOT_COMPARED)
    return all(getattr(row, name) == getattr(before, name) for name in names)


def take_back(said: Mapping[str, AlertRow], version: int, now: int) -> Saying:
    """Say of all that was said that it is no more."""
    saying = Saying(version=version)
    for row in said.values():
        saying.say(_retracted(row), now)
    return saying


def _retracted(row: AlertRow) -> AlertRow:
    return msgspec.structs.replace(row, status="retracted", is_deleted=1)


def _end(before: AlertRow, times: Times, saying: Saying, is_announced: bool, is_ruled: bool) -> None:
    """Say of an alert that nothing wants that it is over, or that it never was right; then forget it."""
    ended = before.status in ("resolved", "retracted")
    if before.is_deleted or (is_ruled and before.event_time > times.judged_since):
        if is_announced or not before.is_deleted:
            saying.say(_retracted(before), times.now)
    elif is_announced or not ended:
        resolved_at = before.resolved_at if ended else times.now
        saying.say(msgspec.structs.replace(before, status="resolved", resolved_at=resolved_at), times.now)
    saying.said.pop(before.alert_id, None)
