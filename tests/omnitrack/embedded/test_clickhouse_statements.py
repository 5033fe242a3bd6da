"""What is read from a statement's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitrack.embedded.clickhouse.blocks import Column
from omnitrack.embedded.clickhouse.statements import (
    Insert,
    awaits_data,
    insert_from_file,
    is_insert,
    leaves_definitions,
    parse_insert,
    quoted_name,
    quoted_text,
    without_format,
)


@pytest.mark.parametrize(
    "text",
    ["INSERT INTO t VALUES", "  insert into t values", "-- why\n/* who */ INSERT INTO t VALUES", "#! x\nInsert INTO t"],
)
def test_an_insert_is_known_behind_comments_and_in_any_case(text: str) -> None:
    assert is_insert(text)


@pytest.mark.parametrize("text", ["SELECT 1", "-- INSERT\nSELECT 1", "INSERTED", "EXPLAIN INSERT INTO t VALUES"])
def test_other_statements_are_no_inserts(text: str) -> None:
    assert not is_insert(text)


@pytest.mark.parametrize(
    "text", ["INSERT INTO t VALUES", "INSERT INTO t (a) VALUES ;\n", "INSERT INTO t FORMAT Native"]
)
def test_an_insert_that_ends_before_its_rows_awaits_them(text: str) -> None:
    assert awaits_data(text)


@pytest.mark.parametrize(
    "text", ["SELECT 1", " -- why\nwith 1 AS a SELECT a;", "INSERT INTO t SELECT 1", "SET a = 1", "DESCRIBE t"]
)
def test_what_reads_or_inserts_leaves_definitions(text: str) -> None:
    assert leaves_definitions(text)


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE t DROP COLUMN a",
        "DROP TABLE t",
        "RENAME TABLE t TO u",
        "SELECT 1; DROP TABLE t",
        "(SELECT 1)",
        "/* why */ CREATE OR REPLACE TABLE t ENGINE = Memory AS /* from */ SELECT 1",
    ],
)
def test_whatever_else_may_change_definitions(text: str) -> None:
    assert not leaves_definitions(text)


@pytest.mark.parametrize(
    "text",
    ["INSERT INTO t VALUES (1)", "INSERT INTO t SELECT 1", "INSERT INTO t FORMAT CSV\n1\n", "INSERT INTO values_"],
)
def test_an_insert_that_has_its_rows_awaits_none(text: str) -> None:
    assert not awaits_data(text)


@pytest.mark.parametrize(
    ("formatted", "insert"),
    [
        ("INSERT INTO t FORMAT Values", Insert("t", "*", "")),
        ("INSERT INTO d.`a b` (a, `c)`) FORMAT Native", Insert("d.`a b`", "a, `c)`", "")),
        ("INSERT INTO t (* EXCEPT d) SETTINGS x = 0 FORMAT Values", Insert("t", "* EXCEPT d", "x = 0")),
        ("INSERT INTO FUNCTION file('x', 'CSV') (a) FORMAT Values", Insert("FUNCTION file('x', 'CSV')", "a", "")),
        ("INSERT INTO t SELECT 1", None),
        ("INSERT INTO t (a) SELECT 1 FORMAT Values", None),
        ("INSERT INTO t (a) FROM INFILE 'x' FORMAT CSV", None),
    ],
)
def test_an_inserts_parts(formatted: str, insert: Insert | None) -> None:
    assert parse_insert(formatted) == insert


def test_rows_from_a_file_come_with_the_statements_settings_and_the_blocks_own_columns() -> None:
    insert = Insert("t", "*", "max_threads = 1")
    header = (Column("a`", "Enum8('x' = 1)"),)
    statement = insert_from_file(insert, header, "/it's.native", deduplicate=True)
    assert statement == (
        "INSERT INTO t (`a\\``) SETTINGS max_threads = 1, deduplicate_insert_select = 'enable_even_for_bad_queries'"
        " SELECT `a\\`` FROM file('/it\\'s.native', 'Native', '`a\\\\`` Enum8(\\'x\\' = 1)')"
    )


@pytest.mark.parametrize(
    ("formatted", "without"),
    [
        ("SELECT 1 FORMAT JSON", "SELECT 1"),
        ("SELECT 1 FORMAT JSON SETTINGS a = 1, b = 2.5", "SELECT 1 SETTINGS a = 1, b = 2.5"),
        ("SELECT 1 INTO OUTFILE 'it\\'s' TRUNCATE FORMAT CSV", "SELECT 1"),
        ("SELECT ' FORMAT JSON'", "SELECT ' FORMAT JSON'"),
        ("SELECT ' FORMAT JSON SETTINGS '", "SELECT ' FORMAT JSON SETTINGS '"),
        ("SELECT format('{}', 1)", "SELECT format('{}', 1)"),
    ],
)
def test_the_format_of_a_result_is_the_clients_business(formatted: str, without: str) -> None:
    assert without_format(formatted) == without


@given(st.text())
def test_a_quoted_text_has_no_quote_that_ends_it_early(text: str) -> None:
    inside = quoted_text(text)[1:-1]
    assert "'" not in inside.replace("\\\\", "").replace("\\'", "")
    assert "`" not in quoted_name(text)[1:-1].replace("\\\\", "").replace("\\`", "")
