"""Rows that changed since they were last sent, told by their digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from uuid import UUID

import msgspec

from schemas.catalogue import Catalogue
from schemas.rows import DuplicateRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.touchpoint import Arrival, Touchpoint, Withdrawal
from streams.journey.render import Rendered, earliest, promise_due, render_journey, render_promise
from streams.journey.state import Head, Journey, Promise
from streams.journey.taken import Taken
from streams.journey.tombstones import handoff_tombstone

_encode_row = msgspec.json.Encoder().encode
_DIGEST = 8
_ENTRY = 16 + _DIGEST + 8


class Change(msgspec.Struct):
    """What a batch makes of one customer: puts and deletes (None) for the state table, rows, and the fates of arrivals.

    `conflicts` are arrivals whose channel and event_id the customer already has with other content, `too_late` those
    that are older than the horizon, `retracted` the withdrawals of what was not stored: it may have been one of these.
    `taken_in` are arrivals that were dead letters, and are stored or duplicates now; `erased` are those of a customer
    who was forgotten; `refused` tells why a history was not taken in. `due_at` is when rows next change without a
    touchpoint (ms; None: never).
    """

    writes: dict[bytes, bytes | None] = {}
    touchpoints: list[TouchpointRow] = []
    journeys: list[JourneyRow] = []
    handoffs: list[HandoffRow] = []
    promises: list[PromiseRow] = []
    duplicates: list[DuplicateRow] = []
    conflicts: list[Arrival] = []
    too_late: list[Arrival] = []
    retracted: list[Withdrawal] = []
    taken_in: list[Arrival] = []
    erased: list[Arrival] = []
    refused: list[str] = []
    due_at: int | None = None

    def add(self, later: Change) -> None:
        """Take in the change that followed this one."""
        self.writes |= later.writes
        self.touchpoints += later.touchpoints
        self.journeys += later.journeys
        self.handoffs += later.handoffs
        self.promises += later.promises
        self.duplicates += later.duplicates
        self.conflicts += later.conflicts
        self.too_late += later.too_late
        self.retracted += later.retracted
        self.taken_in += later.taken_in
        self.erased += later.erased
        self.refused += later.refused
        self.due_at = later.due_at


class Emission(msgspec.Struct, frozen=True):
    """One emission of a customer's rows: its version, and the clock at which they are rendered.

    `everything` sends rows that were sent before as well, for where it is not known whether they were. `taken` tells
    how far the records are that lead to it, where that is known.
    """

    customer_id: str
    clock: int
    version: int
    catalogue: Catalogue
    everything: bool = False
    taken: Taken | None = None

    @property
    def oldest(self) -> int | None:
        """The horizon: touchpoints before it (ms) come too late; None: none does."""
        return None if self.catalogue.horizon is None else self.clock - self.catalogue.horizon

    def emit_due(self, head: Head, journeys: set[str], promises: set[str], change: Change) -> bool:
        """Add to `change` the rows of touched and due journeys and promises that differ from those last sent.

        Notes in `head` what was sent and what is due next; tells whether that changed the head.
        """
        changed = False
        following = followers(head)
        for journey in head.journeys:
            due = journey.due_at is not None and journey.due_at <= self.clock
            if due or journey.journey_id in journeys:
                self.emit_journey(journey, following[journey.journey_id], change)
                changed = True
        for promise in head.promises.values():
            overdue = promise.kept_at is None and not promise.overdue and promise.due_at < self.clock
            if overdue or promise.promise_id in promises:
                self.emit_promise(promise, change)
                changed = True
        head.due_at = _next_due(head, self.clock)
        return changed

    def emit_journey(self, journey: Journey, following: list[Touchpoint], change: Change) -> None:
        """Add the rows of one journey that differ from those last sent, and tombstones for those that are no more."""
        rendered = render_journey(self.customer_id, journey, following, self.clock, self.catalogue)
        emitted = digests(rendered)
        journey.due_at = rendered.due_at
        if emitted == journey.emitted and not self.everything:
            return
        if emitted[:_DIGEST] != journey.emitted[:_DIGEST] or self.everything:
            change.journeys.append(msgspec.structs.replace(rendered.journey, version=self.version))
        before = _handoff_digests(journey.emitted)
        after = _handoff_digests(emitted)
        for row, (handoff, entry) in zip(rendered.handoffs, after.items(), strict=True):
            if before.get(handoff) != entry or self.everything:
                change.handoffs.append(msgspec.structs.replace(row, version=self.version))
        for handoff, entry in before.items():
            if handoff not in after:
                left_at, handoff_id = int.from_bytes(entry[_DIGEST:]), str(UUID(bytes=handoff))
                tombstone = handoff_tombstone(self.customer_id, handoff_id, left_at, self.version, journey.journey_id)
                change.handoffs.append(tombstone)
        journey.emitted = emitted

    def emit_promise(self, promise: Promise, change: Change) -> None:
        """Add the row of one promise if it differs from that last sent."""
        row = render_promise(self.customer_id, promise, self.clock)
        promise.overdue = row.status == "overdue"
        digest = _digest(row)
        if digest != promise.emitted or self.everything:
            change.promises.append(msgspec.structs.replace(row, version=self.version))
            promise.emitted = digest

    def bury_journey(self, rendered: Rendered, change: Change) -> None:
        """Add tombstones for a journey that is no more, and for its handoffs."""
        change.journeys.append(msgspec.structs.replace(rendered.journey, version=self.version, is_deleted=1))
        for row in rendered.handoffs:
            change.handoffs.append(msgspec.structs.replace(row, version=self.version, is_deleted=1))

    def bury_promise(self, promise: Promise, change: Change) -> None:
        """Add a tombstone for a promise that is no more."""
        row = render_promise(self.customer_id, promise, self.clock)
        change.promises.append(msgspec.structs.replace(row, version=self.version, is_deleted=1))


def followers(head: Head) -> dict[str, list[Touchpoint]]:
    """The pending touchpoints that for now follow the steps of each journey."""
    following: dict[str, list[Touchpoint]] = defaultdict(list)
    for pending in head.pending:
        if pending.previous is not None:
            following[pending.previous].append(pending.stored.touchpoint)
    return following


def digests(rendered: Rendered) -> bytes:
    """The journey row's digest, then per handoff its id, its row's digest and its `left_at`."""
    parts = [_digest(rendered.journey)]
    for row in rendered.handoffs:
        parts += (bytes.fromhex(row.handoff_id.replace("-", "")), _digest(row), row.left_at.to_bytes(8))
    return b"".join(parts)


def _handoff_digests(emitted: bytes) -> dict[bytes, bytes]:
    return {
        emitted[start : start + 16]: emitted[start + 16 : start + _ENTRY]
        for start in range(_DIGEST, len(emitted), _ENTRY)
    }


def _digest(row: JourneyRow | HandoffRow | PromiseRow) -> bytes:
    return blake2b(_encode_row(row), digest_size=_DIGEST).digest()


def _next_due(head: Head, clock: int) -> int | None:
    dues: Iterable[int | None] = [journey.due_at for journey in head.journeys]
    return earliest(*dues, *[promise_due(promise, clock) for promise in head.promises.values()])
