"""Touchpoints per second through one streams worker on Apache Kafka: ingest, and stitch, beside a bare loop.

`stitch` reads arrivals in the order of time, as in live traffic; `backlog` reads what ingest just made of a backlog,
where all channels' partitions are mixed up, so that most customers are out of order in every batch; `python` is
`stitch` without the compiled core.

`python -m bench.streams_throughput [--count N] [--customers N] [--rounds N] [--stages NAME …] [--kafka HOST:PORT]`;
without an address it starts Apache Kafka in a temporary folder. Each stage reads a backlog in a process of its own. The
bare loop of the driver does nothing with what it reads; it says what the machine could do in the same minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.report import Report, add_json_option
from bench.streams_load import publish, publish_arrivals
from schemas.topics import Topics
from streams.provision import ensure_topics
from tests.support.apache_kafka import ApacheKafka

OF_CHANNELS = ("bare", "ingest", "backlog")
OF_ARRIVALS = ("stitch", "python")
STAGES = (*OF_CHANNELS, *OF_ARRIVALS)
PARTITIONS = 4


class Taken(NamedTuple):
    """What a stage took: seconds of wall clock and of processor, and resident megabytes at most."""

    wall: float
    processor: float
    megabytes: float


Load = Callable[[str, Topics, int, int, int], Coroutine[None, None, None]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES, help="only these, and those they need")
    parser.add_argument("--kafka")
    add_json_option(parser)
    options = parser.parse_args()
    wanted = {"bare", *options.stages}
    if "backlog" in wanted:
        wanted.add("ingest")
    taken: defaultdict[str, list[Taken]] = defaultdict(list)
    with broker(options.kafka) as kafka:
        for _ in range(options.rounds):
            for load, stages in ((publish, OF_CHANNELS), (publish_arrivals, OF_ARRIVALS)):
                topics = prepare(kafka, load, options)
                for stage in stages:
                    if stage in wanted:
                        taken[stage].append(run(stage, kafka, topics, options.count))
    found = Report("streams_throughput", vars(options))
    report(taken, options.count, found)
    found.write(options.json)


def prepare(kafka: str, load: Load, options: argparse.Namespace) -> Topics:
    """New topics with the load in them."""
    topics = Topics(f"bench-{uuid.uuid4().hex[:8]}.")
    asyncio.run(ensure_topics(kafka, topics, partitions=PARTITIONS, replication=1))
    asyncio.run(load(kafka, topics, options.count, options.customers, PARTITIONS))
    return topics


@contextmanager
def broker(kafka: str | None) -> Iterator[str]:
    if kafka is not None:
        yield kafka
        return
    with tempfile.TemporaryDirectory() as folder:
        own = ApacheKafka.start(Path(folder))
        try:
            yield own.bootstrap
        finally:
            own.stop()


def run(stage: str, kafka: str, topics: Topics, count: int) -> Taken:
    command = [sys.executable, "-m", "bench.streams_stage", stage, kafka, topics.prefix, str(PARTITIONS), str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=1_800)
    return Taken(*map(float, done.stdout.split()[-3:]))


def report(taken: dict[str, list[Taken]], count: int, found: Report) -> None:
    bare = statistics.median(count / one.wall for one in taken["bare"])
    print(f"{'stage':8} {'touchpoints/s':>14} {'of bare':>8} {'processor s per million':>24} {'MB':>6}   rounds")
    for stage in (stage for stage in STAGES if stage in taken):
        rates = [count / one.wall for one in taken[stage]]
        rate = statistics.median(rates)
        processor = statistics.median(one.processor for one in taken[stage]) * 1_000_000 / count
        megabytes = max(one.megabytes for one in taken[stage])
        found.add(
            what=stage,
            touchpoints_per_s=rate,
            of_bare=rate / bare,
            processor_s_per_million=processor,
            memory_mb=megabytes,
        )
        each = " ".join(f"{one:,.0f}" for one in rates)
        print(f"{stage:8} {rate:14,.0f} {rate / bare:8.2f} {processor:24.1f} {megabytes:6,.0f}   {each}")


if __name__ == "__main__":
    main()
