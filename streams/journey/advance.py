"""One customer, one batch: from the stored state and new arrivals to the new state and the rows that changed."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.catalogue import Catalogue
from schemas.rows import TouchpointRow
from schemas.touchpoint import Arrival, Withdrawal
from streams.journey.append import Touched, append, settle_pending
from streams.journey.arrivals import Sorted, sort_records
from streams.journey.collecting import is_needed, let_go
from streams.journey.emit import Change, Emission
from streams.journey.life import is_joinable, superseded
from streams.journey.log import Get, Log
from streams.journey.opening import close_state, delete_state, open_state
from streams.journey.prune import prune
from streams.journey.rebuild import rebuild
from streams.journey.sessions import depart
from streams.journey.state import Head, Stored
from streams.journey.taken import Taken, note_taken
from streams.journey.tombstones import touchpoint_tombstone
from streams.journey.twins import keep_twins


def advance(
    customer_id: str,
    get: Get,
    records: Sequence[Arrival | Withdrawal],
    catalogue: Catalogue,
    clock: int,
    version: int,
    taken: Taken | None = None,
) -> Change:
    """Stitch `records` into the customer's state, as the state table's `get` gives it, at clock W `clock` (ms).

    The rows of `Change` are those that differ from what was sent before, with a version of at least `version`, greater
    than any before. Without records it changes what is due at `clock`. A replay of stored arrivals changes nothing;
    `taken` is how far the records are, for replays of others.

    Raises `LogDamaged` and `UnknownPacking` for a state that cannot be read.
    """
    head, log = open_state(customer_id, get)
    change = Change()
    emission = Emission(customer_id, clock, max(head.version + 1, version), catalogue, taken=taken)
    found = sort_records(customer_id, head, log, records, emission.oldest, change)
    touched = Touched()
    if found.removed or not _append_all(customer_id, head, found.fresh, touched, catalogue):
        before, log = open_state(customer_id, get)
        touched = Touched()
        head = rebuild(before, log.all(before), found, emission, touched, change)
    return conclude(head, log, found, touched, emission, change)


def conclude(
    head: Head,
    log: Log[Stored],
    found: Sorted,
    touched: Touched,
    emission: Emission,
    change: Change,
    *,
    prune_now: bool = False,
) -> Change:
    """Complete `change`: rows of what was `touched`, and the state, which is `head` and `log` with what was `found`.

    `prune_now` prunes a log that may hold what is older than the horizon, whenever that was done last.
    """
    customer_id, catalogue, clock = emission.customer_id, emission.catalogue, emission.clock
    earliest_next = max(head.newest[0] if head.newest is not None else 0, emission.oldest or 0)
    settle_pending(head, earliest_next, catalogue.contact_gap)
    changed = emission.emit_due(head, touched.journeys, touched.promises, change)
    _settle_journeys(head, earliest_next)
    depart(head)
    _add_touchpoint_rows(found, touched, emission, change)
    change.writes |= _write_log(head, log, found)
    changed = prune(customer_id, head, log, found.fresh, clock, catalogue, change.writes, now=prune_now) or changed
    if found.withdrawn:
        head.withdrawn = emission.version
    changed = let_go(customer_id, head, clock, change.writes) or changed
    had_twins = bool(head.twins)
    changed = keep_twins(head, found.twins, emission.oldest, catalogue.horizon) or changed
    change.due_at = head.due_at
    needed = is_needed(head, clock)
    if change.writes or changed or (not needed and head.version):
        head.version = emission.version
        change.writes |= note_taken(customer_id, head, had_twins, emission.taken)
        change.writes |= close_state(customer_id, head, log) if needed else delete_state(customer_id, head)
    return change


def _append_all(customer_id: str, head: Head, fresh: list[Stored], touched: Touched, catalogue: Catalogue) -> bool:
    if fresh and head.newest is not None and fresh[0].touchpoint.order < head.newest:
        return False
    return all(append(customer_id, head, stored, touched, catalogue) for stored in fresh)


def _settle_journeys(head: Head, at: int) -> None:
    """Drop from the head the journeys that no step at `at` or later and no deadline can change, nor what is pending."""
    held = {pending.previous for pending in head.pending}
    passed_by = superseded(head.journeys, at)
    head.journeys = [
        journey
        for journey in head.journeys
        if journey.due_at is not None
        or journey.journey_id in held
        or (is_joinable(journey, at) and journey.journey_id not in passed_by)
    ]


def _write_log(head: Head, log: Log[Stored], found: Sorted) -> dict[bytes, bytes | None]:
    if found.removed:
        kept = [stored for stored in log.all(head) if stored.name not in found.removed]
        return log.replace(head, [*kept, *found.fresh])
    return log.add(head, found.fresh) if found.fresh else {}


def _add_touchpoint_rows(found: Sorted, touched: Touched, emission: Emission, change: Change) -> None:
    for stored, journey_id in touched.places.values():
        change.touchpoints.append(
            TouchpointRow(
                emission.customer_id,
                stored.touchpoint,
                journey_id,
                stored.received_at,
                stored.origin,
                emission.version,
            )
        )
    for occurred_at, channel, event_id in found.withdrawn:
        tombstone = touchpoint_tombstone(emission.customer_id, channel, event_id, occurred_at, emission.version)
        change.touchpoints.append(tombstone)
