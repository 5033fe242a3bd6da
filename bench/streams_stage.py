"""One stage of the streams' benchmark in a process of its own: reads a topic's backlog and prints how long it took.

`python -m bench.streams_stage bare|ingest|backlog|stitch|python KAFKA PREFIX PARTITIONS COUNT`: a bare loop of the
driver, or a worker with one agent; `python` is stitch without the compiled core. Prints seconds of wall clock and of
processor, from the first record to the last, and the most megabytes that were resident.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import mode
from aiokafka import AIOKafkaConsumer

from bench.usage import MEGABYTE
from schemas.catalogue import load_catalogue
from schemas.kafka_security import client_options
from schemas.topics import Topics
from streams.app import add_ingest, add_stitch, fetch_size
from streams.batching import Batch, BatchApp, Bounds, Delivery, Handler, WorkerSettings, create_app
from streams.compiled import core_for, intake_for


@dataclass(slots=True)
class Stopwatch:
    """Runs from the first lap to the one that completes `count`."""

    count: int
    done: int = 0
    start: tuple[float, float] | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self) -> None:
        if self.start is None:
            self.start = (time.perf_counter(), time.process_time())

    def lap(self, records: int) -> None:
        self.done += records
        if self.done >= self.count and not self.finished.is_set():
            wall, processor = self.start or (0.0, 0.0)
            used = (time.perf_counter() - wall, time.process_time() - processor, most_megabytes())
            print(*used, file=sys.__stdout__, flush=True)
            self.finished.set()


def most_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


async def read_bare(kafka: str, topics: Topics, watch: Stopwatch) -> None:
    consumer = AIOKafkaConsumer(*topics.inputs, **client_options(kafka), auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        while not watch.finished.is_set():
            fetched = await consumer.getmany(timeout_ms=1_000, max_records=10_000)
            watch.begin()
            watch.lap(sum(len(records) for records in fetched.values()))
    finally:
        await consumer.stop()


def worker(stage: str, kafka: str, topics: Topics, partitions: int, watch: Stopwatch) -> BatchApp:
    async def prepare(app: BatchApp) -> None:
        consume = app.consume

        def consume_watched(names: tuple[str, ...], handler: Handler, name: str, **bounds: Any) -> None:
            async def watched(batch: Batch, delivery: Delivery) -> None:
                watch.begin()
                await handler(batch, delivery)
                watch.lap(len(batch.records))
                if watch.finished.is_set():
                    # The measurement is over, and so is the process.
                    os._exit(0)

            consume(names, watched, name, **bounds)

        app.consume = consume_watched  # type: ignore[method-assign,assignment]
        if stage == "ingest":
            add_ingest(app, topics, partitions, None, intake_for("compiled", topics, partitions))
        else:
            catalogue = load_catalogue(None)
            core = core_for("python" if stage == "python" else "compiled", catalogue)
            add_stitch(app, topics, partitions, catalogue, core)

    return create_app(
        WorkerSettings(f"{topics.prefix}{stage}", kafka, session_timeout=30, compiled=stage != "python"),
        prepare,
        Bounds(fetch_bytes=fetch_size(partitions)),
    )


def main() -> None:
    stage, kafka, prefix, partitions, count = sys.argv[1:]
    topics = Topics(prefix)
    watch = Stopwatch(int(count))
    if stage == "bare":
        asyncio.run(read_bare(kafka, topics, watch))
    else:
        mode.Worker(worker(stage, kafka, topics, int(partitions), watch), loglevel="warn").execute_from_commandline()


if __name__ == "__main__":
    main()
