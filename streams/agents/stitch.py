"""Agent `stitch`: arrivals and ticks of customers become rows, dead letters and new states."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from schemas.catalogue import Catalogue
from schemas.topics import Topics
from streams.agents.poisoned import without_poison
from streams.agents.rows import Rows
from streams.agents.stitch_work import Left, Task, Work, take
from streams.attempts import noted_clock, read_attempts
from streams.batching import Batch, Delivery
from streams.checkpoint import Effects, Publisher, StateTable, checkpoint
from streams.clock import DueTimes, PartitionClock
from streams.journey import Change, CustomerItem, advance_through, next_due
from streams.journey.taken import Taken, not_taken, taken_key
from streams.meters import CUSTOMERS_LEFT
from streams.poison import PoisonWatch
from streams.upstream import Mark, Source, Times

if TYPE_CHECKING:
    from streams._core import Core, Done

DUE_PER_BATCH = 20_000
"""Customers whose time has come that a batch takes beside its own: bounds its work after a long pause."""

MANY = 1_000
"""Records of a batch that is worth a thread: some ten milliseconds in which the loop would send and receive nothing."""

THREADS = 2
"""Partitions that are stitched together: while the one is, the other's rows and states are on their way."""

WHAT = "stitching"

GREATEST_STATE = 900_000
"""Bytes of a state that a record batch of the changelog holds for certain."""

logger = structlog.get_logger(__name__)


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
        states: StateTable,
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
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=WHAT)
        self._poison = PoisonWatch(WHAT)
        self.times: dict[int, PartitionTimes] = {}

    async def __call__(self, batch: Batch, delivery: Delivery, clock: int) -> None:
        """Stitch one batch at `clock` (ms) and deliver it; clock and deadlines go on after the checkpoint."""
        task = self._task(batch, clock)
        stitched = self._stitched(task, await self._done_aside(task))
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
        task = self._task(batch, clock)
        return self._stitched(task, self._done(task))

    def _task(self, batch: Batch, clock: int) -> Task:
        due = self._times(batch.partition).due.due(clock, DUE_PER_BATCH)
        return Task(batch, self._states.partition(batch.partition), due, clock, self._now())

    def _done(self, task: Task) -> Done | None:
        """What the compiled core does of it; None: there is none."""
        return None if self._core is None else task.done_by(self._core)

    async def _done_aside(self, task: Task) -> Done | None:
        """The same, of a large batch in a thread: the core lets go of the interpreter, and the loop goes on."""
        if self._core is None or len(task.batch.records) < MANY:
            return self._done(task)
        return await asyncio.get_running_loop().run_in_executor(self._threads, task.done_by, self._core)

    def _stitched(self, task: Task, done: Done | None) -> Stitched:
        work = Work(Rows(self._topics))
        batch, left = task.batch, Left(task.batch.records, task.due)
        if done is not None:
            work.add_done(done)
            left = left.of(done.left)
            for reason, count in Counter(done.left.values()).items():
                CUSTOMERS_LEFT.labels(reason).inc(count)
        self._stitch_left(task, left, work)
        self._poison.note(task.now / 1000, len(batch.records), work.poison)
        for reason, customers in work.refused.items():
            logger.warning("histories not taken in", reason=reason, customers=customers)
        effects = Effects(work.rows.outgoing(batch.partition), batch.partition, work.writes)
        return Stitched(effects, work.due, work.seen)

    def _stitch_left(self, task: Task, left: Left, work: Work) -> None:
        batch = task.batch
        groups = take(batch, left.records, work)
        for customer_id in left.due:
            groups.setdefault(customer_id.encode(), [])
        for key, group in groups.items():
            customer_id = key.decode()
            records, taken = not_taken(task.states.get(taken_key(customer_id)), group)
            compute = partial(self._compute, customer_id, task, taken)
            try:
                change = compute([item for _, item in records])
            except Exception:  # noqa: BLE001 -- a defect, which may be met on one record only
                change = without_poison(WHAT, batch, records, compute, work.rows.letters, work.poison) or Change()
            work.add(key, change)

    def _compute(self, customer_id: str, task: Task, taken: Taken | None, items: Sequence[CustomerItem]) -> Change:
        change = advance_through(customer_id, task.states.get, items, self._catalogue, task.clock, task.now, taken)
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
