"""From published to queryable: a whole deployment at a held rate; how fast, how fresh, and who uses what.

`python -m bench.pipeline_throughput [--rate N] [--seconds N] [--workers N] [--customers N] [--json FILE]` starts Apache
Kafka and `omnitrack up` (workers, sink, embedded ClickHouse) in a temporary folder, and publishes at the rate. A
touchpoint happens when it is due to be published; it is fresh for as long as it takes from then to a SELECT that shows
it, as told by probes: 20 touchpoints a second of customers of their own, asked for every 50 ms. In the end every
touchpoint must be there once. With `--backlog` all are published first, and the pipeline shows what it can do at most.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.pipeline_load import PROBES_PER_SECOND
from bench.pipeline_probes import Probes, Seen
from bench.usage import Usage
from omnitrack.deployment import DeploymentOptions, plan_deployment
from omnitrack.supervisor import Supervisor
from schemas.topics import Topics
from streams.provision import ensure_topics
from tests.support.apache_kafka import ApacheKafka

PARTITIONS = 4
START_SECONDS = 180.0
BEFORE_SECONDS = 2.0
"""From the start of the publisher to its first touchpoint."""
LATEST_SECONDS = 120.0
"""How long after the last was published everything must be queryable."""
LOOK_SECONDS, SAMPLE_SECONDS = 0.05, 1.0
PARTS = 10
TARGET = 25_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Rates per second, times in seconds; `lag` is the median and the longest freshness of each part of the time."""

    rate: float
    published: int
    seconds: float
    published_late: float
    freshness: dict[str, float]
    lag: list[dict[str, float]]
    processor_per_million: dict[str, float]
    cores: dict[str, float]
    memory: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=TARGET)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--backlog", action="store_true", help="publish everything before the workers start")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), options)
    report(measured)
    if options.json:
        options.json.write_text(json.dumps(result(measured, options), indent=2) + "\n")


def measure(folder: Path, options: argparse.Namespace) -> Measured:
    kafka = ApacheKafka.start(folder / "kafka")
    try:
        if options.backlog:
            asyncio.run(ensure_topics(kafka.bootstrap, Topics(), partitions=PARTITIONS, replication=1))
            publisher = publish(kafka.bootstrap, options, "backlog")
            publisher.wait()
            with deployment(folder, kafka, options.workers) as supervisor:
                return watch(supervisor, kafka, publisher, None, options)
        with deployment(folder, kafka, options.workers) as supervisor:
            begin = time.time() + BEFORE_SECONDS
            return watch(supervisor, kafka, publish(kafka.bootstrap, options, str(begin)), begin, options)
    finally:
        kafka.stop()


@contextmanager
def deployment(folder: Path, kafka: ApacheKafka, workers: int) -> Iterator[Supervisor]:
    """A deployment that is ready."""
    options = DeploymentOptions(folder / "data", kafka=kafka.bootstrap, clickhouse_port=0, workers=workers)
    with Supervisor(plan_deployment(options), print) as supervisor:
        supervisor.wait_ready(START_SECONDS)
        yield supervisor


def publish(kafka: str, options: argparse.Namespace, begin: str) -> subprocess.Popen[str]:
    numbers = (PARTITIONS, options.rate, options.seconds, options.customers)
    command = [sys.executable, "-m", "bench.pipeline_load", kafka, Topics().prefix, *map(str, numbers), begin]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def watch(
    supervisor: Supervisor,
    kafka: ApacheKafka,
    publisher: subprocess.Popen[str],
    begin: float | None,
    options: argparse.Namespace,
) -> Measured:
    """Look on until all that is published can be queried; `begin` None: it is published already."""
    pids = {one.name: one.process.pid for one in supervisor.services if one.process is not None}
    pids |= {"kafka": kafka.child.process.pid}
    usage = Usage(pids if begin is None else pids | {"publisher": publisher.pid})
    probes = Probes(supervisor.plan.clickhouse, round(options.seconds * PROBES_PER_SECOND))
    probes.look()
    before, began = len(probes.seen), time.time() if begin is None else begin
    deadline = began + (0.0 if begin is None else options.seconds) + LATEST_SECONDS
    sampled = 0.0
    while not probes.complete:
        time.sleep(LOOK_SECONDS)
        probes.look()
        if time.time() - sampled > SAMPLE_SECONDS:
            sampled = time.time()
            usage.sample()
        if publisher.poll() or supervisor.failure or time.time() > deadline:
            raise SystemExit(f"{len(probes.seen):,} of {probes.count:,} probes: {supervisor.failure or 'too late'}")
    usage.sample()
    said = json.loads(publisher.communicate()[0])
    probes.check_all(said["published"])
    done = max(one.visible_at for one in probes.seen.values())
    worked = said["published"] * (1 - before / probes.count)
    return Measured(
        rate=worked / (done - began),
        published=said["published"],
        seconds=done - began,
        published_late=said["late"],
        freshness=freshness(list(probes.seen.values())),
        lag=lag(list(probes.seen.values())),
        processor_per_million={name: used * 1e6 / worked for name, used in usage.processor.items()},
        cores={name: used / (done - began) for name, used in usage.processor.items()},
        memory=usage.memory,
    )


def freshness(seen: Sequence[Seen]) -> dict[str, float]:
    ages = sorted(one.age for one in seen)
    cuts = statistics.quantiles(ages, n=100, method="inclusive")
    return {"probes": len(ages), "p50": cuts[49], "p90": cuts[89], "p99": cuts[98], "longest": ages[-1]}


def lag(seen: Sequence[Seen]) -> list[dict[str, float]]:
    """The freshness in equal parts of the time, by when the touchpoints happened."""
    ordered = sorted(seen, key=lambda one: one.occurred_at)
    begin, size = ordered[0].occurred_at, -(-len(ordered) // PARTS)
    parts = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    return [
        {
            "second": part[0].occurred_at - begin,
            "p50": statistics.median(one.age for one in part),
            "longest": max(one.age for one in part),
        }
        for part in parts
    ]


def report(measured: Measured) -> None:
    print(f"{measured.published:,} touchpoints published, all queryable once: {measured.rate:,.0f}/s", end="")
    print(f" over {measured.seconds:.1f} s; at worst published {measured.published_late:.2f} s late")
    print("freshness  " + "  ".join(f"{name} {value:.2f} s" for name, value in list(measured.freshness.items())[1:]))
    print(f"{'from second':>12} {'p50':>7} {'longest':>8}")
    for part in measured.lag:
        print(f"{part['second']:12.0f} {part['p50']:7.2f} {part['longest']:8.2f}")
    print(f"{'process':12} {'processor s per million':>24} {'cores':>6} {'memory MB':>10}")
    for name, used in measured.processor_per_million.items():
        print(f"{name:12} {used:24.1f} {measured.cores[name]:6.2f} {measured.memory[name]:10,.0f}")
    print(f"{'all':12} {sum(measured.processor_per_million.values()):24.1f} {sum(measured.cores.values()):6.2f}")


def result(measured: Measured, options: argparse.Namespace) -> dict[str, object]:
    """As the other measurements give theirs."""
    given = f"--rate {options.rate} --seconds {options.seconds:g} --workers {options.workers}"
    given += f" --customers {options.customers}" + " --backlog" * options.backlog
    return {
        "name": "pipeline",
        "command": f"python -m bench.pipeline_throughput {given}",
        "unit": "touchpoints/s",
        "value": measured.rate,
        "rounds": [asdict(measured)],
        "target": TARGET,
    }


if __name__ == "__main__":
    main()
