"""Agent `alert`: rows of customers, and counts of groups, become alerts by the rules of the catalogue."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from streams.agents.alert_batch import Work
from streams.agents.alert_quiet import sift
from streams.agents.alert_reading import read_records
from streams.agents.letters import encode_json
from streams.alerting.announced import Announced, announce, announced_keys, read_announced
from streams.alerting.facts import kept_by
from streams.alerting.groups import encode_partial
from streams.alerting.memory import Memory, recall
from streams.alerting.resting import UNREADABLE
from streams.batching import Batch, Delivery, KeyValue, Outgoing
from streams.checkpoint import Effects, Publisher, StateTable, checkpoint
from streams.placing import place

if TYPE_CHECKING:
    from streams._core import Quiet

DUE_PER_BATCH = 20_000
"""Customers and groups whose time has come that a batch takes beside its own."""

logger = structlog.get_logger(__name__)


class Alerting:
    """The handler of the batches of rows and of `alerting`; `now` tells the time in ms.

    All topics have as many partitions, so what is said of a customer, or of a group, goes to the partition that its
    rows or its counts came from, and one state serves all topics of a partition.
    """

    def __init__(
        self,
        topics: Topics,
        catalogue: Catalogue,
        partitions: int,
        states: StateTable,
        publisher: Publisher,
        now: Callable[[], int],
        quiet: Quiet | None = None,
    ) -> None:
        self._topics = topics
        self._catalogue = catalogue
        self._kept = kept_by(catalogue.alerts)
        self._states = states
        self._publisher = publisher
        self._now = now
        self._quiet = quiet
        self._place = lru_cache(maxsize=65_536)(lambda key: place(key, partitions))
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.memories: dict[int, Memory] = {}

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        """Judge one batch and deliver what changes; that is noted first, so that a replay says the same."""
        # Batches of several topics change the one state of a partition.
        async with self._turns[batch.partition]:
            if not delivery.is_current():
                return
            work = self.work(batch)
            if work.says_anything:
                if not await delivery.confirm():
                    return
                announced = self._announced(batch)
                noted = announce(batch.topic, work.rows, work.sent, announced)
                await self._states.write_batch(batch.partition, [[write] for write in noted])
            if await checkpoint(self._effects(batch, work), self._publisher, self._states, delivery):
                self.remember(batch.partition, work)

    def recover(self, partitions: Iterable[int]) -> None:
        """Learn from the states of the given partitions, and forget all others."""
        now = self._now()
        clocks = {partition: memory.clock for partition, memory in self.memories.items()}
        self.memories = {}
        for partition in partitions:
            self.memories[partition] = recall(self._states.partition(partition), self._catalogue, now)
            self.memories[partition].clock = clocks.get(partition, 0)

    @property
    def needs_clock(self) -> bool:
        """Whether any rule judges that something did not happen in time."""
        return any(rule.before for rule in self._catalogue.alerts.deadline_rules)

    def clocks(self) -> dict[int, int]:
        """W by partition; 0 where it is not known yet."""
        return {partition: memory.clock for partition, memory in self.memories.items()}

    def is_due(self, partition: int) -> bool:
        """Whether `partition` has something to say though nothing came: a deadline passed, or rows are not sent yet."""
        return self._memory(partition).is_due(self._now())

    def reach(self, partition: int, clock: int) -> None:
        """All that happened before `clock` (ms) to the partition's customers has come here."""
        memory = self._memory(partition)
        memory.clock = max(memory.clock, clock)

    def work(self, batch: Batch) -> Work:
        """What is to be said and known after the batch; changes nothing."""
        memory = self._memory(batch.partition)
        state = self._states.partition(batch.partition)
        work = Work(self._catalogue, self._kept, batch.partition, memory, self._now(), state.get)
        due = {*memory.due.due(work.now, DUE_PER_BATCH), *memory.due_at_clock.due(memory.clock, DUE_PER_BATCH)}
        announced = self._announced(batch)
        held = {*due, *(row.customer_id for row in announced.rows)}
        sifted = sift(self._quiet, batch, self._topics, held, state, work.now)
        taken = read_records(batch.topic, sifted.left, self._topics)
        if taken.unreadable:
            # The sink keeps them among the rejected rows.
            logger.warning("rows not judged by alert rules", topic=batch.topic, offsets=taken.unreadable[:10])
        work.do(sifted, taken, due, announced)
        return work

    def remember(self, partition: int, work: Work) -> None:
        """Take note of what is durable now."""
        memory = self._memory(partition)
        memory.due.set(work.due)
        memory.due_at_clock.set(work.due_at_clock)
        memory.counts.update(work.counted)
        memory.unsent.clear()
        memory.forget(self._catalogue.alerts, work.now)

    def _effects(self, batch: Batch, work: Work) -> Effects:
        sent: defaultdict[tuple[str, int], list[KeyValue]] = defaultdict(list)
        for row in work.rows:
            key = row.customer_id or row.fingerprint
            sent[self._topics.alerts, batch.partition].append((key.encode(), encode_json(row)))
        for fingerprint, partial in work.partials():
            encoded, there = self._place(fingerprint)
            sent[self._topics.alerting, there].append((encoded, encode_partial(partial)))
        outgoing = [Outgoing(topic, partition, (records,)) for (topic, partition), records in sent.items()]
        noted = list(announced_keys(self._states.partition(batch.partition), batch.topic))
        # The last one first: what is left after a crash in between is found from the first one on.
        writes = work.state_writes((key, None) for key in reversed(noted))
        return Effects(outgoing, batch.partition, writes)

    def _announced(self, batch: Batch) -> Announced:
        try:
            return read_announced(self._states.partition(batch.partition), batch.topic)
        except UNREADABLE:
            logger.exception(
                "what was about to be said cannot be read: an alert of it that nobody says again may stay",
                topic=batch.topic,
                partition=batch.partition,
            )
            return Announced()

    def _memory(self, partition: int) -> Memory:
        if partition not in self.memories:
            self.memories[partition] = recall(self._states.partition(partition), self._catalogue, self._now())
        return self.memories[partition]
