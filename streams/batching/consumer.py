"""The consumer of a batch app: Faust's group membership and commits, with whole batches instead of records."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from streams.batching.batch import Batch
from streams.batching.consumer_thread import BatchConsumerThread
from streams.batching.delivery import DeliveryLog
from streams.batching.fetch import Fetched
from streams.batching.offsets import ASK_SECONDS, Offsets
from streams.batching.producer import BatchProducer

if TYPE_CHECKING:
    from faust.tables.manager import TableManager

    from streams.batching.app import BatchApp


class ReadOffsets(dict[TP, int | None]):
    """Tells Faust of no partition how far it was read: it would drop, unseen, a batch that ends before that.

    After a seek smaller batches may come than before it, and none of them is to be dropped.
    """

    def __getitem__(self, tp: TP) -> None:
        return None


class BatchConsumer(driver.Consumer):
    """Delivers one message per fetched batch and commits the leading run of acknowledged ones."""

    app: BatchApp
    _thread: BatchConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.deliveries: defaultdict[TP, DeliveryLog] = defaultdict(DeliveryLog)
        self.seeks = 0
        self._seeking = 0
        super().__init__(*args, **kwargs)
        self._read_offset = ReadOffsets()

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def has_room(self, tp: TP) -> bool:
        """Whether another batch of the partition may be fetched: bounds the memory held by unacknowledged ones."""
        if self._seeking and not self._is_changelog_tp(tp):
            return False
        log = self.deliveries.get(tp)
        return log is None or self.app.has_room(tp.topic, len(log), log.records)

    def idle_at(self, tp: TP) -> int | None:
        """The position of a partition of which all that it is known to hold was read and acknowledged, else None.

        None as well if it is not assigned.
        """
        if tp in self.deliveries and len(self.deliveries[tp]):
            return None
        state = self._thread.partition_state(tp)
        if state is None or not state.has_valid_position or state.highwater is None:
            return None
        return int(state.position) if state.position >= state.highwater else None

    async def read_offsets(self, partitions: Collection[tuple[str, int]]) -> tuple[Offsets, Offsets]:
        """The ends of these partitions, whoever owns them, and then what the group has committed of each.

        Of one that it has committed nothing of, its oldest offset. Raises the driver's `KafkaError`, or `TimeoutError`.
        """
        asked = asyncio.run_coroutine_threadsafe(self._thread.read_offsets(partitions), self._thread.thread_loop)
        return await asyncio.wait_for(asyncio.wrap_future(asked), ASK_SECONDS)

    def progress(self, topics: Collection[str]) -> Iterator[tuple[TP, int, int]]:
        """Of each owned partition of `topics` that was heard of: the committed offset, and that behind its last record.

        Where nothing is committed yet, that which is read next counts as committed if nothing is being worked on.
        """
        for tp in self.assignment():
            state = self._thread.partition_state(tp) if tp.topic in topics else None
            if state is None or state.highwater is None or not state.has_valid_position:
                continue
            committed = self._committed_offset.get(tp)
            if committed is None:
                committed = 0 if len(self.deliveries.get(tp, ())) else int(state.position)
            yield tp, committed, int(state.highwater)

    def backlog(self, tp: TP) -> tuple[int, bool]:
        """A partition's committable offset (-1: none) and whether anything of it is still to be done."""
        log = self.deliveries.get(tp)
        done = log.committable if log is not None and log.committable is not None else -1
        return done, self.idle_at(tp) is None

    def _to_message(self, tp: TP, record: Fetched) -> ConsumerMessage:
        if self._is_changelog_tp(tp):
            self._correct_recovery_end(tp, record.highwater)
        elif record.seeks == self.seeks:
            self.deliveries[tp].deliver(record.next_offset, len(record.records))
        batch = Batch(tp.topic, tp.partition, record.records, record.next_offset, record.seeks)
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.next_offset - 1,
            0.0,
            0,
            None,
            None,
            cast("Any", batch),
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def _correct_recovery_end(self, tp: TP, highwater: int) -> None:
        # The embedded broker answers a ListOffsets request with too small an end; a fetch tells the true one.
        ends = cast("TableManager", self.app.tables).recovery.active_highwaters
        if tp in ends and ends[tp] < highwater - 1:
            ends[tp] = highwater - 1

    def is_current(self, message: Message) -> bool:
        """Whether a delivered batch is still to be done here: its partition has not moved, nor was it read anew."""
        batch = cast("Batch", message.value)
        return message.generation_id == self.app.consumer_generation_id and batch.seeks == self.seeks

    def ack(self, message: Message) -> bool:
        """Mark a delivered batch as done; False if its delivery was forgotten in a rebalance."""
        self._unacked_messages.discard(message)
        if message.acked or not self.is_current(message):
            return False
        message.acked = True
        log = self.deliveries.get(message.tp)
        if log is None:
            return False
        had_room = self.has_room(message.tp)
        done = log.acknowledge(message.offset + 1)
        if not had_room and self.has_room(message.tp):
            self._thread.wake()
        return done

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        for tp in list(self.deliveries):
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        return self.deliveries[tp].committable

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Offsets between batches need no bookkeeping: a batch knows the offset that follows it."""

    def on_buffer_full(self, tp: TP) -> None:
        """Back-pressure is `has_room`; the stock way makes the fetcher sleep a second."""

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 -- the driver's signature
        """Drop what is taken while the worker ends."""
        taken = await super()._wait_next_records(timeout)
        # Faust would seek now, which is needed where the flow goes on, and takes back the batches still in work.
        return (None, None) if self.app.should_stop and not self.flow_active else taken

    async def perform_seek(self) -> None:
        """Go to the committed offsets, to the beginning of a partition without one; forget what was delivered.

        Nothing is taken meanwhile, and what was taken before is no longer current: it comes again.
        """
        self.seeks += 1
        self._seeking += 1
        self.deliveries.clear()
        try:
            await self._seek_to_committed()
        finally:
            self._seeking -= 1
            self._thread.wake()

    async def _seek_to_committed(self) -> None:
        if not self.assignment():
            return
        committed = await self.seek_to_committed()
        self._committed_offset.update({tp: offset or None for tp, offset in committed.items()})
        fresh = [tp for tp, offset in committed.items() if not offset and not self._is_changelog_tp(tp)]
        if fresh:
            await self._thread.seek_to_beginning(*(driver.ensure_aiokafka_TP(tp) for tp in fresh))

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let batches in work end and commit them, then forget all deliveries of the revoked partitions."""
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self.deliveries.pop(tp, None)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """The app's own watch exits on lag without commits; the stock one counts records and only warns."""

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """Commit; what is acknowledged is durable already, so the producer's buffer is not waited for."""
        assigned = self.assignment()
        committable = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        if not committable or not await self._commit(committable):
            return False
        self._committed_offset.update(committable)
        return True


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with the consumer and producer of batches."""

    Consumer = BatchConsumer
    Producer = BatchProducer
