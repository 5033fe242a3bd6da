"""`omnitrack migrate` makes the tables, or shows what it would do; failures are one line and an exit code."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from omnitrack.cli import app
from sinks.clickhouse.client import connect
from sinks.clickhouse.settings import ClickHouseSettings

NOWHERE = "clickhouse://ana:s3cret@127.0.0.1:1/omnitrack"


def migrate(url: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["migrate", "--clickhouse", url, *options])


def url_of(settings: ClickHouseSettings) -> str:
    return settings.clickhouse.get_secret_value()


def test_tables_are_made_and_a_second_run_finds_nothing_to_do(empty_clickhouse: ClickHouseSettings) -> None:
    first, second = migrate(url_of(empty_clickhouse)), migrate(url_of(empty_clickhouse))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "applied 0001_touchpoints.sql" in first.output
    assert "applied" not in second.output
    assert "is up to date" in second.output


def test_a_dry_run_prints_sql_that_runs_and_changes_nothing(empty_clickhouse: ClickHouseSettings) -> None:
    result = migrate(url_of(empty_clickhouse), "--dry-run")
    assert result.exit_code == 0
    assert "-- 0001_touchpoints.sql\nCREATE TABLE IF NOT EXISTS touchpoints\n(" in result.stdout
    databases = connect(empty_clickhouse, database="default").execute("SHOW DATABASES")
    assert (empty_clickhouse.database,) not in databases


def test_an_absent_server_is_one_line_and_exit_code_2() -> None:
    result = migrate(NOWHERE)
    assert result.exit_code == 2
    assert result.stderr.startswith("migrate: ClickHouse does not answer at 127.0.0.1:1")
    assert result.stderr.count("\n") == 1
    assert "s3cret" not in result.output
