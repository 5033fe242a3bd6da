"""Migrations and views on a cluster: what runs there, and that its answers are those of one server.

The embedded engine has neither Keeper nor `ON CLUSTER`: statements are read by its parser as they are, and run without
these two parts on a cluster of one shard, through the tables that stand for all shards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from omnitrack.erasure.rows import count_rows, remove_rows
from omnitrack.erasure.subject import Subject
from schemas.catalogue import load_catalogue
from sinks.clickhouse.client import connected
from sinks.clickhouse.cluster import EVERYWHERE, SHARDED_BY, Cluster, NotForClusters, Storage
from sinks.clickhouse.metrics import Question, ask, list_metrics
from sinks.clickhouse.migrate import RECORDS_TABLE, MigrationConflict, load_migrations, migrate
from sinks.clickhouse.retention import read_changes
from sinks.clickhouse.roles import role_statements
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.views import Renewal, load_views
from sources.simulator import Plan
from tests.support.clickhouse import EmbeddedClickHouse
from tests.support.filled import Bank, simulated_bank, store

UNTIL = datetime(2026, 3, 31, tzinfo=UTC)
QUESTION = Question(datetime(2026, 3, 1, tzinfo=UTC), UNTIL)
CATALOGUE = load_catalogue(Path(__file__).parents[3] / "deploy" / "catalogue.yaml")
BANK = Cluster("bank", "omnitrack")
ON_BANK = Storage("omnitrack", BANK)


def statements() -> Iterator[str]:
    yield from BANK.databases
    yield from BANK.rewritten(RECORDS_TABLE.read_text())
    for migration in load_migrations(storage=ON_BANK):
        yield from migration.statements
    for _, statement in Renewal(load_views("omnitrack"), ("stale",), ON_BANK).statements:
        yield statement


def without_keeper(statement: str) -> str:
    """What one server without Keeper can run of it."""
    statement = re.sub(r" ON CLUSTER `\w+`", "", statement)
    return re.sub(r"Replicated(\w+)\('[^']*', '[^']*'(?:, )?", r"\1(", statement)


def on_cluster(url: str, database: str, cluster: str) -> ClickHouseSettings:
    address = SecretStr(url.replace("/omnitrack", f"/{database}"))
    return ClickHouseSettings(clickhouse=address, clickhouse_cluster=cluster)


def made(settings: ClickHouseSettings) -> ClickHouseSettings:
    storage = settings.storage
    assert storage.cluster
    renewal = Renewal(load_views(settings.database), (), storage)
    with connected(settings, database="default") as client:
        for statement in storage.databases:
            client.execute(without_keeper(statement))
    with connected(settings) as client:
        for migration in load_migrations(storage=storage):
            for statement in migration.statements:
                client.execute(without_keeper(statement))
        for _, statement in renewal.statements:
            client.execute(without_keeper(statement))
        client.execute("INSERT INTO catalogue SELECT * FROM alone.catalogue")
    return settings


@pytest.fixture(scope="module")
def bank() -> Bank:
    until = round(UNTIL.timestamp() * 1000)
    return simulated_bank(Plan(since=until - 20 * 86_400_000, seed=3, customers=60), CATALOGUE, until)


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedClickHouse]:
    server = EmbeddedClickHouse.start(tmp_path_factory.mktemp("shard"), module="tests.support.clickhouse_shard")
    try:
        yield server
    finally:
        server.child.terminate()


@pytest.fixture(scope="module")
def alone(shard: EmbeddedClickHouse, bank: Bank) -> ClickHouseSettings:
    """The bank on one server, without a cluster."""
    settings = ClickHouseSettings(clickhouse=SecretStr(shard.url.replace("/omnitrack", "/alone")))
    migrate(settings, CATALOGUE)
    store(settings, bank.tables)
    return settings


@pytest.fixture(scope="module")
def one(shard: EmbeddedClickHouse, alone: ClickHouseSettings, bank: Bank) -> ClickHouseSettings:
    """The bank on a cluster of one shard, whose sink delivered everything twice."""
    settings = made(on_cluster(shard.url, "one", "one"))
    store(settings, bank.tables)
    store(settings, bank.tables)
    return settings


def test_every_statement_is_one_that_clickhouse_can_read(clickhouse_url: str) -> None:
    with connected(ClickHouseSettings.of(clickhouse_url), database="default") as client:
        for statement in (*statements(), *role_statements(ON_BANK)):
            [[formatted]] = client.execute("SELECT formatQuery({statement:String})", {"statement": statement})
            assert formatted


def test_whatever_changes_tables_or_rights_does_so_on_every_server_and_inserts_run_once() -> None:
    for statement in (*statements(), *role_statements(ON_BANK)):
        code = re.sub(r"^\s*--.*\n", "", statement, flags=re.MULTILINE).strip()
        assert ("ON CLUSTER `bank`" in code) != code.startswith("INSERT INTO `omnitrack`.")
        assert "MergeTree" not in code or "ReplicatedReplacingMergeTree('/clickhouse/tables/" in code


def test_versions_of_a_row_meet_on_one_shard(alone: ClickHouseSettings) -> None:
    query = "SELECT name, sorting_key FROM system.tables WHERE database = 'alone' AND engine LIKE '%MergeTree'"
    with connected(alone) as client:
        keys = dict(client.execute(query))
    assert SHARDED_BY.keys() | EVERYWHERE == keys.keys()
    for table, columns in SHARDED_BY.items():
        assert set(columns.split(", ")) <= set(keys[table].split(", ")), table


def test_the_tables_for_all_shards_have_the_columns_of_the_shards(one: ClickHouseSettings) -> None:
    query = (
        "SELECT table, name, type, comment FROM system.columns"
        " WHERE database = {database:String} AND table IN {of:Array(String)}"
    )
    with connected(one) as client:
        columns = [
            set(client.execute(query, {"database": it, "of": [*SHARDED_BY]})) for it in ("one", "one_shard", "alone")
        ]
    assert columns[0] == columns[1] == columns[2]


def test_metrics_are_those_of_one_server_whatever_is_delivered_twice(
    alone: ClickHouseSettings, one: ClickHouseSettings
) -> None:
    with connected(alone) as of_server, connected(one) as of_cluster:
        for metric in list_metrics():
            answer = ask(of_server, metric, QUESTION)
            assert answer.rows or metric.name == "data_quality", metric.name
            assert sorted(map(str, ask(of_cluster, metric, QUESTION).rows)) == sorted(map(str, answer.rows)), (
                metric.name
            )
        counts = "SELECT (SELECT count() FROM waits FINAL), (SELECT count() FROM receipts FINAL)"
        assert of_cluster.execute(counts) == of_server.execute(counts) != [(0, 0)]


def test_rows_are_kept_as_long_as_wanted_on_the_shards(one: ClickHouseSettings) -> None:
    with connected(one) as client:
        changes = read_changes(client, {"promises": 86_400_000}, one.storage)
        [change] = [change for change in changes if not change.is_none]
        assert change.leaving > 0
        statement = change.statement(one.storage)
        assert statement.startswith("ALTER TABLE `one_shard`.`promises` ON CLUSTER `one` MODIFY TTL")
        client.execute("SYSTEM STOP TTL MERGES one_shard.promises")
        client.execute(without_keeper(statement))
        [change] = [it for it in read_changes(client, {}, one.storage) if it.now is not None]
        assert (change.table, change.now) == ("promises", 86_400)


def test_a_customer_is_erased_from_the_shards(
    one: ClickHouseSettings, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = bank.journeys[0].customer_id
    subject = Subject(customer, None)
    with connected(one) as client:
        execute = client.execute
        monkeypatch.setattr(
            client, "execute", lambda sql, *more, **options: execute(without_keeper(sql), *more, **options)
        )
        before = count_rows(client, subject, one.storage)
        assert before["journeys"] > 0 < before["touchpoints"]
        assert remove_rows(client, subject, one.storage)["touchpoints"] == before["touchpoints"]
        assert not any(count_rows(client, subject, one.storage).values())


def test_a_database_made_without_a_cluster_is_not_taken_for_one(alone: ClickHouseSettings) -> None:
    with pytest.raises(
        MigrationConflict, match="database alone was made without a cluster: unset OMNITRACK_CLICKHOUSE_"
    ):
        migrate(ClickHouseSettings(clickhouse=alone.clickhouse, clickhouse_cluster="one"))


@pytest.mark.parametrize(
    "statement",
    ["OPTIMIZE TABLE journeys", "CREATE TABLE IF NOT EXISTS news (a Int8) ENGINE = ReplacingMergeTree ORDER BY a"],
)
def test_a_statement_that_nobody_thought_of_is_refused(statement: str) -> None:
    with pytest.raises(NotForClusters, match=r"not known how to run on a cluster|nothing says on which shard"):
        BANK.rewritten(statement)


@pytest.mark.parametrize("name", ["my cluster", "a'b", "1st"])
def test_a_name_that_is_no_cluster_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="clickhouse_cluster"):
        ClickHouseSettings(clickhouse_cluster=name)


def test_an_empty_name_is_none() -> None:
    assert ClickHouseSettings(clickhouse_cluster="").storage == Storage("omnitrack")
