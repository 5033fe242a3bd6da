"""How many partitions, workers, brokers and ClickHouse shards a bank needs, computed from what was measured.

`python -m bench.sizing [--customers N] [--rate N] [--per-month N] [--results FOLDER]`: customers with a state,
touchpoints a second at the busiest, and touchpoints a month (by default a quarter of the busiest rate, all month).
Without numbers it prints the steps up to 100 million customers and a million touchpoints a second. Costs are those of
the results (`bench/results`), of each process the dearer of its own benchmark and of the largest step that was run as a
whole; what was not measured is assumed, in `Assumptions`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bench.report import Row
from bench.tables import load, table

RESULTS = Path(__file__).parent / "results"
STEPS = ((100_000, 1_000), (1_000_000, 10_000), (10_000_000, 100_000), (100_000_000, 1_000_000))
STEP = "pipeline_25000_million"
"""The largest step that fits on one machine, run as a whole deployment."""
MONTH_S = 30 * 86_400
MILLION = 1_000_000


class NotMeasured(RuntimeError):
    """A result that the sizes depend on is missing; the message says which, and how to get it."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What sizes depend on and no benchmark tells. Memory and disks in GB, processors in cores."""

    busy: float = 0.6
    """Share of its core that a process may use at the busiest: the rest catches up after a restart."""
    worker_memory: float = 8.0
    recovery_seconds: float = 60.0
    """A worker that takes over has its states again within these."""
    partitions_per_worker: int = 2
    """Room to grow: partitions cannot be added without a rehearsed move of the states."""
    replicas: int = 3
    kafka_days: float = 7.0
    broker_mb_per_s: float = 100.0
    """What a broker takes in, replication included, beside its readers."""
    server_cores: int = 32
    server_busy: float = 0.3
    """Share of a ClickHouse server's cores that inserting may use: the rest answers questions and merges."""
    server_disk: float = 8_000.0
    disk_of_measured: float = 2.0
    """A bank's own words and numbers compress less than the rows that the benchmark makes."""
    clickhouse_months: int = 24
    clickhouse_replicas: int = 2
    per_month_of_busiest: float = 0.25
    """Mean rate of a month, of the busiest."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured: seconds of a processor per million touchpoints, and bytes."""

    ingest: float
    stitch: float
    sink: float
    alerts: float
    """With the rules of deploy/catalogue.yaml; without rules next to nothing."""
    clickhouse: float
    kafka_bytes: float
    """Of a touchpoint in the topics that keep it for a time: what came (taken for as large as its arrival), its arrival
    and its rows."""
    changelog_bytes: float
    """Of its states in the changelog, which is compacted."""
    state_bytes: float
    """Of a customer in the changelog."""
    memory_bytes: float
    """Of a customer in a worker."""
    memory_fixed: float
    recovery: float
    """Seconds of a worker for a million customers."""
    disk_bytes: float
    """Of a touchpoint and all that belongs to it in ClickHouse, once."""


@dataclass(frozen=True, slots=True)
class Size:
    """What is needed. Disks in GB, of all replicas together."""

    partitions: int
    workers: int
    sinks: int
    alerts: int
    brokers: int
    kafka_disk: float
    shards: int
    clickhouse_disk: float
    cores: float
    """In use at the busiest, of workers, sinks, alerts and ClickHouse."""
    binding: str
    """What decides about the number of workers."""


def size(customers: int, rate: float, per_month: float, costs: Costs, assumed: Assumptions) -> Size:
    """The size for that many customers, touchpoints a second at the busiest and a month."""
    busy = {
        "processor": rate * (costs.ingest + costs.stitch) / MILLION / assumed.busy,
        "memory": customers * costs.memory_bytes / (assumed.worker_memory * 1e9 * 0.75 - costs.memory_fixed),
        "recovery": customers / MILLION * costs.recovery / assumed.recovery_seconds,
    }
    binding = max(busy, key=lambda what: busy[what])
    workers = max(2, math.ceil(busy[binding]))
    flowing = rate * (costs.kafka_bytes + costs.changelog_bytes)
    retained = per_month / 30 * assumed.kafka_days * costs.kafka_bytes
    kafka_disk = (retained + 2 * customers * costs.state_bytes) * assumed.replicas / 1e9
    disk = per_month * assumed.clickhouse_months * costs.disk_bytes * assumed.disk_of_measured / 1e9
    inserting = rate * costs.clickhouse / MILLION
    shards = max(inserting / (assumed.server_cores * assumed.server_busy), disk / (assumed.server_disk * 0.7))
    return Size(
        partitions=_power_of_two(workers * assumed.partitions_per_worker),
        workers=workers,
        sinks=max(1, math.ceil(rate * costs.sink / MILLION / assumed.busy)),
        alerts=max(1, math.ceil(rate * costs.alerts / MILLION / assumed.busy)),
        brokers=max(3, math.ceil(flowing * assumed.replicas / 1e6 / assumed.broker_mb_per_s)),
        kafka_disk=kafka_disk,
        shards=max(1, math.ceil(shards)),
        clickhouse_disk=disk * assumed.clickhouse_replicas,
        cores=rate * (costs.ingest + costs.stitch + costs.sink + costs.alerts + costs.clickhouse) / MILLION,
        binding=binding,
    )


def costs_of(results: Path) -> Costs:
    """The costs that the folder's results tell; raises NotMeasured if one is missing."""
    many = _rows(results, "streams_many_customers")
    sink = _row(_rows(results, "sink_throughput"), "SinkAgent")
    # The case with the most bytes: each touchpoint is its customer's only one in a batch, as in live traffic.
    spread = max(_rows(results, "stitch_growth"), key=lambda row: _number(row, "bytes_of_rows"))
    memory = sorted(_rows(results, "worker_memory"), key=lambda row: _number(row, "customers"))
    least, most = memory[0], memory[-1]
    recovered = _row(_rows(results, "recovery"), "worker")
    views = load(results / "metrics_views.json")
    kept = sum(_number(row, "disk_mb") for row in views["rows"] if "disk_mb" in row)
    return Costs(
        ingest=_number(_row(many, "ingest"), "processor_s_per_million"),
        # The dearer of the two: a run that ends early on Kafka has customers with hardly any history.
        stitch=max(_number(row, "processor_s_per_million") for row in (_row(many, "stitch"), spread)),
        sink=_number(sink, "sink_s_per_million"),
        alerts=_number(_row(_rows(results, "pipeline_one_worker"), "alerts"), "processor_s_per_million"),
        clickhouse=_number(sink, "server_s_per_million"),
        kafka_bytes=2 * _number(spread, "bytes_read") + _number(spread, "bytes_of_rows"),
        changelog_bytes=_number(spread, "bytes_of_changelog"),
        state_bytes=_number(_rows(results, "state_size")[0], "bytes_per_customer"),
        memory_bytes=(_number(most, "memory_mb") - _number(least, "memory_mb")) * 1e6 / _number(most, "customers"),
        memory_fixed=_number(least, "memory_mb") * 1e6,
        recovery=_number(recovered, "wall_s") / _number(recovered, "customers") * MILLION,
        disk_bytes=kept * 1e6 / views["options"]["touchpoints"],
    )


def dearer(costs: Costs, results: Path) -> Costs:
    """`costs`, or what a process took in the whole deployment of `STEP` where that was more.

    Raises NotMeasured if that is missing.
    """
    ran = _rows(results, STEP)
    customers = load(results / f"{STEP}.json")["options"]["customers"]
    memory = used(ran, "worker", "memory_mb") * 1e6
    return replace(
        costs,
        stitch=max(costs.stitch, used(ran, "worker") - costs.ingest),
        sink=max(costs.sink, used(ran, "sink")),
        alerts=max(costs.alerts, used(ran, "alerts")),
        clickhouse=max(costs.clickhouse, used(ran, "clickhouse")),
        memory_bytes=max(costs.memory_bytes, (memory - costs.memory_fixed) / customers),
    )


def used(ran: Sequence[Row], name: str, column: str = "processor_s_per_million") -> float:
    """The sum of a column over all processes whose names begin so."""
    return sum(_number(row, column) for row in ran if str(row["what"]).startswith(name))


def made(name: str, results: Path) -> str | None:
    """A table of docs/performance.md: `sizing`, `sizing_costs` or `sizing_assumptions`; None if figures are missing."""
    if name == "sizing_assumptions":
        return _facts(Assumptions())
    try:
        costs = dearer(costs_of(results), results)
    except NotMeasured:
        return None
    return _facts(costs) if name == "sizing_costs" else table(steps(STEPS, costs))


def steps(wanted: Sequence[tuple[int, float]], costs: Costs) -> list[Row]:
    assumed = Assumptions()
    found: list[Row] = []
    for customers, rate in wanted:
        needed = size(customers, rate, rate * assumed.per_month_of_busiest * MONTH_S, costs, assumed)
        found.append(row_of(customers, rate, needed))
    return found


def row_of(customers: int, rate: float, needed: Size) -> Row:
    return {
        "customers": customers,
        "touchpoints_per_s": round(rate),
        "partitions": needed.partitions,
        "workers": needed.workers,
        "decided_by": needed.binding,
        "sinks": needed.sinks,
        "alerts": needed.alerts,
        "brokers": needed.brokers,
        "kafka_disk_gb": round(needed.kafka_disk),
        "ClickHouse shards": needed.shards,
        "ClickHouse_disk_gb": round(needed.clickhouse_disk),
        "cores_in_use": needed.cores,
    }


def _facts(of: Costs | Assumptions) -> str:
    rows: list[Row] = [{"what": each.name.replace("_", " "), "value": getattr(of, each.name)} for each in fields(of)]
    return table(rows)


def _rows(results: Path, name: str) -> list[Row]:
    file = results / f"{name}.json"
    if not file.exists():
        raise NotMeasured(f"{file} is missing: python -m bench --only {name}")
    found: list[Row] = load(file)["rows"]
    return found


def _row(rows: Sequence[Row], what: str) -> Row:
    return next(row for row in rows if str(row["what"]).startswith(what))


def _number(row: Row, name: str) -> float:
    return float(row[name])


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--rate", type=float, help="touchpoints a second at the busiest")
    parser.add_argument("--per-month", type=float, help="touchpoints a month")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    if (options.customers is None) != (options.rate is None):
        parser.error("give --customers and --rate, or neither")
    try:
        costs = dearer(costs_of(options.results), options.results)
    except NotMeasured as missing:
        parser.exit(1, f"{missing}\n")
    assumed = Assumptions()
    if options.customers is None:
        print(table(steps(STEPS, costs)), end="")
        return
    per_month = options.per_month or options.rate * assumed.per_month_of_busiest * MONTH_S
    needed = size(options.customers, options.rate, per_month, costs, assumed)
    for name, value in row_of(options.customers, options.rate, needed).items():
        print(f"{name.replace('_', ' '):20} {value if isinstance(value, str) else format(value, ',.6g')}")


if __name__ == "__main__":
    main()
