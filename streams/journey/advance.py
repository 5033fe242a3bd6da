"""One customer, one batch: from the stored state and new arrivals to the new state and the rows that changed."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.catalogue import Catalogue
from schemas.rows import DuplicateRow, TouchpointRow
from schemas.touchpoint import Arrival
from streams.journey.append import Touched, append, settle_pending
from streams.journey.emit import Change, Emission
from streams.journey.life import is_joinable
from streams.journey.log import Get, Log
from streams.journey.rebuild import rebuild
from streams.journey.state import Head, Stored, decode_head, encode, head_key


def advance(
    customer_id: str, get: Get, arrivals: Sequence[Arrival], catalogue: Catalogue, clock: int, version: int
) -> Change:
    """Stitch `arrivals` into the customer's state, as the state table's `get` gives it, at clock W `clock` (ms).

    The rows of `Change` are those that differ from what was sent before, with a version of at least `version`, greater
    than any before. Without arrivals it changes what is due at `clock`. A replay of stored arrivals changes nothing.
    """
    key = head_key(customer_id)
    raw = get(key)
    head = decode_head(raw) if raw is not None else Head()
    log = Log(customer_id, head, get)
    change = Change()
    fresh = _sort_out(customer_id, log, arrivals, change)
    emission = Emission(customer_id, clock, max(head.version + 1, version), catalogue)
    touched = Touched()
    if not _append_all(customer_id, head, fresh, touched, catalogue):
        before = decode_head(raw) if raw is not None else Head()
        log = Log(customer_id, before, get)
        touched = Touched()
        head = rebuild(before, log.all(), fresh, emission, touched, change)
    settle_pending(head, catalogue.contact_gap)
    changed = emission.emit_due(head, touched.journeys, touched.promises, change)
    _settle_journeys(head)
    change.due_at = head.due_at
    for stored, journey_id in touched.places.values():
        change.touchpoints.append(_touchpoint_row(customer_id, stored, journey_id, emission.version))
    if fresh:
        change.writes.update(log.add(head, fresh))
    if fresh or changed:
        head.version = emission.version
        change.writes[key] = encode(head)
    return change


def _sort_out(customer_id: str, log: Log, arrivals: Sequence[Arrival], change: Change) -> list[Stored]:
    """The arrivals that are new, in order; duplicates and conflicts go to `change`, replays nowhere."""
    fresh: dict[tuple[str, str], Stored] = {}
    for arrival in arrivals:
        touchpoint = arrival.touchpoint
        name = (touchpoint.channel, touchpoint.event_id)
        known = fresh.get(name) or log.find(touchpoint)
        if known is None:
            fresh[name] = Stored(touchpoint, arrival.received_at, arrival.origin)
        elif known.touchpoint != touchpoint:
            change.conflicts.append(arrival)
        elif known.origin != arrival.origin:
            change.duplicates.append(
                DuplicateRow(arrival.origin, customer_id, touchpoint.channel, touchpoint.event_id, arrival.received_at)
            )
    return sorted(fresh.values(), key=_order)


def _order(stored: Stored) -> tuple[int, str, str]:
    return stored.touchpoint.order


def _append_all(customer_id: str, head: Head, fresh: list[Stored], touched: Touched, catalogue: Catalogue) -> bool:
    if fresh and head.newest is not None and fresh[0].touchpoint.order < head.newest:
        return False
    return all(append(customer_id, head, stored, touched, catalogue) for stored in fresh)


def _settle_journeys(head: Head) -> None:
    """Drop from the head the journeys that no in-order touchpoint and no deadline can change any more."""
    if head.newest is None:
        return
    at = head.newest[0]
    held = {journey_id for _, journey_id in head.sessions.values()}
    held.update(pending.previous for pending in head.pending)
    head.journeys = [
        journey
        for journey in head.journeys
        if journey.due_at is not None or journey.journey_id in held or is_joinable(journey, at)
    ]


def _touchpoint_row(customer_id: str, stored: Stored, journey_id: str | None, version: int) -> TouchpointRow:
    return TouchpointRow(customer_id, stored.touchpoint, journey_id, stored.received_at, stored.origin, version)
