"""From published to queryable: a whole deployment at a held rate; how fast, how fresh, and who uses what.

`python -m bench.pipeline_throughput [--rate N] [--seconds N] [--workers N] [--customers N] [--catalogue FILE] [--rounds
N]` starts Apache Kafka and `omnitrack up` (workers, sink, embedded ClickHouse) in a temporary folder, and publishes at
the rate. A touchpoint happens when it is due to be published; it is fresh for as long as it takes from then to a SELECT
that shows it, as told by probes: 20 touchpoints a second of customers of their own, asked for every 50 ms where the
number of rows has changed; of the first three seconds none counts. Where its time has gone, the times of its records
tell afterwards. In the end every touchpoint must be there once. With `--backlog` all are published first, and the
pipeline shows what it can do at most. With `--catalogue` the alert rules of that file are judged, too. With `--no-sink`
there are the workers alone, without sink and ClickHouse: a touchpoint is fresh until its row can be read in the topic
`stitched`. With `--worker-cores` each worker has that part of a core, and no more, so that what a second one brings is
told by a machine that has no further core for it. Each of `--rounds` begins with empty folders; what is found is the
median of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from bench.limits import group, within
from bench.pipeline_figures import RATE, START_SECONDS, Run, freshness, medians, over_time, processes, settled
from bench.pipeline_load import PROBES_PER_SECOND
from bench.pipeline_probes import Probes
from bench.pipeline_stitched import StitchedProbes, steps_until_queryable
from bench.report import Report, Row, add_json_option
from bench.usage import Usage
from omnitrack.deployment import plan_deployment
from omnitrack.service_specs import TOPICS, DeploymentOptions
from omnitrack.services import ServiceSpec
from omnitrack.supervisor import Plan, Supervisor
from schemas.topics import Topics
from streams.provision import ensure_topics
from tests.support.apache_kafka import LASTING, QUICK_START, ApacheKafka

PARTITIONS = 4
READY_SECONDS = 180.0
BEFORE_SECONDS, BEFORE_SECONDS_PER_CUSTOMER = 2.0, 2.5e-6
"""From the start of the publisher, which places all customers, to its first touchpoint."""
LATEST_SECONDS = 120.0
"""How long after the last was published everything must be queryable."""
LONG_SECONDS = 120.0
"""A broker that runs so long is worth what Java takes to compile it in full; one in use runs for months."""
LOOK_SECONDS, SAMPLE_SECONDS = 0.05, 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=25_000)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--worker-cores", type=float, help="cores of each worker; default: as many as it likes")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--catalogue", help="its alert rules are judged; default: no rules")
    parser.add_argument("--backlog", action="store_true", help="publish everything before the workers start")
    parser.add_argument("--no-sink", action="store_true", help="workers alone, without sink and ClickHouse")
    parser.add_argument("--rounds", type=int, default=1)
    add_json_option(parser)
    options = parser.parse_args()
    runs = [one_round(options) for _ in range(options.rounds)]
    told = Report("pipeline_throughput", vars(options))
    for row in medians([found(run, options.backlog) for run in runs]):
        told.add(**row)
    if len(runs) > 1:
        print(f"\nmedian of {len(runs)} rounds: {told.rows[0][RATE]:,.0f} a second, of {told.rows[0]['rounds']}")
    told.write(options.json)
    for run in runs:
        if run.queryable < run.published:
            raise SystemExit(f"only {run.queryable:,} of {run.published:,} touchpoints were queryable in the end")


def one_round(options: argparse.Namespace) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        run = measure(Path(folder), options)
    report(run, options.backlog)
    return run


def measure(folder: Path, options: argparse.Namespace) -> Run:
    java_options = LASTING if options.seconds >= LONG_SECONDS else QUICK_START
    kafka = ApacheKafka.start(folder / "kafka", java_options=java_options)
    try:
        if options.backlog:
            asyncio.run(ensure_topics(kafka.bootstrap, Topics(), partitions=PARTITIONS, replication=1))
            publisher = publish(kafka.bootstrap, options, "backlog")
            publisher.wait()
            with deployment(folder, kafka, options) as supervisor:
                return watch(supervisor, kafka, publisher, None, options)
        with deployment(folder, kafka, options) as supervisor:
            begin = time.time() + BEFORE_SECONDS + options.customers * BEFORE_SECONDS_PER_CUSTOMER
            return watch(supervisor, kafka, publish(kafka.bootstrap, options, str(begin)), begin, options)
    finally:
        kafka.stop()


@contextmanager
def deployment(folder: Path, kafka: ApacheKafka, options: argparse.Namespace) -> Iterator[Supervisor]:
    """A deployment that is ready."""
    chosen = DeploymentOptions(
        folder / "data",
        kafka=kafka.bootstrap,
        clickhouse_port=0,
        workers=options.workers,
        catalogue=options.catalogue and Path(options.catalogue),
    )
    plan = plan_deployment(chosen)
    if options.no_sink:
        plan = workers_alone(plan)
    with ExitStack() as stack:
        if options.worker_cores:
            plan = workers_limited(plan, options.worker_cores, stack)
        supervisor = stack.enter_context(Supervisor(plan, lambda line: print(line, file=sys.stderr)))
        supervisor.wait_ready(READY_SECONDS)
        yield supervisor


def workers_alone(plan: Plan) -> Plan:
    """The plan without what takes rows on."""
    kept = [[one for one in stage if one.name.startswith((TOPICS, "worker"))] for stage in plan.stages]
    stages = [[replace(one, needs=(TOPICS,)) if one.process else one for one in stage] for stage in kept]
    return replace(plan, stages=stages, ports=[])


def workers_limited(plan: Plan, cores: float, stack: ExitStack) -> Plan:
    """The plan with so many cores for each worker, until the stack is left."""

    def limited(one: ServiceSpec) -> ServiceSpec:
        if one.process is None or not one.name.startswith("worker"):
            return one
        folder = stack.enter_context(group(f"omnitrack-bench-{one.name}", cores))
        return replace(one, process=replace(one.process, command=within(folder, one.process.command)))

    return replace(plan, stages=[[limited(one) for one in stage] for stage in plan.stages])


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
) -> Run:
    """Look on until all that is published can be queried, or time is up; `begin` None: it is published already."""
    pids = {one.name: one.process.pid for one in supervisor.services if one.process is not None}
    pids |= {"kafka": kafka.child.process.pid}
    with closing(looked_for(supervisor.plan, options)) as probes:
        probes.look()
        usage = Usage(pids if begin is None else pids | {"publisher": publisher.pid})
        began = time.time() if begin is None else begin
        deadline = began + options.seconds + LATEST_SECONDS
        sampled = 0.0
        while not probes.complete and time.time() < deadline:
            time.sleep(LOOK_SECONDS)
            probes.look()
            if time.time() - sampled > SAMPLE_SECONDS:
                sampled = time.time()
                usage.sample()
            if publisher.poll() or supervisor.failure:
                raise SystemExit(supervisor.failure or "the publisher failed")
        ended = max((one.visible_at for one in probes.seen.values()), default=time.time())
        before = sum(one.visible_at < began for one in probes.seen.values())
        usage.sample()
        said = json.loads(publisher.communicate()[0])
        published = said["published"]
        return Run(
            published=published,
            queryable=probes.stored(published) if probes.complete else len(probes.seen) * published // probes.count,
            before=before * published // probes.count,
            seconds=ended - began,
            late=said["late"],
            seen=sorted(probes.seen.values(), key=lambda one: one.occurred_at),
            used=usage.used,
            steps=steps(probes, supervisor.plan.kafka, begin),
        )


def steps(probes: Probes | StitchedProbes, kafka: str, begin: float | None) -> list[Row]:
    """Where the probes have spent their time; of a backlog that is waiting for their turn, and not asked."""
    if isinstance(probes, StitchedProbes):
        return list(probes.steps())
    if begin is None:
        return []
    known = {name: one for name, one in probes.seen.items() if one.occurred_at >= begin + START_SECONDS}
    return steps_until_queryable(kafka, known, probes.count)


def looked_for(plan: Plan, options: argparse.Namespace) -> Probes | StitchedProbes:
    count = round(options.seconds * PROBES_PER_SECOND)
    if options.no_sink:
        return StitchedProbes(plan.kafka, Topics(), count, whole_way=not options.backlog)
    return Probes(plan.clickhouse, count)


def report(run: Run, backlog: bool) -> None:
    print(f"{run.published:,} touchpoints published, {run.queryable:,} queryable; {run.rate:,.0f} a second", end=" ")
    print(f"over {run.seconds:.1f} s" + ("" if backlog else f"; published {run.late:.2f} s late at worst"))
    if not backlog:
        show([freshness(settled(run.seen))])
        show(list(over_time(run.seen)))
        show(run.steps)
    show(list(processes(run)))


def show(rows: Sequence[Row]) -> None:
    if not rows:
        return
    print("\n" + " ".join(f"{name:>24}" for name in rows[0]))
    for row in rows:
        print(" ".join(f"{value:>24}" if isinstance(value, str) else f"{value:24,.2f}" for value in row.values()))


def found(run: Run, backlog: bool) -> list[Row]:
    fresh = {} if backlog else freshness(settled(run.seen))
    return [{"what": "whole", "touchpoints": run.queryable, RATE: run.rate, **fresh}, *run.steps, *processes(run)]


if __name__ == "__main__":
    main()
