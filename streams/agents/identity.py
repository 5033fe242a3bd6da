"""Agent `identity`: from links, and touchpoints that look for their customer, to arrivals and withdrawals.

Links that nobody is to be told of are taken in by the compiled core where there is one; this is the reference, and does
whatever that one leaves.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from schemas.identity import (
    ERASED,
    FORGETTING,
    Held,
    IdentityRecord,
    Link,
    Told,
    Watch,
    decode_identity_record,
    encode_identity_record,
)
from schemas.topics import Topics
from schemas.touchpoint import encode_customer_record
from streams.agents.forgetting import forget_customers
from streams.agents.letters import unreadable
from streams.agents.poisoned import without_poison
from streams.agents.reading import read, read_all
from streams.agents.rows import encode_msgpack
from streams.batching import Batch, Delivery, KeyValue, Outgoing, Write
from streams.checkpoint import Effects, Publisher, StateTable, checkpoint
from streams.clock import DueTimes
from streams.identity import IdentityChange, advance_identity, identity_due
from streams.journey.erasure import is_erased
from streams.journey.log import Get
from streams.meters import RECORDS_LEFT
from streams.placing import place
from streams.poison import PoisonWatch

if TYPE_CHECKING:
    from streams._core import Linked, Links

WHAT = "finding the customer"
FORGOTTEN_PER_BATCH = 200
"""Bounds what a batch does beside its own work after a long pause."""

_Item = tuple[int, str, IdentityRecord]
"""A record's place in its batch, its key, and what it holds."""


class PartitionMemory:
    """What the agent knows of one partition: the greatest time seen in it, and what may be forgotten when."""

    def __init__(self, state: Mapping[bytes, bytes]) -> None:
        found = ((key, identity_due(key, value)) for key, value in state.items())
        self.due = DueTimes((key.decode(), due_at) for key, due_at in found if due_at is not None)
        self.clock = 0


@dataclass(frozen=True, slots=True)
class Identified:
    """The effects of a batch; `due` tells when something of each key may be forgotten (ms; None: never)."""

    effects: Effects
    due: Mapping[str, int | None]


class Identify:
    """The handler of the batches of `identity`. `horizon` in ms; `partitions` is that of every keyed topic.

    `core` takes in the links of a batch's records that are ordinary (None: this does all).
    """

    def __init__(
        self,
        topics: Topics,
        horizon: int | None,
        partitions: int,
        states: StateTable,
        publisher: Publisher,
        core: type[Links] | None = None,
    ) -> None:
        self._topics = topics
        self._horizon = horizon
        self._states = states
        self._publisher = publisher
        self._core = core
        self._place = partial(place, partitions=partitions)
        self._poison = PoisonWatch(WHAT)
        self._memories: dict[int, PartitionMemory] = {}

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        """Work through one batch of `identity`; profiles are remembered once their checkpoint is complete."""
        identified = self.identify(batch)
        if await checkpoint(identified.effects, self._publisher, self._states, delivery):
            self.remember(batch.partition, identified.due)

    def remember(self, partition: int, due: Mapping[str, int | None]) -> None:
        """Note when something of each key may be forgotten, once the effects that say so are durable."""
        self._memory(partition).due.set(due)

    def recover(self, partitions: Iterable[int]) -> None:
        """Learn from the states what may be forgotten when, and forget all other partitions."""
        self._memories = {partition: PartitionMemory(self._states.partition(partition)) for partition in partitions}

    def identify(self, batch: Batch) -> Identified:
        """The effects of the batch on the states as they are."""
        memory = self._memory(batch.partition)
        letters: list[KeyValue] = []
        items, writes, due = self._take_links(batch, memory, letters)
        groups = _group(items)
        for key in memory.due.due(memory.clock, FORGOTTEN_PER_BATCH):
            if key not in due:
                groups.setdefault(key, [])
        forgetting = groups.pop(FORGETTING, [])
        states = self._states.partition(batch.partition)
        get = states.get
        sent = _Sent(self._topics, self._place)
        poison: list[Exception] = []
        for key, records in groups.items():
            compute = partial(self._compute, key, get, memory.clock, batch.partition)
            try:
                change = compute(records)
            except Exception:  # noqa: BLE001 -- a defect, which may be met on one record only
                pairs = read_all(key.encode(), batch, decode_identity_record)
                change = without_poison(WHAT, batch, pairs, compute, letters, poison) or IdentityChange()
            sent.add(change)
            if change.writes:
                writes.append(list(change.writes.items()))
            due[key] = change.due_at
        if forgetting:
            writes += forget_customers(batch, states, writes, letters, poison)
        self._poison.note(time.time(), len(batch.records), poison)
        if letters:
            sent.records[self._topics.dead, batch.partition] = letters
        return Identified(Effects(sent.outgoing(), batch.partition, writes), due)

    def _take_links(
        self, batch: Batch, memory: PartitionMemory, letters: list[KeyValue]
    ) -> tuple[list[_Item], list[list[Write]], dict[str, int | None]]:
        """Move the clock on, and let the compiled core take what it can: what remains, and what that one wrote."""
        links = None if self._core is None else self._core(batch.records)
        items = _read(batch, range(len(batch.records)) if links is None else links.others, letters)
        memory.clock = max([memory.clock, *(at for _, _, one in items if (at := _at(one)))])
        if links is None:
            return items, [], {}
        memory.clock = max(memory.clock, links.latest)
        linked = links.advance(self._states.partition(batch.partition), memory.clock, self._horizon)
        items = sorted(items + _read(batch, _left(linked, links), letters), key=itemgetter(0))
        return items, linked.writes, linked.due

    def _compute(
        self, key: str, get: Get, clock: int, partition: int, records: Sequence[IdentityRecord]
    ) -> IdentityChange:
        known = [known for record in records if (known := _still_true(record, get)) is not None]
        if not known and get(key.encode()) is None:
            return IdentityChange()
        return advance_identity(key, get, known, clock, self._horizon, partition)

    def _memory(self, partition: int) -> PartitionMemory:
        if partition not in self._memories:
            self._memories[partition] = PartitionMemory(self._states.partition(partition))
        return self._memories[partition]


def _still_true(record: IdentityRecord, get: Get) -> IdentityRecord | None:
    """What a record says once customers are erased: it may have been on its way meanwhile. None: nothing any more."""
    if isinstance(record, Link):
        return None if is_erased(record.customer_id, get) else record
    if isinstance(record, Told) and record.customers is not None:
        # Were they taken out, who shared the identity would be taken for its only bearer.
        named = {ERASED if is_erased(one, get) else one for one in record.customers}
        return Told(record.identity, tuple(sorted(named))) if ERASED in named else record
    return record


class _Sent:
    """Records by topic and partition, in the order of sending."""

    def __init__(self, topics: Topics, placed: Callable[[str], tuple[bytes, int]]) -> None:
        self._topics = topics
        self._place = placed
        self.records: defaultdict[tuple[str, int], list[KeyValue]] = defaultdict(list)

    def add(self, change: IdentityChange) -> None:
        topics = self._topics
        for customer_id, record in change.customer:
            self._put(topics.customer, customer_id, encode_customer_record(record))
        for key, told in change.identity:
            self._put(topics.identity, key, encode_identity_record(told))
        for row in change.duplicates:
            self._put(topics.duplicates, row.customer_id, encode_msgpack(row))

    def outgoing(self) -> list[Outgoing]:
        return [Outgoing(topic, partition, (records,)) for (topic, partition), records in self.records.items()]

    def _put(self, topic: str, key: str, value: bytes) -> None:
        encoded, partition = self._place(key)
        self.records[topic, partition].append((encoded, value))


def _left(linked: Linked, links: Links) -> list[int]:
    """The places of the records with links that the compiled core leaves; counted."""
    reasons = Counter(why for _, why in linked.left)
    for reason, count in {**reasons, "no link": len(links.others)}.items():
        RECORDS_LEFT.labels("identity", reason).inc(count)
    return [place for place, _ in linked.left]


def _read(batch: Batch, places: Iterable[int], letters: list[KeyValue]) -> list[_Item]:
    """The records at `places`; a letter for each that cannot be read."""
    items: list[_Item] = []
    for at in places:
        record = batch.records[at]
        item: IdentityRecord | None = read(record, decode_identity_record)
        if item is None:
            letters.append(unreadable(batch, record))
        else:
            items.append((at, (record.key or b"").decode(), item))
    return items


def _group(items: Iterable[_Item]) -> dict[str, list[IdentityRecord]]:
    """The records of each key, in order."""
    groups: dict[str, list[IdentityRecord]] = {}
    for _, key, item in items:
        groups.setdefault(key, []).append(item)
    return groups


def _at(record: IdentityRecord) -> int:
    if isinstance(record, Held):
        return record.arrival.at
    return record.at if isinstance(record, Link | Watch) else 0
