"""The horizon: what is older leaves the state, journey by journey, so that no journey is ever kept in part."""

from __future__ import annotations

from schemas.catalogue import Catalogue
from streams.journey.arrivals import order
from streams.journey.build import Place, build
from streams.journey.life import is_joinable
from streams.journey.log import Log
from streams.journey.render import earliest
from streams.journey.state import Head, Promise, Stored

_EVERY = 86_400_000
"""A customer's log is searched for what may leave it once a day at most (ms)."""


def prune(
    customer_id: str,
    head: Head,
    log: Log[Stored],
    clock: int,
    catalogue: Catalogue,
    writes: dict[bytes, bytes | None],
    *,
    now: bool = False,
) -> bool:
    """Take from the log, and from what `head` knows of it, all that no touchpoint within the horizon can change.

    Rows stay as they were sent. What belongs to a promise that may yet change stays as well. Adds to `writes`, notes
    in `head` when to look again; tells whether the head changed. `now` does not wait until there must be something.
    """
    if catalogue.horizon is None:
        return False
    due_at = _prune_at(head, catalogue.horizon)
    pruned = due_at is not None and (due_at <= clock or now)
    if pruned:
        _take_out(customer_id, head, log, clock, clock - catalogue.horizon, catalogue, writes)
        due_at = _prune_at(head, catalogue.horizon)
    head.due_at = earliest(head.due_at, due_at)
    return pruned


def _prune_at(head: Head, horizon: int) -> int | None:
    if not head.segments:
        return None
    return max(_oldest_segment(head) + horizon + 1, head.pruned_at + _EVERY)


def _take_out(
    customer_id: str,
    head: Head,
    log: Log[Stored],
    clock: int,
    oldest: int,
    catalogue: Catalogue,
    writes: dict[bytes, bytes | None],
) -> None:
    head.pruned_at = clock
    stored = sorted(log.all(head), key=order)
    places = build(customer_id, stored, catalogue).places
    needed = {promise.journey_id for promise in head.promises.values() if not _is_settled(promise, oldest)}
    needed.update(journey.journey_id for journey in head.journeys)
    kept = [place.stored for place in places if not _may_leave(place, needed, head, oldest, catalogue)]
    if len(kept) < len(places):
        writes.update(log.replace(head, kept))
        _forget(head, oldest, {each.touchpoint.promise_id for each in kept}, {each.touchpoint.case_id for each in kept})


def _oldest_segment(head: Head) -> int:
    return min(segment.newest_at for segment in head.segments)


def _may_leave(place: Place, needed: set[str | None], head: Head, oldest: int, catalogue: Catalogue) -> bool:
    touchpoint = place.stored.touchpoint
    if touchpoint.occurred_at >= oldest - catalogue.contact_gap:
        return False
    journey = place.journey
    if journey is not None:
        return (
            journey.journey_id not in needed
            and journey.totals.last_at < oldest - catalogue.contact_gap
            and not is_joinable(journey, oldest)
        )
    promise = head.promises.get(touchpoint.promise_id or "")
    return promise is None or _is_settled(promise, oldest)


def _is_settled(promise: Promise, oldest: int) -> bool:
    return promise.kept_at is not None and promise.kept_at < oldest


def _forget(head: Head, oldest: int, promise_ids: set[str | None], case_ids: set[str | None]) -> None:
    head.promises = {
        promise_id: promise
        for promise_id, promise in head.promises.items()
        if not _is_settled(promise, oldest) or promise_id in promise_ids
    }
    head.cases = {case_id: intent for case_id, intent in head.cases.items() if case_id in case_ids}
