"""The sizes that follow from measured costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report import Report
from bench.sizing import STEP, Assumptions, Costs, NotMeasured, costs_of, dearer, made, size

COSTS = Costs(
    ingest=10.0,
    stitch=20.0,
    sink=6.0,
    alerts=9.0,
    clickhouse=12.0,
    kafka_bytes=1_600.0,
    changelog_bytes=400.0,
    state_bytes=1_000.0,
    memory_bytes=1_500.0,
    memory_fixed=100e6,
    recovery=3.0,
    disk_bytes=150.0,
)
ASSUMED = Assumptions()


def test_a_worked_example() -> None:
    needed = size(1_000_000, 100_000, 1e9, COSTS, ASSUMED)

    assert needed.workers == 5  # 100,000/s at 30 µs each are 3 cores, of which 60 % may be in use
    assert needed.binding == "processor"
    assert needed.partitions == 16  # two for each worker, and a power of two
    assert needed.sinks == 1
    assert needed.alerts == 2  # 9 µs each are 0.9 cores
    assert needed.brokers == 6  # 200 MB/s, three times
    assert needed.clickhouse_disk == pytest.approx(24 * 150 * 2 * 2)  # months, GB a month, twice for a bank's own words
    assert needed.shards == 2  # 7.2 TB each, of which a server's disk takes 5.6
    assert needed.cores == pytest.approx(5.7)


def test_many_quiet_customers_are_a_matter_of_memory() -> None:
    needed = size(100_000_000, 10, 1e6, COSTS, ASSUMED)

    assert needed.binding == "memory"
    assert needed.workers == 26  # 150 GB, of which a worker keeps 5.9


def test_slow_recovery_asks_for_more_workers() -> None:
    needed = size(100_000_000, 10, 1e6, replace(COSTS, recovery=60.0), ASSUMED)

    assert (needed.binding, needed.workers) == ("recovery", 100)


@given(st.integers(1, 10**9), st.floats(1, 1e7), st.floats(1, 1e13), st.floats(1, 4))
def test_more_of_anything_never_needs_less(customers: int, rate: float, per_month: float, times: float) -> None:
    least = size(customers, rate, per_month, COSTS, ASSUMED)
    most = size(round(customers * times), rate * times, per_month * times, COSTS, ASSUMED)

    for name in (
        "partitions",
        "workers",
        "sinks",
        "alerts",
        "brokers",
        "kafka_disk",
        "shards",
        "clickhouse_disk",
        "cores",
    ):
        assert getattr(most, name) >= getattr(least, name)
    assert most.partitions >= most.workers


def test_a_missing_result_is_named_with_what_brings_it(tmp_path: Path) -> None:
    Report("streams_throughput", {}).write(tmp_path / "streams_many_customers.json")

    with pytest.raises(NotMeasured, match="python -m bench --only sink_throughput"):
        costs_of(tmp_path)
    assert made("sizing", tmp_path) is None
    assert "| busy | 0.6 |" in (made("sizing_assumptions", tmp_path) or "")


def test_what_a_process_took_in_a_whole_deployment_counts_where_it_was_more(tmp_path: Path) -> None:
    whole = Report(STEP, {"customers": 1_000_000})
    for what, processor, megabytes in (
        ("worker-1", 20.0, 1_500),
        ("worker-2", 15.0, 1_100),
        ("sink", 5.0, 400),
        ("alerts", 11.0, 800),
        ("clickhouse", 18.0, 600),
    ):
        whole.add(what=what, processor_s_per_million=processor, memory_mb=megabytes)
    whole.write(tmp_path / f"{STEP}.json")

    found = dearer(COSTS, tmp_path)

    assert found == replace(COSTS, stitch=25.0, alerts=11.0, clickhouse=18.0, memory_bytes=2_500.0)
