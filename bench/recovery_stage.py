"""Reads a state topic in a process of its own, and prints what that took as a JSON object.

`python -m bench.recovery_stage bare|worker KAFKA PREFIX PARTITIONS`: a bare loop of the driver, or a streams worker
from the start of its recovery to ready.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import mode
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.tables.recovery import Recovery

from schemas.kafka_security import client_options
from schemas.topics import Topics
from streams.agents.stitch import Stitch
from streams.app import create_streams
from streams.batching import BatchTable, fetch
from streams.settings import StreamSettings


def tell(begun: tuple[float, float], parts: list[Mapping[bytes, bytes]], **layers: float) -> None:
    """Print what was taken since `begun`, and for what state."""
    wall, processor = (now - then for now, then in zip(clocks(), begun, strict=True))
    told = {
        "wall": wall,
        "processor": processor,
        "memory": psutil.Process().memory_info().rss,
        "records": sum(map(len, parts)),
        "bytes": sum(len(key) + len(value) for part in parts for key, value in part.items()),
    }
    print(json.dumps(told | layers), file=sys.__stdout__, flush=True)


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


async def read_bare(kafka: str, topics: Topics, partitions: int) -> None:
    consumer = AIOKafkaConsumer(**client_options(kafka), max_partition_fetch_bytes=4 << 20)
    await consumer.start()
    places = [TopicPartition(topics.state, number) for number in range(partitions)]
    consumer.assign(places)
    await consumer.seek_to_beginning()
    ends = await consumer.end_offsets(places)
    state: dict[bytes, bytes] = {}
    begun = clocks()
    while any([await consumer.position(place) < ends[place] for place in places]):
        for records in (await consumer.getmany(timeout_ms=1_000, max_records=10_000)).values():
            for record in records:
                state[record.key] = record.value
    tell(begun, [state])
    await consumer.stop()


class Stopwatch:
    """Sums the processor time that functions take in their threads; runs from `begin` on."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.begun: tuple[float, float] | None = None

    def begin(self) -> None:
        self.begun = self.begun or clocks()

    def watch(self, owner: Any, name: str, layer: str) -> None:
        """Count what `owner.name` takes from now on."""
        inner: Callable[..., Any] = getattr(owner, name)

        @wraps(inner)
        def watched(*args: Any, **kwargs: Any) -> Any:
            start = time.thread_time()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[layer] += time.thread_time() - start

        setattr(owner, name, watched)


def call_before(owner: Any, name: str, first: Callable[[], None]) -> None:
    """Have `first` called whenever `owner.name` is called, before it."""
    inner: Callable[..., Any] = getattr(owner, name)

    @wraps(inner)
    def both(*args: Any, **kwargs: Any) -> Any:
        first()
        return inner(*args, **kwargs)

    setattr(owner, name, both)


def recover(kafka: str, topics: Topics, partitions: int) -> None:
    """Run a worker until it is ready; the measurement is over then, and so is the process."""
    watch = Stopwatch()
    watch.watch(fetch, "unpack", "records out of record batches")
    watch.watch(BatchTable, "apply_changelog_batch", "into the table")
    watch.watch(Stitch, "recover", "who is due")
    call_before(Recovery, "_set_recovery_started", watch.begin)
    settings = StreamSettings(kafka=kafka, topic_prefix=topics.prefix, partitions=partitions, session_timeout=6)
    app = create_streams(settings)

    def ready() -> None:
        tables: Iterable[BatchTable] = app.tables.values()
        parts = [table.partition(number) for table in tables for number in range(partitions)]
        assert watch.begun is not None
        tell(watch.begun, parts, **watch.seconds)
        os._exit(0)

    call_before(app, "on_rebalance_end", ready)
    mode.Worker(app, loglevel="warn").execute_from_commandline()


def main() -> None:
    stage, kafka, prefix, partitions = sys.argv[1:]
    if stage == "bare":
        asyncio.run(read_bare(kafka, Topics(prefix), int(partitions)))
    else:
        recover(kafka, Topics(prefix), int(partitions))


if __name__ == "__main__":
    main()
