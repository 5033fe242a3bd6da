"""Rows leave when the catalogue says so, on the real engine, and not before."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from omnitrack.cli import app
from sinks.clickhouse.client import connected
from sinks.clickhouse.retention import TIMES
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from tests.sinks.rows import entry, touchpoint_row

DAY = 86_400_000
NOW = time.time_ns() // 1_000_000
KEPT = "horizon: 10d\nretention: {touchpoints: 20d, journeys: 10d, handoffs: 10d, promises: 10d, dead_letters: 7d}\n"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.yaml"


def run(settings: ClickHouseSettings, catalogue: Path, text: str, *options: str) -> Result:
    catalogue.write_text(text)
    url = settings.clickhouse.get_secret_value()
    return CliRunner().invoke(app, ["retention", "--clickhouse", url, "--catalogue", str(catalogue), *options])


def test_old_rows_leave_and_younger_ones_stay(clickhouse: ClickHouseSettings, catalogue: Path) -> None:
    rows = [touchpoint_row(number) for number in range(3)]
    times = (NOW - 30 * DAY, NOW - 10 * DAY, -DAY)
    old, young, ancient = (
        replace(row, touchpoint=replace(row.touchpoint, occurred_at=at)) for row, at in zip(rows, times, strict=True)
    )
    Writer(clickhouse).write("touchpoints", [entry(old), entry(young), entry(ancient)])
    preview = run(clickhouse, catalogue, KEPT)
    assert preview.exit_code == 1
    assert "touchpoints         │ for ever │ 20 days  │ 2" in preview.stdout
    assert run(clickhouse, catalogue, KEPT, "--apply").exit_code == 0
    assert run(clickhouse, catalogue, KEPT).exit_code == 0
    with connected(clickhouse) as client:
        client.execute("OPTIMIZE TABLE touchpoints FINAL")
        ids = client.execute("SELECT event_id FROM touchpoints")
    assert ids == [(young.touchpoint.event_id,)]


def test_what_the_catalogue_no_longer_says_is_kept_for_ever(clickhouse: ClickHouseSettings, catalogue: Path) -> None:
    run(clickhouse, catalogue, KEPT, "--apply")
    assert run(clickhouse, catalogue, "horizon: 10d\n", "--apply").exit_code == 0
    with connected(clickhouse) as client:
        engines = client.execute("SELECT engine_full FROM system.tables WHERE database = currentDatabase()")
    assert not any(" TTL " in engine for (engine,) in engines)


def test_before_the_tables_are_made_it_says_what_makes_them(
    empty_clickhouse: ClickHouseSettings, catalogue: Path
) -> None:
    with connected(empty_clickhouse, database="default") as client:
        client.execute(f"CREATE DATABASE {empty_clickhouse.database}")
    told = run(empty_clickhouse, catalogue, KEPT)
    assert told.exit_code == 2
    assert "has no table touchpoints" in told.stderr
    assert "run `omnitrack migrate`" in told.stderr


def test_every_table_that_a_retention_is_for_has_its_time(clickhouse: ClickHouseSettings) -> None:
    with connected(clickhouse) as client:
        query = "SELECT table, name FROM system.columns WHERE database = currentDatabase()"
        columns = set(client.execute(query))
    assert columns >= set(TIMES.items())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("retention: {touchpoints: 90d}\n", "1: retention.touchpoints: must be unlimited: as long as journeys"),
        (
            "retention:\n  touchpoints: 60d\n  journeys: 30d\n  handoffs: 10d\n  promises: 10d\n",
            "2: retention.touchpoints: must be at least 75d: as long as journeys",
        ),
        ("horizon: unlimited\nretention: {touchpoints: 90d}\n", "must be unlimited, as horizon is"),
        ("retention: {touchpoint: 90d}\n", "unknown key: did you mean touchpoints?"),
    ],
)
def test_a_retention_that_would_lose_what_rows_are_made_of_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(text)
    result = CliRunner().invoke(app, ["retention", "--catalogue", str(file)])
    assert result.exit_code == 2
    assert why in result.stderr
