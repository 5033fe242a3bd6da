"""Promises of a customer: the first touchpoint that names one opens it, the first that keeps it closes it."""

from __future__ import annotations

from schemas.touchpoint import Touchpoint
from streams.journey.state import Promise


def follow_promises(promises: dict[str, Promise], touchpoint: Touchpoint, touched: set[str]) -> bool:
    """Take the promise that `touchpoint`, the latest in order, opens, and the one that it keeps.

    Adds the ids of changed promises to `touched`; tells whether the touchpoint opened one. The journey of an opened
    promise is set by the caller, who alone knows where the touchpoint belongs.
    """
    opened = False
    if touchpoint.promise_id is not None and touchpoint.promise_id not in promises:
        assert touchpoint.promise_due_at is not None
        promises[touchpoint.promise_id] = Promise(
            promise_id=touchpoint.promise_id,
            made_at=touchpoint.occurred_at,
            channel=touchpoint.channel,
            event_id=touchpoint.event_id,
            due_at=touchpoint.promise_due_at,
        )
        touched.add(touchpoint.promise_id)
        opened = True
    if touchpoint.keeps is not None:
        kept = promises.get(touchpoint.keeps)
        if kept is not None and kept.kept_at is None:
            kept.kept_at = touchpoint.occurred_at
            touched.add(touchpoint.keeps)
    return opened


def attach_promise(promises: dict[str, Promise], opener: Touchpoint, journey_id: str | None, touched: set[str]) -> None:
    """Set the journey of the promise that `opener` opened, if it opened one."""
    promise = promises.get(opener.promise_id) if opener.promise_id is not None else None
    if promise is None or (promise.made_at, promise.channel, promise.event_id) != opener.order:
        return
    if promise.journey_id != journey_id:
        promise.journey_id = journey_id
        touched.add(promise.promise_id)
