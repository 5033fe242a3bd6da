"""Agent `stitch`: arrivals and ticks of customers become rows, dead letters and new states."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from schemas.touchpoint import Arrival, CustomerRecord, Tick, decode_customer_record
from streams.agents.letters import unreadable
from streams.agents.poisoned import without_poison
from streams.agents.rows import Rows
from streams.attempts import noted_clock, read_attempts
from streams.batching import Batch, Delivery, Record
from streams.checkpoint import Effects, Publisher, StateStore, Write, checkpoint
from streams.clock import DueTimes, PartitionClock
from streams.journey import Change, CustomerItem, advance_through, next_due
from streams.journey.log import Get
from streams.meters import LEFT
from streams.poison import PoisonWatch
from streams.upstream import Mark, Source, Times

if TYPE_CHECKING:
    from streams._core import Core, Done, Grouped

DUE_PER_BATCH = 20_000
"""Customers whose time has come that a batch takes beside its own: bounds its work after a long pause."""

WHAT = "stitching"

GREATEST_STATE = 900_000
"""Bytes of a state that a record batch of the changelog holds for certain."""

logger = structlog.get_logger(__name__)


class CustomerStates(StateStore, Protocol):
    """The state table."""

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        """The encoded states of one partition of `customer`, by key."""


class StateTooLarge(Exception):
    """A customer's state would not fit into a record of the changelog."""


@dataclass(slots=True)
class PartitionTimes:
    """What the streams know of the times of one partition."""

    clock: PartitionClock = field(default_factory=PartitionClock)
    due: DueTimes = field(default_factory=DueTimes)


@dataclass(frozen=True, slots=True)
class Stitched:
    """The effects of a batch, when its customers are next due (None: never), and how far it shows the sources."""

    effects: Effects
    due: Mapping[str, int | None]
    seen: Times


class Stitch:
    """The handler of the batches of `customer`; `now` tells the time in ms, `sources` are all that feed the topic.

    All output topics have as many partitions as `customer`, so a customer's rows go to the partition it came from.
    """

    def __init__(
        self,
        topics: Topics,
        catalogue: Catalogue,
        states: CustomerStates,
        publisher: Publisher,
        now: Callable[[], int],
        sources: Iterable[Source],
        core: Core | None = None,
    ) -> None:
        self._topics = topics
        self._catalogue = catalogue
        self._states = states
        self._publisher = publisher
        self._now = now
        self._sources = tuple(sources)
        self._core = core
        self._poison = PoisonWatch(WHAT)
        self.times: dict[int, PartitionTimes] = {}

    async def __call__(self, batch: Batch, delivery: Delivery, clock: int) -> None:
        """Stitch one batch at `clock` (ms) and deliver it; clock and deadlines go on after the checkpoint."""
        stitched = self.stitch(batch, clock)
        if not await checkpoint(stitched.effects, self._publisher, self._states, delivery):
            return
        times = self._times(batch.partition)
        times.clock = self._advanced(batch.partition, batch.next_offset, stitched.seen)
        times.due.set(stitched.due)

    def recover(self, partitions: Iterable[int]) -> None:
        """Learn from the states who is due in the given partitions, and forget all others."""
        self.times = {partition: self._recovered(partition) for partition in partitions}

    def clock_of(self, batch: Batch) -> int:
        """W for a batch that follows what was taken in."""
        return self._advanced(batch.partition, batch.next_offset, {}).reached

    def clocks(self) -> dict[int, int]:
        """W of each partition (UTC ms), as far as it is known: 0 at first."""
        return {partition: times.clock.reached for partition, times in self.times.items()}

    def is_due(self, partition: int, position: int) -> bool:
        """Whether anybody is due in a partition of which everything in front of `position` was taken in."""
        times = self._times(partition)
        times.clock = self._advanced(partition, position, {})
        return times.due.is_due(times.clock.reached)

    def expect(self, mark: Mark) -> None:
        """Let the clocks of all partitions count on a mark once they reach it."""
        for partition, times in self.times.items():
            times.clock = times.clock.expect(mark, partition)

    def stitch(self, batch: Batch, clock: int) -> Stitched:
        """The effects of the batch, and of the time, on the states as they are; changes nothing."""
        now = self._now()
        work = _Work(Rows(self._topics))
        due = self._times(batch.partition).due.due(clock, DUE_PER_BATCH)
        left = _Left(batch.records, due)
        if self._core is not None:
            done = self._core.advance(batch.records, due, self._states.partition(batch.partition), clock, now)
            work.add_done(done)
            left = left.of(done.left)
            for reason, count in Counter(done.left.values()).items():
                LEFT.labels(reason).inc(count)
        self._stitch_left(batch, left, clock, now, work)
        self._poison.note(now / 1000, len(batch.records), work.poison)
        for reason, count in work.refused.items():
            logger.warning("histories not taken in", reason=reason, customers=count)
        effects = Effects(work.rows.outgoing(batch.partition), batch.partition, work.writes)
        return Stitched(effects, work.due, work.seen)

    def _stitch_left(self, batch: Batch, left: _Left, clock: int, now: int, work: _Work) -> None:
        groups = _take(batch, left.records, work)
        for customer_id in left.due:
            groups.setdefault(customer_id.encode(), [])
        get = self._states.partition(batch.partition).get
        for key, group in groups.items():
            compute = partial(self._compute, key.decode(), get, clock, now)
            try:
                change = compute(group)
            except Exception:  # noqa: BLE001 -- a defect, which may be met on one record only
                records = _records_of(key, batch)
                change = without_poison(WHAT, batch, records, compute, work.rows.letters, work.poison) or Change()
            work.add(key, change)

    def _compute(self, customer_id: str, get: Get, clock: int, now: int, items: Sequence[CustomerItem]) -> Change:
        change = advance_through(customer_id, get, items, self._catalogue, clock, now)
        if any(value is not None and len(value) > GREATEST_STATE for value in change.writes.values()):
            raise StateTooLarge
        return change

    def _advanced(self, partition: int, position: int, seen: Times) -> PartitionClock:
        return self._times(partition).clock.take(position, seen, self._sources, self._now())

    def _times(self, partition: int) -> PartitionTimes:
        return self.times.setdefault(partition, PartitionTimes())

    def _recovered(self, partition: int) -> PartitionTimes:
        kept = self.times.get(partition)
        state = self._states.partition(partition)
        due = DueTimes(_due(state) if self._core is None else self._core.due(state))
        if kept is not None:
            return PartitionTimes(kept.clock, due)
        return PartitionTimes(PartitionClock(noted_clock(read_attempts(state))), due)


def _due(state: Mapping[bytes, bytes]) -> Iterator[tuple[str, int]]:
    for key, value in state.items():
        due_at = next_due(key, value)
        if due_at is not None:
            yield key.decode(), due_at


@dataclass(frozen=True, slots=True)
class _Left:
    """What of a batch the Python core does: records, and customers whose time has come."""

    records: Sequence[Record]
    due: Sequence[str]

    def of(self, keys: Collection[bytes]) -> _Left:
        """That of the customers of these keys."""
        if not keys:
            return _Left((), ())
        records = [record for record in self.records if (record.key or b"") in keys]
        return _Left(records, [customer_id for customer_id in self.due if customer_id.encode() in keys])


@dataclass(slots=True)
class _Work:
    """What comes of the customers of a batch."""

    rows: Rows
    writes: list[Sequence[Write]] | Grouped = field(default_factory=list)
    due: dict[str, int | None] = field(default_factory=dict)
    seen: dict[Source, int] = field(default_factory=dict)
    poison: list[Exception] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def add_done(self, done: Done) -> None:
        """Take in what the compiled core did, before anything else."""
        self.rows.add_done(done)
        self.writes = done.writes
        self.due |= done.due
        self.seen |= done.seen

    def add(self, key: bytes, change: Change) -> None:
        self.rows.add_change(key, change)
        if change.writes:
            self.writes.append(list(change.writes.items()))
        self.due[key.decode()] = change.due_at
        self.refused.update(change.refused)


def _take(batch: Batch, records: Iterable[Record], work: _Work) -> dict[bytes, list[CustomerItem]]:
    """The records by customer, in their order; what they tell of the time goes to `work`."""
    groups: defaultdict[bytes, list[CustomerItem]] = defaultdict(list)
    seen = work.seen
    for record in records:
        item = _decode(record)
        if item is None:
            work.rows.letters.append(unreadable(batch, record))
        elif isinstance(item, Arrival):
            groups[record.key or b""].append(item)
            source, at = (item.origin.topic, item.origin.partition), item.touchpoint.occurred_at
            if at > seen.get(source, 0):
                seen[source] = at
        elif not isinstance(item, Tick):
            groups[record.key or b""].append(item)
    return groups


def _records_of(key: bytes, batch: Batch) -> list[tuple[Record, CustomerItem]]:
    decoded = ((record, _decode(record)) for record in batch.records if record.key == key)
    return [(record, item) for record, item in decoded if item is not None and not isinstance(item, Tick)]


def _decode(record: Record) -> CustomerRecord | None:
    if record.key is None or record.value is None:
        return None
    try:
        record.key.decode()
        item: CustomerRecord = decode_customer_record(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return item
