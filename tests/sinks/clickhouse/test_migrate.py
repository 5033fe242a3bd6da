"""Migrations on the real engine: run once each, safe to repeat, safe at once, and documented in the database."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sinks.clickhouse import migrate as module
from sinks.clickhouse.client import connect
from sinks.clickhouse.errors import ClickHouseRefused
from sinks.clickhouse.migrate import MigrationConflict, load_migrations, migrate, plan
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.statements import split_statements
from sinks.clickhouse.views import load_views

SORTING_KEYS = {
    "touchpoints": "customer_id, occurred_at, channel, event_id",
    "journeys": "customer_id, journey_id",
    "handoffs": "customer_id, handoff_id",
    "promises": "customer_id, promise_id",
    "alerts": "alert_id",
    "dead_letters": "dead_letter_id",
    "duplicates": "topic, partition, offset",
    "rejected_rows": "topic, partition, offset",
}


def query(settings: ClickHouseSettings, sql: str) -> list[tuple[object, ...]]:
    client = connect(settings)
    try:
        rows: list[tuple[object, ...]] = client.execute(sql)
        return rows
    finally:
        client.disconnect()


def recorded(settings: ClickHouseSettings) -> list[tuple[object, ...]]:
    return query(settings, "SELECT name, checksum FROM schema_migrations FINAL ORDER BY name")


def test_a_database_is_made_and_what_ran_is_recorded(empty_clickhouse: ClickHouseSettings) -> None:
    done = migrate(empty_clickhouse)
    assert done.migrations == load_migrations()
    assert done.views.made == load_views(empty_clickhouse.database)
    assert recorded(empty_clickhouse) == [(migration.name, migration.checksum) for migration in done.migrations]


def test_a_second_run_does_nothing(clickhouse: ClickHouseSettings) -> None:
    assert migrate(clickhouse).statements == ()


def test_a_database_that_lost_a_table_is_not_called_up_to_date(clickhouse: ClickHouseSettings) -> None:
    query(clickhouse, "DROP TABLE journeys")
    for step in (migrate, plan):
        with pytest.raises(
            MigrationConflict, match=r"journeys: made by migration 0002_journeys\.sql, and gone: .*Restore"
        ):
            step(clickhouse)


def test_a_plan_lists_what_would_run_and_changes_nothing(empty_clickhouse: ClickHouseSettings) -> None:
    assert plan(empty_clickhouse).migrations == load_migrations()
    databases = connect(empty_clickhouse, database="default").execute("SHOW DATABASES")
    assert (empty_clickhouse.database,) not in databases
    migrate(empty_clickhouse)
    assert plan(empty_clickhouse).statements == ()


def test_many_may_migrate_at_once(empty_clickhouse: ClickHouseSettings) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate(empty_clickhouse)
        except BaseException as error:  # noqa: BLE001 -- told below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(recorded(empty_clickhouse)) == len(load_migrations())


def test_every_statement_may_run_again(clickhouse: ClickHouseSettings) -> None:
    client = connect(clickhouse)
    for migration in load_migrations():
        for statement in migration.statements:
            client.execute(statement)


def test_a_changed_file_is_refused_and_nothing_runs(
    clickhouse: ClickHouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for migration in load_migrations():
        (tmp_path / migration.name).write_text("SELECT 1")
    monkeypatch.setattr(module, "load_migrations", lambda storage: load_migrations(tmp_path, storage))
    before = recorded(clickhouse)
    with pytest.raises(MigrationConflict, match=r"0001_touchpoints\.sql"):
        migrate(clickhouse)
    assert recorded(clickhouse) == before


def test_a_failing_statement_is_named_and_what_was_done_is_not_done_again(
    empty_clickhouse: ClickHouseSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = Memory")
    (tmp_path / "0002_bad.sql").write_text("SELECT 1; SELECT no_such_column FROM a")
    monkeypatch.setattr(module, "load_migrations", lambda storage: load_migrations(tmp_path, storage))
    with pytest.raises(ClickHouseRefused, match=r"0002_bad\.sql, statement 2: ClickHouse error 47: .*no_such_column"):
        migrate(empty_clickhouse)
    assert [name for name, _ in recorded(empty_clickhouse)] == ["0001_good.sql"]


def test_tables_are_sorted_by_what_never_changes(clickhouse: ClickHouseSettings) -> None:
    tables = query(clickhouse, "SELECT name, sorting_key FROM system.tables WHERE database = currentDatabase()")
    assert {(str(name), str(key)) for name, key in tables} >= set(SORTING_KEYS.items())


def test_the_data_dictionary_is_in_the_database(clickhouse: ClickHouseSettings) -> None:
    silent = query(
        clickhouse,
        # A view tells its columns in its own comment; a materialised one has those of the table that it feeds.
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''"
        " AND table NOT LIKE '%_into_%' AND (table, name)"
        " NOT IN (SELECT tables.name, arrayJoin(extractAll(comment, '\\n  (\\w+): ')) FROM system.tables AS tables"
        " WHERE database = currentDatabase() AND engine = 'View')"
        " UNION ALL SELECT name, '' FROM system.tables WHERE database = currentDatabase() AND comment = ''",
    )
    assert silent == []


def test_waits_stored_before_branches_were_told_get_theirs(empty_clickhouse: ClickHouseSettings) -> None:
    connect(empty_clickhouse, database="default").execute(f"CREATE DATABASE {empty_clickhouse.database}")
    client = connect(empty_clickhouse)
    for migration in load_migrations():
        if migration.name < "0018":
            for statement in migration.statements:
                client.execute(statement)
    waited = """INSERT INTO touchpoints (customer_id, channel, event_id, wait_seconds, details, version) VALUES
        ('C-1', 'branch', 'e1', 60, '{"branch_id":"B-07"}', 1), ('C-1', 'hotline', 'e2', 60, '{"call_id":"1"}', 1)"""
    client.execute(waited)
    migrate(empty_clickhouse)
    client.execute(waited.replace("e1", "e3").replace("e2", "e4"))
    told = query(empty_clickhouse, "SELECT event_id, branch_id FROM waits FINAL ORDER BY event_id")
    assert told == [("e1", "B-07"), ("e2", ""), ("e3", "B-07"), ("e4", "")]


def test_the_records_table_is_one_statement() -> None:
    assert len(split_statements(module.RECORDS_TABLE.read_text())) == 1
