"""A customer's history, as ClickHouse has it, merged with the state: all rows are made anew from the whole set.

The state has what is newer than the history, the history what has left the state by the horizon, and dead letters that
may now be stored. Afterwards the state is pruned as always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, cast

from schemas.catalogue import Catalogue
from schemas.rows import DuplicateRow
from schemas.touchpoint import Arrival, Erasure, History, Origin, StoredIds, Touchpoint, Withdrawal
from streams.journey.advance import advance, conclude
from streams.journey.append import Touched
from streams.journey.arrivals import Name, Sorted, order
from streams.journey.collecting import HISTORY_AGE, collect
from streams.journey.emit import Change, Emission
from streams.journey.erasure import erase, is_erased
from streams.journey.log import Get, Log
from streams.journey.opening import open_state
from streams.journey.rebuild import rebuild
from streams.journey.state import Head, Stored
from streams.journey.taken import Taken
from streams.journey.tombstones import handoff_tombstone, journey_tombstone, promise_tombstone

CustomerItem = Arrival | Withdrawal | History | Erasure


def advance_through(
    customer_id: str,
    get: Get,
    records: Sequence[CustomerItem],
    catalogue: Catalogue,
    clock: int,
    now: int,
    taken: Taken | None = None,
) -> Change:
    """As `advance`, of records with histories among them; `now` in ms is the least version.

    Of a customer who was erased, or is to be by one of them, nothing is taken in.
    """
    kinds = set(map(type, records))
    if Erasure in kinds or is_erased(customer_id, get):
        return erase(customer_id, get, records)
    if History not in kinds:
        return advance(customer_id, get, cast("Sequence[Arrival | Withdrawal]", records), catalogue, clock, now, taken)
    change = Change()
    states: dict[bytes, bytes | None] = {}

    def get_now(key: bytes) -> bytes | None:
        return states[key] if key in states else get(key)

    for step in _steps(records):
        if isinstance(step, History):
            after = take_history(customer_id, get_now, step, catalogue, clock, now, taken)
        else:
            after = advance(customer_id, get_now, step, catalogue, clock, now, taken)
        states |= after.writes
        change.add(after)
    return change


def take_history(
    customer_id: str,
    get: Get,
    part: History,
    catalogue: Catalogue,
    clock: int,
    now: int,
    taken: Taken | None = None,
) -> Change:
    """Take in a history, or a part of one; what cannot be taken in is `refused`, and changes nothing.

    The whole set is what the state holds, what `part` adds to it, and its letters that are neither duplicates nor
    conflicts of those. The rows are the pure function of that set at `clock`; whatever else is stored gets a tombstone.
    """
    head, log = open_state(customer_id, get)
    refusal = _refusal(head, part, catalogue, clock, now)
    if refusal is not None:
        return Change(refused=[refusal], due_at=head.due_at)
    change = Change()
    whole = collect(customer_id, head, get, part, clock, change.writes)
    version = max(head.version, part.version if whole is not None else 0)
    emission = Emission(customer_id, clock, max(version + 1, now), catalogue, whole is not None, taken)
    if whole is None:
        return conclude(head, log, Sorted(), Touched(), emission, change)
    return _merge(head, log, whole, emission, change)


def _steps(records: Sequence[CustomerItem]) -> Iterator[History | list[Arrival | Withdrawal]]:
    """The histories, and the runs of records between them."""
    run: list[Arrival | Withdrawal] = []
    for record in records:
        if isinstance(record, History):
            if run:
                yield run
            yield record
            run = []
        elif not isinstance(record, Erasure):
            run.append(record)
    if run:
        yield run


def _refusal(head: Head, part: History, catalogue: Catalogue, clock: int, now: int) -> str | None:
    if part.rules != catalogue.fingerprint:
        return "restitch ran with another catalogue than this worker: give both the same"
    if max(now - clock, now - part.read_at) > HISTORY_AGE:
        return "the stream is far behind: restitch when it has caught up"
    if head.withdrawn > part.version:
        return "a touchpoint moved to another customer since it was read: restitch again"
    return None


def _merge(head: Head, log: Log[Stored], history: History, emission: Emission, change: Change) -> Change:
    before = log.all(head)
    found = Sorted(fresh=sorted(_fresh(before, history, emission.customer_id, change), key=order))
    touched = Touched()
    after = rebuild(head, before, found, emission, touched, change)
    conclude(after, log, found, touched, emission, change, prune_now=True)
    _bury_others(history.ids, emission, change)
    return change


class Bearer(Protocol):
    """A stored touchpoint, in whatever form."""

    @property
    def touchpoint(self) -> Touchpoint:
        """The touchpoint that it brings."""

    @property
    def origin(self) -> Origin:
        """The record that it came with."""


class Judged(NamedTuple):
    """What becomes of dead letters: `stored` are new, `repeated` are stored already, `dead` contradict what is."""

    stored: list[Arrival]
    repeated: list[Arrival]
    dead: list[Arrival]


def judge_letters(known: Mapping[Name, Bearer], letters: Iterable[Arrival]) -> Judged:
    """Judge `letters` in their order against the touchpoints that are stored by channel and event_id."""
    judged = Judged([], [], [])
    bearers = dict(known)
    for letter in letters:
        first = bearers.setdefault(letter.name, letter)
        if first is letter:
            judged.stored.append(letter)
        elif first.touchpoint == letter.touchpoint:
            judged.repeated.append(letter)
        else:
            judged.dead.append(letter)
    return judged


def _fresh(before: Sequence[Stored], history: History, customer_id: str, change: Change) -> list[Stored]:
    """What the history adds to the touchpoints `before`; the fates of letters go to `change`."""
    known = {stored.name: stored for stored in before}
    fresh: list[Stored] = []
    for past in history.touchpoints:
        stored = Stored(past.touchpoint, past.received_at, past.origin)
        if known.setdefault(stored.name, stored) is stored:
            fresh.append(stored)
    judged = judge_letters(known, history.letters)
    for letter in judged.repeated:
        first = known.get(letter.name)
        if first is None or first.origin != letter.origin:
            change.duplicates.append(DuplicateRow(letter.origin, customer_id, *letter.name, letter.received_at))
    change.taken_in += [*judged.stored, *judged.repeated]
    return fresh + [Stored(letter.touchpoint, letter.received_at, letter.origin) for letter in judged.stored]


def _bury_others(ids: StoredIds, emission: Emission, change: Change) -> None:
    """Add tombstones of what is stored and was not sent, as everything else was."""
    customer_id, version = emission.customer_id, emission.version
    journeys = {row.journey_id for row in change.journeys}
    handoffs = {row.handoff_id for row in change.handoffs}
    promises = {row.promise_id for row in change.promises}
    for journey_id, started_at in ids.journeys.items():
        if journey_id not in journeys:
            change.journeys.append(journey_tombstone(customer_id, journey_id, started_at, version))
    for handoff_id, left_at in ids.handoffs.items():
        if handoff_id not in handoffs:
            change.handoffs.append(handoff_tombstone(customer_id, handoff_id, left_at, version))
    for promise_id, made_at in ids.promises.items():
        if promise_id not in promises:
            change.promises.append(promise_tombstone(customer_id, promise_id, made_at, version))
