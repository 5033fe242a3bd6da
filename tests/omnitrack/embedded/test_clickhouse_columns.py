"""Stepping over columns: whatever the driver writes ends where the driver says it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from clickhouse_driver.bufferedwriter import CompressedBufferedWriter
from clickhouse_driver.columns.service import read_column, write_column
from clickhouse_driver.context import Context
from hypothesis import given, reject
from hypothesis import strategies as st

from omnitrack.embedded.clickhouse.columns import UnsupportedTypeError, layout_of, skip_column
from omnitrack.embedded.clickhouse.wire import WireReader

Typed = tuple[str, st.SearchStrategy[Any]]

DAYS = st.dates(date(1980, 1, 1), date(2100, 1, 1))
TIMES = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
SCALARS: list[Typed] = [
    ("UInt8", st.integers(0, 255)),
    ("Int64", st.integers(-(2**63), 2**63 - 1)),
    ("UInt256", st.integers(0, 2**256 - 1)),
    ("Float64", st.floats(allow_nan=False)),
    ("String", st.text(max_size=200)),
    ("FixedString(7)", st.text("abc", max_size=7)),
    ("UUID", st.uuids()),
    ("Bool", st.booleans()),
    ("Date", DAYS),
    ("DateTime64(3, 'UTC')", TIMES),
    ("Decimal(18, 4)", st.integers(-1000, 1000).map(Decimal)),
    ("Decimal(76, 4)", st.integers(-1000, 1000).map(Decimal)),
    ("Enum8('a' = 1, 'b' = 2)", st.sampled_from(["a", "b"])),
    ("IPv6", st.ip_addresses(v=6)),
]


def nullable(inner: Typed) -> Typed:
    return f"Nullable({inner[0]})", st.none() | inner[1]


def compound(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    lists = inner.map(lambda typed: (f"Array({typed[0]})", st.lists(typed[1], max_size=4)))
    # The driver reads no maps of types that have commas themselves.
    maps = inner.filter(lambda typed: "," not in typed[0]).map(
        lambda typed: (f"Map(String, {typed[0]})", st.dictionaries(st.text(max_size=5), typed[1], max_size=3))
    )
    tuples = st.lists(inner, min_size=1, max_size=3).map(
        lambda items: (
            f"Tuple({', '.join(f'f{i} {name}' for i, (name, _) in enumerate(items))})",
            st.tuples(*(values for _, values in items)),
        )
    )
    return lists | maps | tuples


LOW_CARDINALITY: list[Typed] = [
    ("LowCardinality(String)", st.text("abc", max_size=3)),
    ("LowCardinality(Nullable(String))", st.none() | st.text("abc", max_size=3)),
]
SIMPLE = st.sampled_from([*SCALARS, *map(nullable, SCALARS), *LOW_CARDINALITY])
COLUMNS = st.recursive(SIMPLE, compound, max_leaves=4).flatmap(
    lambda typed: st.tuples(st.just(typed[0]), st.lists(typed[1], max_size=30))
)


def written(type_name: str, values: list[Any]) -> bytes:
    context = Context()
    context.client_settings = {"strings_as_bytes": False, "strings_encoding": "utf-8", "use_numpy": False}
    context.settings = {}
    target = BytesIO()
    writer = CompressedBufferedWriter(target, 1 << 16)
    try:
        write_column(context, "c", type_name, values, writer)
    except IndexError:
        reject()  # the driver cannot write tuples where there are none, as in an empty array
    writer.flush()
    data = target.getvalue()
    if not can_read(context, type_name, len(values), data):
        reject()  # nor LowCardinality(Nullable) where there are none: it writes a dictionary that nobody expects
    return data


def can_read(context: Context, type_name: str, rows: int, data: bytes) -> bool:
    """Whether the driver ends reading where it ended writing."""
    reader = in_pieces(data, max(len(data), 1))
    reader.mark()
    read_column(context, type_name, rows, reader.driver_reader)
    return reader.take() == data


def in_pieces(data: bytes, size: int) -> WireReader:
    pieces = iter([data[start : start + size] for start in range(0, len(data), size)])
    return WireReader(lambda: next(pieces, b""))


@given(column=COLUMNS, size=st.integers(1, 50))
def test_a_column_ends_where_the_driver_ended_it_however_its_bytes_arrive(
    column: tuple[str, list[Any]], size: int
) -> None:
    type_name, values = column
    data = written(type_name, values) if values else b""
    reader = in_pieces(data + b"next", size)
    reader.mark()
    skip_column(reader, type_name, len(values))
    assert reader.take() == data
    assert [reader.byte() for _ in b"next"] == list(b"next")


@given(column=COLUMNS.filter(lambda column: bool(column[1])), cut=st.floats(0, 1, exclude_max=True))
def test_a_column_that_is_cut_off_is_an_error(column: tuple[str, list[Any]], cut: float) -> None:
    type_name, values = column
    data = written(type_name, values)
    reader = in_pieces(data[: int(len(data) * cut)], 1 << 16)
    with pytest.raises(EOFError):
        skip_column(reader, type_name, len(values))


@pytest.mark.parametrize(
    ("written_as", "same_as"),
    [
        ("Nested(a UInt8, b String)", "Array(Tuple(UInt8, String))"),
        ("Tuple(a.b UInt8, `c, (` String)", "Tuple(UInt8, String)"),
        ("SimpleAggregateFunction(sum, UInt64)", "UInt64"),
        ("Polygon", "Array(Array(Tuple(Float64, Float64)))"),
        ("Array(Enum16('it\\'s, (' = 1, ')' = 2))", "Array(Int16)"),
        ("IntervalDay", "Int64"),
    ],
)
def test_types_that_lie_in_a_column_as_others_do(written_as: str, same_as: str) -> None:
    assert layout_of(written_as) == layout_of(same_as)


@pytest.mark.parametrize("type_name", ["AggregateFunction(sum, UInt64)", "Array(JSON)", "NoSuchType", ""])
def test_a_type_whose_end_is_unknown_is_named(type_name: str) -> None:
    reader = in_pieces(b"\1" * 64, 64)
    with pytest.raises(UnsupportedTypeError, match=r"not supported|cannot be read"):
        skip_column(reader, type_name, 1)
