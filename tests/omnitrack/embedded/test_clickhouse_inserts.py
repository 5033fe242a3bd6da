"""INSERT through clickhouse-driver: everything or nothing, and nothing is lost in silence."""

from __future__ import annotations

import pytest
from clickhouse_driver import Client

from tests.omnitrack.embedded.clickhouse_process import Running
from tests.omnitrack.embedded.test_clickhouse_queries import failure


@pytest.fixture
def table(client: Client) -> Client:
    client.execute(
        "CREATE TABLE t (a UInt32, b String DEFAULT 'none', c String MATERIALIZED 'm') ENGINE = MergeTree ORDER BY a"
    )
    return client


def count(client: Client) -> int:
    return int(client.execute("SELECT count() FROM t")[0][0])


def test_more_than_a_million_rows_come_in_several_blocks(table: Client) -> None:
    rows = 1_100_000
    data = [list(range(rows)), ["x"] * rows]
    assert table.execute("INSERT INTO t (a, b) VALUES", data, columnar=True) == rows
    assert table.execute("SELECT count(), uniqExact(a) FROM t") == [(rows, rows)]


def test_an_insert_of_no_rows_does_nothing(table: Client) -> None:
    assert table.execute("INSERT INTO t (a) VALUES", []) == 0
    assert count(table) == 0


def test_columns_left_out_have_their_defaults(table: Client) -> None:
    table.execute("INSERT INTO t (a) VALUES", [(1,)])
    table.execute("INSERT INTO t VALUES", [(2, "x")])
    assert table.execute("SELECT a, b, c FROM t ORDER BY a") == [(1, "none", "m"), (2, "x", "m")]


def test_columns_may_be_given_in_any_order(table: Client) -> None:
    table.execute("INSERT INTO t (b, a) VALUES", [("x", 1)])
    assert table.execute("SELECT a, b FROM t") == [(1, "x")]


def test_rows_may_stand_in_the_text_or_come_from_a_select(table: Client) -> None:
    table.execute("INSERT INTO t (a, b) VALUES (1, 'it''s'), (2, 'VALUES')")
    table.execute("INSERT INTO t (a) SELECT number FROM numbers(3, 2)")
    assert table.execute("SELECT a FROM t ORDER BY a") == [(1,), (2,), (3,), (4,)]


@pytest.mark.parametrize(
    ("query", "code"),
    [("INSERT INTO nowhere VALUES", 60), ("INSERT INTO t (nope) VALUES", 47), ("INSERT INTO t (a VALUES", 62)],
)
def test_an_insert_that_cannot_begin_takes_no_rows(table: Client, query: str, code: int) -> None:
    assert failure(table, query, [(1,)]).code == code
    assert count(table) == 0


def test_an_insert_that_fails_in_the_midst_of_its_rows_inserts_none_and_says_why(client: Client) -> None:
    client.execute("CREATE TABLE t (a UInt32, CONSTRAINT small CHECK a < 500) ENGINE = MergeTree ORDER BY a")
    options = {"settings": {"insert_block_size": 100}}
    assert failure(client, "INSERT INTO t VALUES", [(a,) for a in range(1000)], **options).code == 469
    assert count(client) == 0
    client.execute("INSERT INTO t VALUES", [(1,)])
    assert count(client) == 1


def test_the_failure_of_a_materialised_view_is_the_inserts(table: Client) -> None:
    table.execute("CREATE MATERIALIZED VIEW v ENGINE = Memory AS SELECT throwIf(a = 3) AS x FROM t")
    assert failure(table, "INSERT INTO t (a) VALUES", [(3,)]).code == 395


def test_the_same_block_twice_is_one_where_the_table_remembers_blocks(client: Client) -> None:
    client.execute(
        "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10"
    )
    for _ in range(2):
        client.execute("INSERT INTO t VALUES", [(1,), (2,)])
    assert count(client) == 2
    client.execute("INSERT INTO t VALUES", [(1,), (2,)], settings={"insert_deduplicate": 0})
    assert count(client) == 4
    client.execute("INSERT INTO t SETTINGS insert_deduplicate = 0 VALUES", [(1,), (2,)])
    assert count(client) == 6


def test_what_a_client_sets_in_sql_holds_for_its_next_insert(client: Client) -> None:
    client.execute(
        "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10"
    )
    for expected, deduplicates in [(1, 1), (2, 0), (3, 0), (3, 1)]:
        client.execute(f"SET insert_deduplicate = {deduplicates}")
        client.execute("INSERT INTO t VALUES", [(1,)])
        assert count(client) == expected


def test_an_insert_takes_the_columns_that_its_table_has_by_then(table: Client, server: Running, database: str) -> None:
    table.execute("INSERT INTO t VALUES", [(1, "b")])
    with server.client(database=database) as other:
        other.execute("ALTER TABLE t ADD COLUMN d UInt8")
    table.execute("INSERT INTO t VALUES", [(2, "b", 7)])
    assert table.execute("SELECT a, d FROM t ORDER BY a") == [(1, 0), (2, 7)]


def test_an_insert_takes_the_columns_of_a_table_that_was_made_anew(
    table: Client, server: Running, database: str
) -> None:
    table.execute("INSERT INTO t (a) VALUES", [(1,)])
    with server.client(database=database) as other:
        other.execute("/* anew */ RENAME TABLE t TO old")
        other.execute("CREATE TABLE t (a String) ENGINE = Memory")
    table.execute("INSERT INTO t (a) VALUES", [("x",)])
    assert table.execute("SELECT a FROM t") == [("x",)]


def test_a_temporary_table_is_taken_before_one_of_the_database(table: Client) -> None:
    table.execute("INSERT INTO t (a) VALUES", [(1,)])
    table.execute("CREATE TEMPORARY TABLE t (a String)")
    table.execute("INSERT INTO t (a) VALUES", [("x",)])
    assert table.execute("SELECT a FROM t") == [("x",)]


def test_a_client_that_inserts_again_and_again_has_columns_looked_up_once(
    table: Client, server: Running, database: str
) -> None:
    def queries() -> int:
        with server.client(database=database) as other:
            return int(other.execute("SELECT value FROM system.events WHERE event = 'Query'")[0][0])

    table.execute("INSERT INTO t (a) VALUES", [(1,)])
    before = queries()
    for number in range(20):
        table.execute("INSERT INTO t (a) VALUES", [(number,)])
    assert queries() - before < 40


def test_an_insert_whose_client_goes_away_inserts_nothing(server: Running, table: Client, database: str) -> None:
    leaver = server.client(database=database)
    leaver.execute("SELECT 1")
    connection = leaver.connection
    connection.send_query("INSERT INTO t (a) VALUES")
    connection.send_external_tables([])
    leaver.receive_sample_block()
    leaver.disconnect()
    assert count(table) == 0
    assert table.execute("INSERT INTO t (a) VALUES", [(1,)]) == 1
