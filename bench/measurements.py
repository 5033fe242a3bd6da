"""The measurements that `python -m bench` takes, in order, each in a full and in a quick size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """`python -m bench.<module>` with the arguments; its results are `<name>.json`.

    `title` heads its table; `plot` names the column that is drawn as bars, by `what`; None: nothing is drawn.
    """

    name: str
    title: str
    module: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    plot: str | None = None


WITH_MANY_CUSTOMERS = (
    "bare aiokafka loop",
    "omnitrack's Faust",
    "Kafka Streams, warm",
    "Bytewax, by hand",
    "Quix Streams, by hand",
    "Quix Streams, windows",
)
"""Stock Faust and Bytewax' windows are left out: they would take ten minutes a round."""


WITH_RULES = ("--catalogue", "deploy/catalogue.yaml")
STITCHED = ("--no-sink",)
BACKLOG = ("--backlog", "--rate", "25000", "--seconds", "40")
QUICK_BACKLOG = ("--backlog", "--rate", "25000", "--seconds", "10")
TWO = ("--workers", "2")
PART, PART_WITHOUT_SINK = ("--worker-cores", "0.2"), ("--worker-cores", "0.35")
"""So small that two workers, and what is around them, do not fill two cores."""
ROUNDS = ("--rounds", "3")
MANY_CUSTOMERS = ("--count", "10000000", "--customers", "500000")


def only(*peers: str) -> tuple[str, ...]:
    """The arguments of `bench.peers` that leave out all others."""
    return tuple(word for peer in peers for word in ("--only", peer))


MEASUREMENTS = (
    Measurement("decode_throughput", "A touchpoint validated, on one core", "decode_throughput"),
    Measurement("state_size", "Customers' states", "state_size", quick=("500",)),
    Measurement("worker_memory", "Memory of a worker", "worker_memory", quick=("0", "100000")),
    Measurement(
        "stitch_growth",
        "Stitch without Kafka: growth with customers, history and disorder",
        "stitch_growth",
        quick=("--count", "60000"),
        plot="processor_s_per_million",
    ),
    Measurement(
        "stitch_profile",
        "Stitch without Kafka: share of its time by module",
        "stitch_profile",
        quick=("--count", "20000"),
    ),
    Measurement(
        "streams_throughput",
        "One worker on Apache Kafka, 5,000 customers",
        "streams_throughput",
        quick=("--count", "100000", "--rounds", "1"),
        plot="touchpoints_per_s",
    ),
    Measurement(
        "streams_many_customers",
        "One worker on Apache Kafka, 500,000 customers",
        "streams_throughput",
        full=(*MANY_CUSTOMERS, "--rounds", "1", "--stages", "ingest", "stitch"),
        quick=("--count", "200000", "--customers", "50000", "--rounds", "1"),
        plot="touchpoints_per_s",
    ),
    Measurement(
        "peers",
        "One sessionisation job by several stream processors",
        "peers",
        quick=("--count", "100000", "--customers", "1000", "--rounds", "1"),
        plot="touchpoints_per_s",
    ),
    Measurement(
        "peers_many_customers",
        "The same job, 250,000 customers",
        "peers",
        full=("--customers", "250000", *only(*WITH_MANY_CUSTOMERS)),
        quick=("--count", "100000", "--customers", "20000", "--rounds", "1", *only(*WITH_MANY_CUSTOMERS)),
        plot="touchpoints_per_s",
    ),
    Measurement(
        "recovery",
        "Recovery of a worker's states",
        "recovery",
        full=("--customers", "1000000"),
        quick=("--customers", "50000", "--models", "500", "--rounds", "1"),
    ),
    Measurement("sink_throughput", "Rows into ClickHouse", "sink_throughput", quick=("--rows", "50000")),
    Measurement(
        "pipeline_25000",
        "Published until queryable, 25,000 a second held",
        "pipeline_throughput",
        full=(*WITH_RULES, "--rate", "25000", "--seconds", "300", *ROUNDS),
        quick=(*WITH_RULES, "--rate", "25000", "--seconds", "10"),
    ),
    Measurement(
        "pipeline_25000_million",
        "Published until queryable, 25,000 a second held, 1,000,000 customers",
        "pipeline_throughput",
        full=(*WITH_RULES, "--rate", "25000", "--seconds", "300", "--customers", "1000000", *ROUNDS),
        quick=(*WITH_RULES, "--rate", "25000", "--seconds", "10", "--customers", "1000000"),
    ),
    Measurement(
        "pipeline_25000_no_rules",
        "Published until queryable, 25,000 a second held, no alert rules",
        "pipeline_throughput",
        full=("--rate", "25000", "--seconds", "300", *ROUNDS),
        quick=("--rate", "25000", "--seconds", "10"),
    ),
    Measurement(
        "pipeline_5000",
        "Published until queryable, 5,000 a second held",
        "pipeline_throughput",
        full=(*WITH_RULES, "--rate", "5000", "--seconds", "60", *ROUNDS),
        quick=(*WITH_RULES, "--rate", "5000", "--seconds", "10"),
    ),
    Measurement(
        "pipeline_one_worker",
        "Published until queryable, a backlog, one worker",
        "pipeline_throughput",
        full=(*WITH_RULES, *BACKLOG, *ROUNDS),
        quick=(*WITH_RULES, *QUICK_BACKLOG),
    ),
    Measurement(
        "pipeline_two_workers",
        "Published until queryable, a backlog, two workers",
        "pipeline_throughput",
        full=(*WITH_RULES, *BACKLOG, *TWO, *ROUNDS),
        quick=(*WITH_RULES, *QUICK_BACKLOG, *TWO),
    ),
    Measurement(
        "pipeline_one_limited",
        "Published until queryable, a backlog, one worker of 0.2 cores",
        "pipeline_throughput",
        full=(*WITH_RULES, *BACKLOG, *PART, *ROUNDS),
        quick=(*WITH_RULES, *QUICK_BACKLOG, *PART),
    ),
    Measurement(
        "pipeline_two_limited",
        "Published until queryable, a backlog, two workers of 0.2 cores each",
        "pipeline_throughput",
        full=(*WITH_RULES, *BACKLOG, *TWO, *PART, *ROUNDS),
        quick=(*WITH_RULES, *QUICK_BACKLOG, *TWO, *PART),
    ),
    Measurement(
        "workers_1000",
        "Published until stitched, 1,000 a second held, a worker without sink",
        "pipeline_throughput",
        full=(*STITCHED, "--rate", "1000", "--seconds", "60", *ROUNDS),
        quick=(*STITCHED, "--rate", "1000", "--seconds", "10"),
    ),
    Measurement(
        "workers_5000",
        "Published until stitched, 5,000 a second held, a worker without sink",
        "pipeline_throughput",
        full=(*STITCHED, "--rate", "5000", "--seconds", "60", *ROUNDS),
        quick=(*STITCHED, "--rate", "5000", "--seconds", "10"),
    ),
    Measurement(
        "workers_one",
        "A backlog stitched, one worker without sink",
        "pipeline_throughput",
        full=(*STITCHED, *BACKLOG, *ROUNDS),
        quick=(*STITCHED, *QUICK_BACKLOG),
    ),
    Measurement(
        "workers_two",
        "A backlog stitched, two workers without sink",
        "pipeline_throughput",
        full=(*STITCHED, *BACKLOG, *TWO, *ROUNDS),
        quick=(*STITCHED, *QUICK_BACKLOG, *TWO),
    ),
    Measurement(
        "workers_one_limited",
        "A backlog stitched, one worker of 0.35 cores without sink",
        "pipeline_throughput",
        full=(*STITCHED, *BACKLOG, *PART_WITHOUT_SINK, *ROUNDS),
        quick=(*STITCHED, *QUICK_BACKLOG, *PART_WITHOUT_SINK),
    ),
    Measurement(
        "workers_two_limited",
        "A backlog stitched, two workers of 0.35 cores each without sink",
        "pipeline_throughput",
        full=(*STITCHED, *BACKLOG, *TWO, *PART_WITHOUT_SINK, *ROUNDS),
        quick=(*STITCHED, *QUICK_BACKLOG, *TWO, *PART_WITHOUT_SINK),
    ),
    Measurement("alert_latency", "From a touchpoint to its alert", "alert_latency", quick=("--seconds", "20")),
    Measurement(
        "metrics_views",
        "A month's metrics in ClickHouse",
        "metrics_views",
        quick=("--touchpoints", "500000", "--months", "2"),
    ),
)
