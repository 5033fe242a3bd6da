"""Query results as text: a table, JSON, CSV, TSV, or a line per value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

Row = Sequence[object]

# What a customer typed must not steer the operator's terminal.
CONTROL_CHARACTERS = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))}
TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
UNLIMITED_WIDTH = 100_000


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    VERTICAL = "vertical"


def render(form: Format, names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Lines without their ends, as the rows come, in any format but the table, which becomes vertical.

    NULL is `null` in JSON, empty in CSV, `\\N` in TSV. Times are as stored, in the time zone of their column.
    """
    match form:
        case Format.JSON:
            return _json(names, rows)
        case Format.CSV:
            return _csv(names, rows)
        case Format.TSV:
            return _tsv(names, rows)
        case _:
            return _vertical(names, rows)


def print_table(console: Console, names: Sequence[str], rows: Iterable[Row]) -> None:
    """Print a table, never shortened: vertically where the terminal is too narrow for it."""
    held = list(rows)
    table = Table(show_edge=False)
    for name in names:
        table.add_column(Text(name), overflow="fold")
    for row in held:
        table.add_row(*(Text(_shown(value)) for value in row))
    if not console.is_terminal:
        console.width = UNLIMITED_WIDTH
    least_width = Measurement.get(console, console.options.update(max_width=UNLIMITED_WIDTH), table).minimum
    if least_width > console.width:
        for line in _vertical(names, held):
            console.print(Text(line))
    else:
        console.print(table)


def text_of(value: object) -> str:
    """A value other than NULL as ClickHouse would print it; arrays, maps and tuples as JSON."""
    match value:
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ", "milliseconds" if value.microsecond else "seconds")
        case bool():
            return "true" if value else "false"
        case list() | tuple() | dict():
            return msgspec.json.encode(value).decode()
        case _:
            return str(value)


def _shown(value: object) -> str:
    return "NULL" if value is None else text_of(value).translate(CONTROL_CHARACTERS)


def _json(names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """An array with one object per line, valid also when it is empty."""
    opening = "["
    for row in rows:
        values = [text_of(value) if isinstance(value, datetime) else value for value in row]
        yield opening + msgspec.json.encode(dict(zip(names, values, strict=True)), enc_hook=str).decode()
        opening = ","
    yield "]" if opening == "," else "[]"


def _csv(names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield _csv_line(names)
    for row in rows:
        yield _csv_line(["" if value is None else text_of(value) for value in row])


def _csv_line(values: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().removesuffix("\r\n")


def _tsv(names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield "\t".join(name.translate(TSV_ESCAPES) for name in names)
    for row in rows:
        yield "\t".join("\\N" if value is None else text_of(value).translate(TSV_ESCAPES) for value in row)


def _vertical(names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    width = max(map(len, names), default=0)
    for number, row in enumerate(rows, 1):
        yield f"── {number} " + "─" * 20
        for name, value in zip(names, row, strict=True):
            yield f"{name:<{width}}  {_shown(value)}"
