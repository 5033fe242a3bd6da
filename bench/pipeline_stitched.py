"""When the probes of the pipeline's load are stitched, as the topics themselves tell: meanwhile where there is no sink,
else afterwards.

A record is stamped when who sends it fills it into a record batch, so a probe's records tell where its time goes.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import pairwise

import msgspec
from aiokafka import AIOKafkaConsumer

from bench.pipeline_load import PROBE
from bench.pipeline_probes import CHECK_SECONDS, Seen
from bench.report import Row
from schemas.kafka_security import client_options
from schemas.rows import TouchpointRow
from schemas.topics import Topics

READ_MS = 20
MOST_READS = 20
HAPPENED, PUBLISHED, INGESTED, STITCHED = "happened", "published", "ingested", "stitched"
READ, QUERYABLE = "read", "queryable"
STEPS = (*pairwise((HAPPENED, PUBLISHED, INGESTED, STITCHED, READ)), (STITCHED, QUERYABLE))

_decode = msgspec.msgpack.Decoder(TouchpointRow).decode


class StitchedProbes:
    """The `count` probes of a run, as `stitched` shows them; `whole_way`: the topics in front of it are read as well.

    What comes is read in `look`, so it has to be called often. Of a backlog, which may come faster than that reads, a
    probe was there when its record says so.
    """

    def __init__(self, kafka: str, topics: Topics, count: int, *, whole_way: bool) -> None:
        self._stages = {topics.stitched: STITCHED}
        if whole_way:
            self._stages |= {topics.customer: INGESTED} | dict.fromkeys(topics.inputs, PUBLISHED)
        self._whole_way = whole_way
        self._runner = asyncio.Runner()
        self._consumer = self._runner.run(_started(kafka, tuple(self._stages)))
        self._times: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._rows = 0
        self.count = count
        self.seen: dict[str, Seen] = {}

    @property
    def complete(self) -> bool:
        return len(self.seen) == self.count

    def look(self) -> None:
        """Read what has come, unless more comes all the time."""
        for _ in range(MOST_READS):
            if not self._read():
                return

    def _read(self) -> bool:
        """Whether anything had come."""
        fetched = self._runner.run(self._consumer.getmany(timeout_ms=READ_MS))
        now = time.time()
        for tp, records in fetched.items():
            stage = self._stages[tp.topic]
            for record in records:
                if record.key.startswith(PROBE.encode()):
                    self._times[record.key.decode()].setdefault(stage, record.timestamp / 1000)
                    if stage == STITCHED:
                        self._note(_decode(record.value), record.timestamp / 1000, now)
            if stage == STITCHED:
                self._rows += len(records)
        return bool(fetched)

    def stored(self, published: int) -> int:
        """How many rows have come, `published` at most: one that changed has come again. Waits for a while."""
        deadline = time.monotonic() + CHECK_SECONDS
        while self._rows < published and time.monotonic() < deadline:
            self.look()
        return min(self._rows, published)

    def steps(self) -> Iterator[Row]:
        """Where probes have spent their time: quantiles of the seconds from one stage of the way to the next."""
        for stage, following in STEPS:
            taken = [
                times[following] - times[stage] for times in self._times.values() if {stage, following} <= set(times)
            ]
            if len(taken) > 1:
                cuts = statistics.quantiles(taken, n=100, method="inclusive")
                yield {
                    "what": f"{stage} to {following}",
                    "freshness_p50_s": cuts[49],
                    "freshness_p90_s": cuts[89],
                    "freshness_p99_s": cuts[98],
                }

    def end_queryable(self, seen: Mapping[str, Seen]) -> None:
        """Let the way of each probe end where ClickHouse has shown it, and forget those that are not among `seen`."""
        for name in set(self._times) - set(seen):
            del self._times[name]
        for name, one in seen.items():
            self._times[name].pop(READ, None)
            self._times[name][QUERYABLE] = one.visible_at

    def close(self) -> None:
        """Leave the broker."""
        self._runner.run(self._consumer.stop())
        self._runner.close()

    def _note(self, row: TouchpointRow, stitched_at: float, now: float) -> None:
        at = row.touchpoint.occurred_at / 1000
        if row.touchpoint.event_id not in self.seen:
            self.seen[row.touchpoint.event_id] = Seen(at, now if self._whole_way else stitched_at)
            self._times[row.touchpoint.event_id] |= {HAPPENED: at, READ: now}


async def _started(kafka: str, topics: tuple[str, ...]) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(*topics, **client_options(kafka), auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    return consumer


def steps_until_queryable(kafka: str, seen: Mapping[str, Seen], count: int) -> list[Row]:
    """Where those of a run's `count` probes that ClickHouse has shown as `seen` have spent their time; read afterwards,
    so that it disturbs nothing. Waits for a while until the topics have told."""
    with closing(StitchedProbes(kafka, Topics(), count, whole_way=True)) as probes:
        deadline = time.monotonic() + CHECK_SECONDS
        while not probes.complete and time.monotonic() < deadline:
            probes.look()
        probes.end_queryable(seen)
        return list(probes.steps())
