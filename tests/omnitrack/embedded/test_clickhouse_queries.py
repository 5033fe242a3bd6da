"""Queries through clickhouse-driver, as to any ClickHouse."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from tests.omnitrack.embedded.clickhouse_process import Running
from tests.omnitrack.embedded.test_clickhouse_cancel import ENDLESS, running_queries, wait_for_queries

TYPES = {
    "u UInt64": 2**64 - 1,
    "d DateTime64(3, 'UTC')": datetime(2026, 11, 24, 1, 2, 3, 456000, UTC),
    "id UUID": UUID("8069f8c0-158a-41f3-8b7d-91eeeee20c5c"),
    "n Nullable(String)": None,
    "a Array(LowCardinality(String))": ["x", "y", "x"],
    "m Map(String, Array(UInt8))": {"k": [1, 2]},
    "l LowCardinality(Nullable(String))": "low",
    "f Float64": 0.1,
    "e Enum8('p' = 1, 'q' = 2)": "q",
    "t Tuple(x Int8, y String)": (-1, "y"),
    "dec Decimal(12, 2)": Decimal("1.50"),
    "b Bool": True,
}


def failure(client: Client, query: str, *arguments: object, **options: object) -> ServerException:
    with pytest.raises(ServerException) as caught:
        client.execute(query, *arguments, **options)
    return caught.value


@pytest.mark.parametrize("compression", [False, "lz4"])
def test_values_of_all_types_come_back_as_they_were_inserted(
    server: Running, database: str, compression: str | bool
) -> None:
    with server.client(database=database, compression=compression) as client:
        client.execute(f"CREATE TABLE t ({', '.join(TYPES)}) ENGINE = MergeTree ORDER BY u")
        row = tuple(TYPES.values())
        assert client.execute("INSERT INTO t VALUES", [row] * 3) == 3
        assert client.execute("SELECT * FROM t") == [row] * 3


def test_json_is_read_in_any_column(client: Client) -> None:
    assert client.execute("""SELECT '{"a": 1}'::JSON AS j, 2 AS b""") == [({"a": 1}, 2)]


def test_a_result_without_rows_has_its_columns(client: Client) -> None:
    query = "SELECT 1 AS a, 'x' AS b WHERE 0; "
    assert client.execute(query, with_column_types=True) == ([], [("a", "UInt8"), ("b", "String")])


def test_the_columns_come_with_the_rows(client: Client) -> None:
    assert client.execute("SELECT 1 AS a", with_column_types=True) == ([(1,)], [("a", "UInt8")])


def test_a_result_of_many_blocks_is_complete(client: Client) -> None:
    rows = client.execute_iter("SELECT number FROM numbers(1000000)", {"max_block_size": 50000})
    assert sum(row[0] for row in rows) == 499_999_500_000


def test_what_was_read_is_reported(client: Client) -> None:
    progress = client.execute_with_progress("SELECT sum(number) FROM numbers(1000000)")
    assert progress.get_result() == [(499_999_500_000,)]
    assert client.last_query.progress.rows == 1_000_000
    assert client.last_query.profile_info.rows == 1


@pytest.mark.parametrize(
    "query", ["SELECT 1 FORMAT JSON", "SELECT 1 INTO OUTFILE 'x' FORMAT CSV", "SELECT 1 -- format"]
)
def test_the_format_is_left_to_the_client(client: Client, query: str) -> None:
    assert client.execute(query) == [(1,)]


def test_statements_that_are_no_select_answer_too(client: Client, database: str) -> None:
    client.execute("CREATE TABLE t (a Int8) ENGINE = Memory")
    assert client.execute("SHOW TABLES") == [("t",)]
    assert client.execute("EXISTS t") == [(1,)]
    assert client.execute("DESCRIBE t")[0][:2] == ("a", "Int8")
    assert client.execute("SELECT name FROM system.tables WHERE database = currentDatabase()") == [("t",)]
    assert client.execute("SELECT currentDatabase()") == [(database,)]


def test_parameters_are_the_servers_business(server: Running) -> None:
    texts = ["it's", "back\\slash", "tab\tand\nline", "{x:String}"]
    with server.client(settings={"server_side_params": True}) as client:
        query = "SELECT {text:String}, {number:UInt64}, {texts:Array(String)}"
        for text in texts:
            answer = client.execute(query, {"text": text, "number": 5, "texts": texts})
            assert answer == [(text, 5, texts)]


def test_views_take_parameters(client: Client) -> None:
    client.execute("CREATE VIEW below AS SELECT number FROM numbers(10) WHERE number < {most:UInt64}")
    assert client.execute("SELECT count() FROM below(most = 4)") == [(4,)]


def test_a_querys_settings_hold_for_that_query(client: Client) -> None:
    query = "SELECT getSetting('max_threads'), getSetting('max_execution_time')"
    before = client.execute(query)
    assert client.execute(query, settings={"max_threads": 1, "max_execution_time": 7}) == [(1, 7.0)]
    assert client.execute(query) == before


def test_a_query_takes_no_longer_than_it_may(client: Client) -> None:
    assert failure(client, "SELECT sleep(3)", settings={"max_execution_time": 0.5}).code == 159


def test_a_read_only_query_writes_nothing_and_leaves_the_connection_as_it_was(client: Client) -> None:
    client.execute("CREATE TABLE t (a Int8) ENGINE = Memory")
    assert failure(client, "INSERT INTO t SELECT 1", settings={"readonly": 1}).code == 164
    assert client.execute("SELECT count() FROM t", settings={"readonly": 1}) == [(0,)]
    client.execute("INSERT INTO t SELECT 1")
    assert client.execute("SELECT count() FROM t") == [(1,)]


def test_an_unknown_setting_matters_to_those_who_say_so(server: Running, client: Client) -> None:
    assert client.execute("SELECT 1", settings={"no_such_setting": 1}) == [(1,)]
    with server.client(settings_is_important=True) as strict:
        assert failure(strict, "SELECT 1", settings={"no_such_setting": 1}).code == 115


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("SELECT nope", 47, "UNKNOWN_IDENTIFIER"),
        ("SELEC 1", 62, "SYNTAX_ERROR"),
        ("SELECT * FROM nowhere", 60, "UNKNOWN_TABLE"),
        ("SELECT throwIf(number = 150000) FROM numbers(200000)", 395, "throwIf"),
        ("SELECT sumState(1), 2", 48, "AggregateFunction"),
        ("SELECT [1::Variant(UInt8, String)], 2", 48, "Variant"),
        ("CREATE TABLE t (a NoSuchType) ENGINE = Memory", 50, "NoSuchType"),
    ],
)
def test_a_failure_has_clickhouses_code_and_text_and_leaves_the_connection_usable(
    client: Client, query: str, code: int, text: str
) -> None:
    error = failure(client, query)
    assert (error.code, text in error.message) == (code, True)
    assert client.execute("SELECT 1") == [(1,)]


def test_an_unknown_database_is_refused_at_once(server: Running) -> None:
    with server.client(database="nowhere") as client:
        assert failure(client, "SELECT 1").code == 81


def test_external_tables_last_for_their_query(client: Client) -> None:
    table = {"name": "ext", "structure": [("x", "Int32")], "data": [{"x": 100}, {"x": 50}]}
    assert client.execute("SELECT sum(x) FROM ext", external_tables=[table]) == [(150,)]
    assert failure(client, "SELECT sum(x) FROM ext").code == 60


def test_sessions_share_tables_but_not_temporary_ones(server: Running, client: Client, database: str) -> None:
    client.execute("CREATE TEMPORARY TABLE own (a Int8)")
    client.execute("CREATE TABLE shared (a Int8) ENGINE = Memory")
    with server.client(database=database) as other:
        assert other.execute("SELECT count() FROM shared") == [(0,)]
        assert failure(other, "SELECT count() FROM own").code == 60


def test_clients_do_not_wait_for_each_other(server: Running, client: Client) -> None:
    with server.client() as one, server.client() as other:
        for busy in (one, other):
            busy.connection.force_connect()
            busy.connection.send_query(ENDLESS)
            busy.connection.send_external_tables([])
        wait_for_queries(client, 2)
        assert client.execute("SELECT 1") == [(1,)]
        assert running_queries(client) == 2
    wait_for_queries(client, 0)


def test_the_tables_of_the_storage_work(client: Client) -> None:
    client.execute(
        "CREATE TABLE r (k String, at DateTime64(3, 'UTC'), v UInt64, version UInt64, is_deleted UInt8)"
        " ENGINE = ReplacingMergeTree(version, is_deleted) PARTITION BY toYYYYMM(at) ORDER BY k"
        " TTL toDateTime(at) + INTERVAL 1 DAY"
    )
    now = datetime.now(UTC)
    rows = [("a", now, 1, 1, 0), ("a", now, 2, 2, 0), ("b", now, 1, 1, 0), ("b", now, 1, 2, 1)]
    for row in rows:
        client.execute("INSERT INTO r VALUES", [row])
    client.execute("INSERT INTO r VALUES", [("old", datetime(2020, 1, 1, tzinfo=UTC), 1, 1, 0)])
    client.execute("OPTIMIZE TABLE r FINAL")
    assert client.execute("SELECT k, v FROM r FINAL") == [("a", 2)]


def test_refreshable_views_are_refreshed(client: Client) -> None:
    client.execute("CREATE MATERIALIZED VIEW fresh REFRESH EVERY 1 HOUR ENGINE = Memory AS SELECT 7 AS a")
    client.execute("SYSTEM WAIT VIEW fresh")
    assert client.execute("SELECT a FROM fresh") == [(7,)]
