"""What the results say of the targets, and of what the sizes predict."""

from __future__ import annotations

from pathlib import Path

from bench import sizing_check, targets
from bench.pipeline_figures import freshness, medians
from bench.pipeline_probes import Seen
from bench.report import Report, Row


def results(folder: Path, name: str, *rows: dict[str, str | float], **options: float) -> None:
    report = Report(name, options)
    for row in rows:
        report.add(**row)
    report.write(folder / f"{name}.json")


def line(table: str, what: str) -> str:
    return next(one for one in table.splitlines() if one.startswith(f"| {what}"))


def test_what_was_not_measured_is_neither_met_nor_missed(tmp_path: Path) -> None:
    assert "not measured" in line(targets.made(tmp_path), "ingest")


def test_a_target_is_met_or_missed_on_its_own_side(tmp_path: Path) -> None:
    results(
        tmp_path,
        "streams_throughput",
        {"what": "ingest", "touchpoints_per_s": 59_999},
        {"what": "stitch", "touchpoints_per_s": 100_000},
    )
    results(tmp_path, "recovery", {"what": "worker", "wall_s": 4.0, "customers": 500_000})
    seen = [Seen(occurred_at, occurred_at + 0.4) for occurred_at in (1.0, 2.0)]
    results(tmp_path, "pipeline_5000", {"what": "whole", **freshness(seen)})
    results(tmp_path, "pipeline_one_worker", {"what": "whole", "touchpoints_per_s": 20_000})
    results(tmp_path, "pipeline_two_workers", {"what": "whole", "touchpoints_per_s": 30_000})

    table = targets.made(tmp_path)

    assert line(table, "ingest").endswith("| ≥ 60,000 | 59,999 | no |")
    assert line(table, "stitch").endswith("| ≥ 100,000 | 100,000 | yes |")
    assert line(table, "recovery").endswith("| ≤ 10 | 8.00 | yes |")
    assert line(table, "freshness at 5,000/s, median").endswith("| ≤ 0.5 | 0.40 | yes |")
    assert line(table, "two workers").endswith("| ≥ 1.8 | 1.50 | no |")


def test_a_rate_is_held_if_the_last_touchpoint_can_be_queried_two_seconds_after_the_end(tmp_path: Path) -> None:
    for name, seconds in (("pipeline_25000", 302.1), ("pipeline_25000_no_rules", 301.9)):
        results(tmp_path, name, {"what": "whole", "touchpoints_per_s": 25_000 * 300 / seconds})

    table = targets.made(tmp_path)

    assert line(table, "published to queryable").endswith("| 24,826 | no |")
    assert line(table, "the same, no alert rules").endswith("| 24,843 | yes |")


def test_a_deployments_processes_are_held_against_the_predicted_costs(tmp_path: Path) -> None:
    results(
        tmp_path,
        "streams_many_customers",
        {"what": "ingest", "processor_s_per_million": 10.0},
        {"what": "stitch", "processor_s_per_million": 30.0},
    )
    results(
        tmp_path, "sink_throughput", {"what": "SinkAgent.store", "sink_s_per_million": 5.0, "server_s_per_million": 8.0}
    )
    sizes = {"bytes_read": 500.0, "bytes_of_rows": 600.0, "bytes_of_changelog": 300.0, "processor_s_per_million": 25.0}
    results(tmp_path, "stitch_growth", {"what": "500 customers", **sizes})
    results(
        tmp_path, "worker_memory", {"customers": 0, "memory_mb": 100.0}, {"customers": 1_000_000, "memory_mb": 1_600.0}
    )
    results(tmp_path, "recovery", {"what": "worker", "wall_s": 4.0, "customers": 500_000})
    results(tmp_path, "metrics_views", {"what": "table touchpoints", "disk_mb": 50.0}, touchpoints=1_000_000)
    results(tmp_path, "state_size", {"what": "a customer's state", "bytes_per_customer": 1_200.0})
    results(tmp_path, "pipeline_one_worker", {"what": "alerts", "processor_s_per_million": 6.0})
    assert sizing_check.made(tmp_path) is None
    results(
        tmp_path,
        "pipeline_25000_million",
        {"what": "whole", "touchpoints_per_s": 9_990},
        {"what": "worker-1", "processor_s_per_million": 50.0, "memory_mb": 2_000.0},
        {"what": "worker-2", "processor_s_per_million": 10.0, "memory_mb": 1_000.0},
        {"what": "sink", "processor_s_per_million": 5.0},
        {"what": "alerts", "processor_s_per_million": 9.0},
        {"what": "clickhouse", "processor_s_per_million": 16.0},
        {"what": "kafka", "processor_s_per_million": 7.0},
        customers=1_000_000,
        rate=10_000,
        seconds=60,
        workers=2,
    )

    table = sizing_check.made(tmp_path) or ""

    assert line(table, "workers").endswith("| 40 | 60 | 1.5 |")
    assert line(table, "alerts").endswith("| 6 | 9 | 1.5 |")
    assert line(table, "ClickHouse").endswith("| 8 | 16 | 2 |")
    assert "9,990 a second came through" in table


def test_of_several_rounds_each_figure_is_the_median_and_all_rates_are_told() -> None:
    def found(rate: float, processor: float) -> list[Row]:
        return [{"what": "whole", "touchpoints_per_s": rate}, {"what": "sink", "processor_s_per_million": processor}]

    whole, sink = medians([found(20_000, 9), found(25_000, 7), found(24_000, 8)])

    assert whole == {"what": "whole", "touchpoints_per_s": 24_000, "rounds": "20,000 25,000 24,000"}
    assert sink == {"what": "sink", "processor_s_per_million": 8}


def test_a_single_round_is_its_own_median() -> None:
    rows: list[Row] = [{"what": "whole", "touchpoints_per_s": 24_000.0}]
    assert list(medians([rows])) == rows
