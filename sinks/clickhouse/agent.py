"""The sink agent's body: fetched batches of the output topics, into the sink, whole or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import msgspec
import structlog

from schemas.topics import Topics
from sinks.coalescer import Coalescer
from sinks.feeds import Feed, feeds_of
from sinks.meters import count_stored, received_times
from sinks.port import BlockSink, Entry, Received, Rejection, Sink, SinkStopped

MAX_ROWS = 30_000
"""Of one INSERT; larger ones cost as much a row. Four partitions bring more, which is gathered meanwhile."""
LINGER_SECONDS = 0.05
INTERVAL_SECONDS = 0.25
"""From INSERT to INSERT of a table: most of what a small one costs ClickHouse does not depend on its rows."""
BUSY_INTERVAL_SECONDS = 0.5
"""The same after a large one: parts twice as large are merged less often."""
BUSY_ROWS = 4_000
"""So many touchpoints make a write a large one."""
BEHIND_INTERVAL_SECONDS = 1.0
"""The same where a backlog is worked off: what counts then is what it costs."""
BEHIND_SECONDS = 5.0
"""That is where the newest touchpoint of a write was received longer ago."""

log = structlog.get_logger(__name__)


class FetchedRecord(Protocol):
    """A record as it was fetched."""

    @property
    def value(self) -> bytes | None:
        """As it was sent; None: a tombstone."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""


class FetchedBatch(Protocol):
    """All records fetched from one partition of one output topic, in offset order."""

    @property
    def topic(self) -> str:
        """The topic that all records are from."""

    @property
    def partition(self) -> int:
        """The partition that all records are from."""

    @property
    def records(self) -> Sequence[FetchedRecord]:
        """In the order of their offsets, at least one."""


class SinkAgent:
    """Stores fetched batches; those of one topic that arrive within `linger` seconds share one write, and so do those
    that arrive within `interval` seconds of the last one's start, `busy_interval` where many touchpoints come,
    `behind_interval` where a backlog is worked off.

    Holds at most `max_rows` records per topic beside those being written. `blocks` is asked first to store them;
    without it rows are made of all. Belongs to one event loop.
    """

    def __init__(
        self,
        sink: Sink,
        topics: Topics,
        blocks: BlockSink | None = None,
        *,
        max_rows: int = MAX_ROWS,
        linger: float = LINGER_SECONDS,
        interval: float = INTERVAL_SECONDS,
        busy_interval: float = BUSY_INTERVAL_SECONDS,
        behind_interval: float = BEHIND_INTERVAL_SECONDS,
    ) -> None:
        self._sink = sink
        self._blocks = blocks
        self._interval = interval
        self._busy_interval = busy_interval
        self._behind_interval = behind_interval
        self._feeds = feeds_of(topics)
        # Threads of its own: a sink that waits for its store must not use up those that resolve host names. One to a
        # topic, whose writes come one by one: a thread has a connection, and keeps memory for its largest write.
        self._threads = {topic: ThreadPoolExecutor(1, thread_name_prefix=topic) for topic in self._feeds}
        self._coalescers = {
            topic: Coalescer(partial(self._write, topic), max_items=max_rows, linger=linger, interval=interval)
            for topic in self._feeds
        }

    async def store(self, batch: FetchedBatch) -> None:
        """Return once every record of `batch` is stored or kept among the rejected rows.

        Then, and only then, the batch may be acknowledged. Raises `SinkStopped`, or KeyError for a topic that is no
        output topic.
        """
        await self._coalescers[batch.topic].add(received(batch))

    def close(self) -> None:
        """Let what is being written end, give up what waits for the store or for its turn, and end the threads."""
        self._sink.stop()
        for thread in self._threads.values():
            thread.shutdown()

    async def _write(self, topic: str, records: Sequence[Received]) -> None:
        thread, feed = self._threads[topic], self._feeds[topic]
        try:
            running = asyncio.get_running_loop().run_in_executor(thread, self._store, feed, records)
        except RuntimeError as error:
            raise SinkStopped("stopped before it was written") from error
        await running

    def _store(self, feed: Feed, records: Sequence[Received]) -> None:
        """In a thread: by the quicker way, or as rows."""
        received_at = None
        if self._blocks is not None:
            received_at = self._blocks.store(feed.table, [record.payload for record in records])
        if received_at is None:
            received_at = self._store_rows(feed, records)
        if received_at:
            self._set_pace(received_at)

    def _store_rows(self, feed: Feed, records: Sequence[Received]) -> Sequence[int]:
        """Store what can be a row, and keep what cannot; returns when touchpoints among them were received (UTC ms)."""
        entries, rejections = read(records, feed)
        if rejections:
            self._sink.reject(rejections)
        kept = latest(entries, feed)
        rows = [entry.row for entry in kept]
        if kept:
            self._sink.write(feed.table, kept)
            count_stored(feed.table, rows)
        return received_times(rows)

    def _set_pace(self, received_at: Sequence[int]) -> None:
        """`received_at` is when each of the touchpoints just stored was received (UTC ms)."""
        interval = self._busy_interval if len(received_at) >= BUSY_ROWS else self._interval
        if time.time() - max(received_at) / 1000 > BEHIND_SECONDS:
            interval = self._behind_interval
        for coalescer in self._coalescers.values():
            coalescer.interval = interval


def received(batch: FetchedBatch) -> list[Received]:
    """The records of `batch`, each with its place."""
    topic, partition = batch.topic, batch.partition
    return [Received(topic, partition, record.offset, record.value or b"") for record in batch.records]


def read(records: Iterable[Received], feed: Feed) -> tuple[list[Entry], list[Rejection]]:
    """Every record, as a row or as what is wrong with it."""
    entries: list[Entry] = []
    rejections: list[Rejection] = []
    for record in records:
        place = record.topic, record.partition, record.offset, record.payload
        try:
            row = feed.decode(record.payload)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # Not what it holds: a log is read by more people than customers' data.
            log.warning(
                "unreadable record kept in rejected_rows: a bug, please report it",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )
            rejections.append(Rejection(feed.table, *place, str(error)))
        else:
            entries.append(Entry(row, *place))
    return entries, rejections


def latest(entries: Iterable[Entry], feed: Feed) -> list[Entry]:
    """Of the entries of each key the one that holds."""
    key_of, version_of = feed.key, feed.version
    held: dict[object, Entry] = {}
    for entry in entries:
        key = key_of(entry.row)
        rival = held.get(key)
        if rival is None or version_of(entry.row) >= version_of(rival.row):
            held[key] = entry
    return list(held.values())
