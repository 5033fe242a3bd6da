"""A database of any earlier state comes up to date: it ends as a new one does, and keeps its rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from clickhouse_driver import Client

from schemas.catalogue import Catalogue
from schemas.rows import DeadLetter
from sinks.clickhouse.client import connected
from sinks.clickhouse.migrate import RECORDS_TABLE, Migration, load_migrations, migrate
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sources.simulator import Plan
from tests.sinks.rows import entry
from tests.support.clickhouse import fresh_database
from tests.support.filled import simulated_bank, store

MIGRATIONS = load_migrations()
UNTIL = round(datetime(2026, 3, 31, tzinfo=UTC).timestamp() * 1000)
COPIES = {"waits", "care_groups", "receipts"}
"""Tables that are filled from others, by materialised views and by the migrations that bring them."""


@pytest.fixture(scope="module")
def new(clickhouse_url: str) -> Iterator[ClickHouseSettings]:
    """A database of today, with rows in the tables that were there from the first."""
    with fresh_database(clickhouse_url) as settings:
        migrate(settings)
        bank = simulated_bank(Plan(since=UNTIL - 5 * 86_400_000, seed=5, customers=20), Catalogue(), UNTIL)
        store(settings, bank.tables)
        letter = DeadLetter(
            "omnitrack.touchpoints.atm:0:7", "omnitrack.touchpoints.atm", 0, 7, None, UNTIL, "not_json", (), ""
        )
        Writer(settings).write("dead_letters", [entry(letter)])
        yield settings


@pytest.mark.parametrize("last", MIGRATIONS, ids=lambda migration: migration.name[:4])
def test_a_database_of_an_earlier_state_becomes_a_new_one_and_keeps_its_rows(
    last: Migration, new: ClickHouseSettings, empty_clickhouse: ClickHouseSettings
) -> None:
    ran = MIGRATIONS[: MIGRATIONS.index(last) + 1]
    made_at_the_time(empty_clickhouse, ran)
    with connected(empty_clickhouse) as client:
        kept = filled_from(client, new.database)
        assert "touchpoints" in kept
        done = migrate(empty_clickhouse)
        assert done.migrations == MIGRATIONS[len(ran) :]
        assert definitions(client, empty_clickhouse.database) == definitions(client, new.database)
        for table, columns in kept.items():
            assert rows(client, table, columns) == rows(client, f"{new.database}.{table}", columns), table
        if {"touchpoints", "dead_letters"} <= kept.keys():
            for table in COPIES:
                assert rows(client, table, "*") == rows(client, f"{new.database}.{table}", "*"), table
    assert migrate(empty_clickhouse).statements == ()


def made_at_the_time(settings: ClickHouseSettings, migrations: tuple[Migration, ...]) -> None:
    """Make the database as it was when these migrations were all there were; views came later, and come again."""
    with connected(settings, database="default") as client:
        client.execute(f"CREATE DATABASE {settings.database}")
    with connected(settings) as client:
        client.execute(RECORDS_TABLE.read_text())
        for migration in migrations:
            for statement in migration.statements:
                client.execute(statement)
            record = {"name": migration.name, "checksum": migration.checksum}
            client.execute(
                "INSERT INTO schema_migrations SELECT {name:String}, {checksum:String}, now64(3, 'UTC')", record
            )


def filled_from(client: Client, database: str) -> dict[str, str]:
    """Copy the rows of `database` into the tables that are there; by table the columns that there were for them."""
    tables = (
        "SELECT table, arrayStringConcat(arraySort(groupArray(name)), ', ') FROM system.columns"
        " WHERE database = currentDatabase() AND table IN (SELECT name FROM system.tables WHERE"
        " database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE 'schema_%') GROUP BY table"
    )
    columns = {table: names for table, names in client.execute(tables) if table not in {*COPIES, "catalogue"}}
    for table, names in columns.items():
        client.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {database}.{table}")  # noqa: S608 -- ours
    return columns


def definitions(client: Client, database: str) -> dict[str, str]:
    """How everything in the database was made, but for the database's name."""
    made = "SELECT name, create_table_query FROM system.tables WHERE database = {database:String}"
    return {name: text.replace(database, "omnitrack") for name, text in client.execute(made, {"database": database})}


def rows(client: Client, table: str, columns: str) -> list[str]:
    """The rows that hold, in an order of their own."""
    return sorted(map(str, client.execute(f"SELECT {columns} FROM {table} FINAL")))  # noqa: S608 -- ours
