"""Sums of a journey over all its touchpoints, feedback and ambient ones included."""

from __future__ import annotations

from schemas.touchpoint import Touchpoint
from streams.journey.state import Totals


def begin_totals(touchpoint: Touchpoint) -> Totals:
    """Empty sums that will span `touchpoint` once it is added."""
    return Totals(started_at=touchpoint.occurred_at, last_at=touchpoint.occurred_at)


def add_to_totals(totals: Totals, touchpoint: Touchpoint) -> None:
    """Add one touchpoint; the result does not depend on the order of adding."""
    at, channel = touchpoint.occurred_at, touchpoint.channel
    totals.touchpoints += 1
    if at > totals.last_at:
        totals.last_at = at
    if at < totals.started_at:
        totals.started_at = at
    if touchpoint.wait_seconds:
        waited = microseconds(touchpoint.wait_seconds)
        totals.wait_us += waited
        totals.waits_us = {**totals.waits_us, channel: totals.waits_us.get(channel, 0) + waited}
    if touchpoint.handle_seconds:
        totals.handle_us += microseconds(touchpoint.handle_seconds)
    totals.reasks += len(touchpoint.reasked)
    if touchpoint.satisfaction_scale is not None:
        _add_score(totals, touchpoint)
    if touchpoint.care:
        totals.care = sorted({*totals.care, *touchpoint.care})
    if touchpoint.incident_id is not None and touchpoint.incident_id not in totals.incidents:
        totals.incidents = sorted({*totals.incidents, touchpoint.incident_id})


def copy_totals(totals: Totals) -> Totals:
    """A copy that may be added to without changing the original."""
    return Totals(
        totals.started_at,
        totals.last_at,
        totals.touchpoints,
        totals.wait_us,
        totals.handle_us,
        totals.reasks,
        dict(totals.scores),
        totals.care,
        totals.incidents,
        totals.waits_us,
    )


def microseconds(seconds: float) -> int:
    """Seconds as whole microseconds, so that sums do not depend on the order in which they are added."""
    return round(seconds * 1_000_000)


def _add_score(totals: Totals, touchpoint: Touchpoint) -> None:
    scale, score = touchpoint.satisfaction_scale, touchpoint.satisfaction_score
    assert scale is not None
    assert score is not None
    given = (*touchpoint.order, score)
    if scale not in totals.scores or totals.scores[scale] < given:
        totals.scores[scale] = given
