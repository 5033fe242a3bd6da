"""Rows as files: CSV, and Parquet with the types that ClickHouse has.

The native protocol carries blocks, not formats, so the files are written here.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import IO, Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from explorer.columns import arrow_type
from schemas.batched import batched

Column = tuple[str, str]
ROWS_AT_ONCE = 20_000
FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.,]+$)")


def as_csv(columns: list[Column], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, with a header. Lists and maps are JSON, times ISO 8601 in UTC, NULL is empty.

    A byte-order mark comes first: spreadsheets take Chinese for what it is only then.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    yield "\ufeff".encode()
    writer.writerow([name for name, _ in columns])
    for chunk in batched(rows, ROWS_AT_ONCE):
        writer.writerows([_text(value) for value in row] for row in chunk)
        yield _taken(text)
    yield _taken(text)


def as_parquet(columns: list[Column], rows: Iterable[tuple[Any, ...]]) -> IO[bytes]:
    """A temporary file, at its beginning; it is gone once it is closed. Raises `UnknownType`."""
    schema = pa.schema([pa.field(name, arrow_type(kind)) for name, kind in columns])
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in batched(rows, ROWS_AT_ONCE):
            arrays = [
                pa.array([_arrow(value) for value in values], field.type)
                for values, field in zip(zip(*chunk, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    file.seek(0)
    return file


def _taken(text: io.StringIO) -> bytes:
    said = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return said


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime() | date():
            return value.isoformat().replace("+00:00", "Z")
        case list() | tuple() | dict():
            return json.dumps(value, ensure_ascii=False, default=_text)
        case str():
            return _harmless(value)
        case _:
            return str(value)


def _harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula: systems of others wrote it. Numbers stay as they are."""
    return f"'{text}" if FORMULA.match(text) else text


def _arrow(value: Any) -> Any:
    """A value as pyarrow takes it: maps as pairs, UUIDs as text."""
    match value:
        case dict():
            return [(key, _arrow(item)) for key, item in value.items()]
        case list():
            return [_arrow(item) for item in value]
        case tuple():
            return tuple(_arrow(item) for item in value)
        case UUID():
            return str(value)
        case _:
            return value
