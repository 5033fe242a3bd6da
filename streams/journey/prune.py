"""The horizon: what is older leaves the state, journey by journey, so that no journey is ever kept in part."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from schemas.catalogue import Catalogue
from schemas.durations import DAY
from schemas.touchpoint import Touchpoint
from streams.journey.arrivals import order
from streams.journey.build import Place, build
from streams.journey.log import Log
from streams.journey.render import earliest
from streams.journey.state import FEEDBACK_REACH, Head, Journey, Promise, Stored

_EVERY = DAY
"""A customer's log is searched for what may leave it once a day at most (ms)."""

_Needed = tuple[int, Place]
"""Until when (ms) a touchpoint is needed."""

_Name = tuple[str, str]
"""What several touchpoints have in common: whether it is a journey, a promise or a case, and its id."""


def prune(
    customer_id: str,
    head: Head,
    log: Log[Stored],
    fresh: Sequence[Stored],
    clock: int,
    catalogue: Catalogue,
    writes: dict[bytes, bytes | None],
    *,
    now: bool = False,
) -> bool:
    """Take from the log, and from what `head` knows of it, all that no touchpoint within the horizon can change.

    Rows stay as they were sent. What belongs to a promise that may yet change stays as well. `fresh`, in order, has
    just joined the log. Adds to `writes`, notes in `head` when to look again; tells whether the head changed. `now`
    does not wait until something may leave.
    """
    if catalogue.horizon is None:
        return False
    reach = catalogue.horizon + catalogue.contact_gap
    if fresh:
        head.prune_at = earliest(head.prune_at, fresh[0].at + reach + 1)
    pruned = head.prune_at is not None and (head.prune_at <= clock or now)
    if pruned:
        _take_out(customer_id, head, log, clock, clock - catalogue.horizon, catalogue, writes)
    head.due_at = earliest(head.due_at, head.prune_at)
    return pruned


def _take_out(
    customer_id: str,
    head: Head,
    log: Log[Stored],
    clock: int,
    oldest: int,
    catalogue: Catalogue,
    writes: dict[bytes, bytes | None],
) -> None:
    places = build(customer_id, sorted(log.all(head), key=order), catalogue).places
    needs = _Needs(head, oldest, catalogue.contact_gap)
    each = [(needs.until(place.stored.touchpoint, place.journey), place) for place in places]
    needed = _with_what_they_rest_on(each)
    kept = [place.stored for until, place in needed if until >= oldest]
    if len(kept) < len(places):
        writes.update(log.replace(head, kept))
        _forget(head, oldest, kept)
    first = min((until for until, _ in needed if until >= oldest), default=None)
    head.prune_at = None if first is None else max(clock + first - oldest + 1, clock + _EVERY)


def _with_what_they_rest_on(needed: list[_Needed]) -> list[_Needed]:
    """What gives others their meaning is needed as long as they are: journeys stay whole, promises kept, cases known.

    It may rest on others itself: what keeps a promise may open the next one.
    """
    untils, places = [until for until, _ in needed], [place for _, place in needed]
    givers = _givers(places)
    latest_first = [(-until, index) for index, until in enumerate(untils)]
    heapify(latest_first)
    while latest_first:
        until, index = heappop(latest_first)
        for name in _names(places[index]):
            # Whoever names it next needs it no longer than this one does.
            for giver in givers.pop(name, ()):
                if untils[giver] < -until:
                    untils[giver] = -until
                    heappush(latest_first, (until, giver))
    return list(zip(untils, places, strict=True))


def _names(place: Place) -> list[_Name]:
    """What a touchpoint would lose its meaning without."""
    journey, touchpoint = place.journey, place.stored.touchpoint
    names = (
        ("journey", journey.journey_id if journey is not None else None),
        ("promise", touchpoint.promise_id),
        ("promise", touchpoint.keeps),
        ("case", touchpoint.case_id),
    )
    return [(kind, name) for kind, name in names if name is not None]


def _givers(places: list[Place]) -> dict[_Name, list[int]]:
    """Which of `places`, in order, give a name its meaning.

    All of a journey and of a case do, since one step can still give a case the intent of all others; the first that
    names a promise opens it, and others keep it.
    """
    givers: dict[_Name, list[int]] = {}
    opened: set[_Name] = set()
    for index, place in enumerate(places):
        touchpoint = place.stored.touchpoint
        promise = ("promise", touchpoint.promise_id or "")
        gives_it = promise not in opened or touchpoint.keeps == touchpoint.promise_id
        opened.add(promise)
        for name in _names(place):
            if gives_it or name != promise:
                givers.setdefault(name, []).append(index)
    return givers


class _Needs:
    """Until when touchpoints are needed: they may leave once the horizon is later."""

    def __init__(self, head: Head, oldest: int, gap: int) -> None:
        self._promises = head.promises
        self._live = {journey.journey_id for journey in head.journeys}
        self._promised: dict[str | None, int] = {}
        for promise in head.promises.values():
            until = _settled_at(promise)
            self._promised[promise.journey_id] = max(until, self._promised.get(promise.journey_id, until))
        self._oldest = oldest
        self._gap = gap

    def until(self, touchpoint: Touchpoint, journey: Journey | None) -> int:
        at = touchpoint.occurred_at + self._gap
        if journey is None:
            promise = self._promises.get(touchpoint.promise_id or "")
            return at if promise is None else max(at, _settled_at(promise))
        at = max(at, journey.totals.last_at + self._gap, journey.last_step_at + FEEDBACK_REACH)
        if not journey.finished:
            at = max(at, journey.reach)
        if journey.journey_id in self._live:
            # A deadline is ahead, nobody knows yet what comes of it.
            at = max(at, self._oldest)
        return max(at, self._promised.get(journey.journey_id, at))


def _settled_at(promise: Promise) -> int:
    """One that nobody kept is settled too, a horizon after it was due: else it would stay for ever."""
    return promise.due_at if promise.kept_at is None else promise.kept_at


def _forget(head: Head, oldest: int, kept: list[Stored]) -> None:
    promise_ids = {name for stored in kept for name in (stored.touchpoint.promise_id, stored.touchpoint.keeps)}
    case_ids = {stored.touchpoint.case_id for stored in kept}
    head.promises = {
        promise_id: promise
        for promise_id, promise in head.promises.items()
        if _settled_at(promise) >= oldest or promise_id in promise_ids
    }
    head.cases = {case_id: intent for case_id, intent in head.cases.items() if case_id in case_ids}
