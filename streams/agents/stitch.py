"""Agent `stitch`: arrivals and ticks of customers become rows, dead letters and new states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
import structlog

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from schemas.touchpoint import Arrival, CustomerRecord, Tick, decode_customer_record
from streams.agents.letters import conflict, encode_json, retracted, taken_in, too_late, unreadable
from streams.batching import Batch, Delivery, Outgoing, Record
from streams.checkpoint import Effects, Publisher, StateStore, checkpoint
from streams.clock import DueTimes, PartitionClock
from streams.journey import Change, CustomerItem, advance_through, next_due

encode_msgpack = msgspec.msgpack.Encoder().encode
KeyValue = tuple[bytes | None, bytes | None]

logger = structlog.get_logger(__name__)


class CustomerStates(StateStore, Protocol):
    """The state table."""

    def partition(self, partition: int) -> Mapping[bytes, bytes]: ...


@dataclass(slots=True)
class PartitionTimes:
    """What the streams know of the times of one partition."""

    clock: PartitionClock = field(default_factory=PartitionClock)
    due: DueTimes = field(default_factory=DueTimes)


@dataclass(slots=True)
class Rows:
    """The rows of a batch by topic, as records."""

    topics: Topics
    by_topic: dict[str, list[KeyValue]] = field(default_factory=dict)

    def add(self, topic: str, key: bytes | None, rows: Iterable[Any], encode: Callable[[Any], bytes]) -> None:
        self.by_topic.setdefault(topic, []).extend((key, encode(row)) for row in rows)

    def add_letter(self, letter: KeyValue) -> None:
        self.by_topic.setdefault(self.topics.dead, []).append(letter)

    def add_change(self, key: bytes, change: Change) -> None:
        topics = self.topics
        for topic, rows, encode in (
            (topics.stitched, change.touchpoints, encode_msgpack),
            (topics.journeys, change.journeys, encode_json),
            (topics.handoffs, change.handoffs, encode_json),
            (topics.promises, change.promises, encode_json),
            (topics.duplicates, change.duplicates, encode_msgpack),
        ):
            if rows:
                self.add(topic, key, rows, encode)
        for arrival in change.conflicts:
            self.add_letter(conflict(arrival))
        for arrival in change.too_late:
            self.add_letter(too_late(arrival))
        for withdrawal in change.retracted:
            self.add_letter(retracted(withdrawal))
        for arrival in change.taken_in:
            self.add_letter(taken_in(arrival))


@dataclass(frozen=True, slots=True)
class Stitched:
    """The effects of a batch, and when its customers are next due (None: never)."""

    effects: Effects
    due: Mapping[str, int | None]


class Stitch:
    """The handler of the batches of `customer`; `now` tells the time in ms.

    All output topics have as many partitions as `customer`, so a customer's rows go to the partition it came from.
    """

    def __init__(
        self, topics: Topics, catalogue: Catalogue, states: CustomerStates, publisher: Publisher, now: Callable[[], int]
    ) -> None:
        self._topics = topics
        self._catalogue = catalogue
        self._states = states
        self._publisher = publisher
        self._now = now
        self.times: dict[int, PartitionTimes] = {}

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        stitched = self.stitch(batch)
        if await checkpoint(stitched.effects, self._publisher, self._states, delivery):
            due = self._times(batch.partition).due
            for customer_id, due_at in stitched.due.items():
                due.set(customer_id, due_at)

    def recover(self, partitions: Iterable[int]) -> None:
        """Learn from the states who is due in the given partitions, and forget all others."""
        self.times = {partition: self._recovered(partition) for partition in partitions}

    def stitch(self, batch: Batch) -> Stitched:
        """The effects of the batch on the states as they are; changes nothing but the partition's clock."""
        now = self._now()
        rows = Rows(self._topics)
        groups = self._group(batch, rows)
        clock = self._times(batch.partition).clock.read(caught_up=batch.caught_up, now=now)
        get = self._states.partition(batch.partition).get
        writes: list[list[tuple[bytes, bytes | None]]] = []
        due: dict[str, int | None] = {}
        refused: Counter[str] = Counter()
        for key, group in groups.items():
            customer_id = key.decode()
            change = advance_through(customer_id, get, group, self._catalogue, clock, now)
            rows.add_change(key, change)
            if change.writes:
                writes.append(list(change.writes.items()))
            due[customer_id] = change.due_at
            refused.update(change.refused)
        for reason, count in refused.items():
            logger.warning("histories not taken in", reason=reason, customers=count)
        outputs = [Outgoing(topic, batch.partition, (records,)) for topic, records in rows.by_topic.items()]
        return Stitched(Effects(outputs, batch.partition, writes), due)

    def _group(self, batch: Batch, rows: Rows) -> dict[bytes, list[CustomerItem]]:
        """The records of each customer of the batch, in order; a customer with ticks only has none of them."""
        observe = self._times(batch.partition).clock.observe
        groups: dict[bytes, list[CustomerItem]] = {}
        for record in batch.records:
            item = _decode(record)
            if item is None:
                rows.add_letter(unreadable(batch, record))
                continue
            group = groups.setdefault(record.key or b"", [])
            if isinstance(item, Tick):
                observe(item.at)
                continue
            if isinstance(item, Arrival):
                observe(item.touchpoint.occurred_at)
            group.append(item)
        return groups

    def _times(self, partition: int) -> PartitionTimes:
        return self.times.setdefault(partition, PartitionTimes())

    def _recovered(self, partition: int) -> PartitionTimes:
        kept = self.times.get(partition)
        state = self._states.partition(partition)
        found = ((key, next_due(key, value)) for key, value in state.items())
        due = DueTimes((key.decode(), due_at) for key, due_at in found if due_at is not None)
        return PartitionTimes(kept.clock if kept is not None else PartitionClock(), due)


def _decode(record: Record) -> CustomerRecord | None:
    if record.key is None or record.value is None:
        return None
    try:
        item: CustomerRecord = decode_customer_record(record.value)
    except msgspec.DecodeError:
        return None
    return item
