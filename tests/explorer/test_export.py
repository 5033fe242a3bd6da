"""Rows as files say what the rows say."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.columns import UnknownType, arguments, arrow_type
from explorer.export import ROWS_AT_ONCE, as_csv, as_parquet

AT = datetime(2026, 11, 25, 9, 0, 0, 123_000, tzinfo=UTC)
JOURNEY = UUID("0b0d8c2e-54a5-5f0e-9a0e-111111111111")
COLUMNS = [
    ("at", "DateTime64(3, 'UTC')"),
    ("id", "Nullable(UUID)"),
    ("name", "LowCardinality(Nullable(String))"),
    ("n", "UInt64"),
    ("tags", "Array(LowCardinality(String))"),
    ("answers", "Map(LowCardinality(String), String)"),
    ("channels", "Array(Tuple(channel String, n UInt64, rate Nullable(Float64)))"),
]
ROWS: list[tuple[Any, ...]] = [
    (AT, JOURNEY, "größe, 卡", 2**63, ["a", "b"], {"fee": "10 → 20"}, [("branch", 3, 0.5), ("atm", 0, None)]),
    (AT, None, None, 0, [], {}, []),
]


def read_csv(rows: list[tuple[Any, ...]], columns: list[tuple[str, str]] = COLUMNS) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(as_csv(columns, rows)).decode("utf-8-sig"))))


def test_parquet_has_the_types_and_the_values() -> None:
    with as_parquet(COLUMNS, ROWS) as file:
        table = pq.read_table(file)
    assert table.schema.field("at").type == pa.timestamp("ms", tz="UTC")
    assert table.schema.field("n").type == pa.uint64()
    first, second = table.to_pylist()
    assert first["at"] == AT
    assert first["id"] == str(JOURNEY)
    assert (first["name"], first["n"], first["tags"]) == ("größe, 卡", 2**63, ["a", "b"])
    assert first["answers"] == [("fee", "10 → 20")]
    assert first["channels"][1] == {"channel": "atm", "n": 0, "rate": None}
    assert (second["id"], second["name"], second["tags"]) == (None, None, [])


def test_csv_has_a_header_and_says_lists_as_json() -> None:
    first, second = read_csv(ROWS)
    assert first["at"] == "2026-11-25T09:00:00.123000Z"
    assert first["name"] == "größe, 卡"
    assert first["answers"] == '{"fee": "10 → 20"}'
    assert first["channels"] == '[["branch", 3, 0.5], ["atm", 0, null]]'
    assert (second["id"], second["name"], second["tags"]) == ("", "", "[]")


def test_a_text_is_no_formula_and_a_number_stays_one() -> None:
    texts = ["=1+1", "@x", "+86 123", "-5", "+8613800138000", "-cmd|' /C calc'!A0", "plain"]
    shown = [row["t"] for row in read_csv([(text,) for text in texts], [("t", "String")])]
    assert shown == ["'=1+1", "'@x", "'+86 123", "-5", "+8613800138000", "'-cmd|' /C calc'!A0", "plain"]


def test_many_rows_come_in_pieces_and_none_is_lost() -> None:
    many = [(number,) for number in range(2 * ROWS_AT_ONCE + 1)]
    assert len(list(as_csv([("n", "UInt32")], many))) >= 3
    with as_parquet([("n", "UInt32")], many) as file:
        assert pq.read_table(file)["n"].to_pylist() == list(range(len(many)))


def test_no_rows_make_a_file_with_columns() -> None:
    assert b"".join(as_csv(COLUMNS, [])).decode("utf-8-sig").split("\r\n")[0] == ",".join(name for name, _ in COLUMNS)
    with as_parquet(COLUMNS, []) as file:
        assert pq.read_table(file).column_names == [name for name, _ in COLUMNS]


def test_arguments_of_a_type_are_told_apart() -> None:
    assert arguments("String, Map(String, Array(UInt8)), UInt8") == ["String", "Map(String, Array(UInt8))", "UInt8"]


def test_a_type_without_a_place_in_parquet_is_named() -> None:
    with pytest.raises(UnknownType, match="AggregateFunction"):
        arrow_type("AggregateFunction(sum, UInt8)")
