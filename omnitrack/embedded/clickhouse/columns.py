"""Stepping over a column of ClickHouse's Native format, knowing its type alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from clickhouse_driver.columns.service import read_column
from clickhouse_driver.context import Context

from omnitrack.embedded.clickhouse.wire import WireReader


class UnsupportedTypeError(Exception):
    """A column's type is one whose end cannot be found; the message names it."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Values of `width` bytes."""

    width: int


@dataclass(frozen=True, slots=True)
class Text:
    """Strings, each after its length."""


@dataclass(frozen=True, slots=True)
class Nullable:
    """A byte per value that says whether it is NULL, then the values."""

    inner: Layout


@dataclass(frozen=True, slots=True)
class Array:
    """The ends of the lists as 64-bit numbers, then the values of all."""

    inner: Layout


@dataclass(frozen=True, slots=True)
class Tuple:
    """The values of the first part, then of the second, …."""

    items: tuple[Layout, ...]


@dataclass(frozen=True, slots=True)
class LowCardinality:
    """`inner` is the type of the dictionary's keys, which are never NULL."""

    inner: Layout


@dataclass(frozen=True, slots=True)
class Foreign:
    """A type that only the driver's decoder finds the end of, such as JSON and Dynamic."""

    name: str


Layout = Fixed | Text | Nullable | Array | Tuple | LowCardinality | Foreign

_WIDTHS = {
    **{f"{sign}Int{bits}": bits // 8 for sign in ("", "U") for bits in (8, 16, 32, 64, 128, 256)},
    "BFloat16": 2,
    "Float32": 4,
    "Float64": 8,
    "Bool": 1,
    "UUID": 16,
    "IPv4": 4,
    "IPv6": 16,
    "Nothing": 1,
    "Date": 2,
    "Date32": 4,
    "DateTime": 4,
    "DateTime64": 8,
    "Time": 4,
    "Time64": 8,
    "Enum8": 1,
    "Enum16": 2,
    "Decimal32": 4,
    "Decimal64": 8,
    "Decimal128": 16,
    "Decimal256": 32,
}
_SHAPES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)",
    "MultiPolygon": "Array(Polygon)",
}
_FOREIGN = ("JSON", "Dynamic", "Variant")
_INDEX_WIDTHS = (1, 2, 4, 8)
_TYPE = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_NAMED = re.compile(r"(?:`(?:\\.|[^`\\])*`|[\w.]+) +(?=\w)")
_PIECE = re.compile(r"""'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[^'`(),]+|.""", re.DOTALL)


def skip_column(reader: WireReader, type_name: str, rows: int) -> None:
    """Step over the data of a column of `rows` rows. Raises UnsupportedTypeError, and EOFError where they end early."""
    if not rows:
        return
    layout = layout_of(type_name)
    if isinstance(layout, Foreign):
        _decode_foreign(reader, layout, rows)
    else:
        _skip_prefix(reader, layout)
        _skip_values(reader, layout, rows)


@lru_cache(maxsize=1024)
def layout_of(type_name: str) -> Layout:
    """How values of a type lie in a column. Raises UnsupportedTypeError."""
    match = _TYPE.fullmatch(type_name.strip())
    if match is None:
        raise UnsupportedTypeError(f"the type {type_name} cannot be read")
    name, inside = match[1], match[2] or ""
    if name in _SHAPES:
        return layout_of(_SHAPES[name])
    if name in _FOREIGN:
        return Foreign(type_name)
    return _simple(name, inside) or _compound(name, inside, type_name)


def _simple(name: str, inside: str) -> Layout | None:
    if name in _WIDTHS:
        return Fixed(_WIDTHS[name])
    if name.startswith("Interval"):
        return Fixed(8)
    match name:
        case "String":
            return Text()
        case "FixedString":
            return Fixed(int(inside))
        case "Decimal":
            digits = int(inside.partition(",")[0])
            return Fixed(next(width for width, most in ((4, 9), (8, 18), (16, 38), (32, 76)) if digits <= most))
        case _:
            return None


def _compound(name: str, inside: str, type_name: str) -> Layout:
    arguments = list(_arguments(inside))
    match name:
        case "Nullable":
            return Nullable(layout_of(inside))
        case "Array":
            return Array(layout_of(inside))
        case "Tuple":
            return Tuple(tuple(layout_of(_without_name(item)) for item in arguments)) if arguments else Fixed(1)
        case "Map":
            return Array(Tuple(tuple(layout_of(item) for item in arguments)))
        case "Nested":
            return Array(Tuple(tuple(layout_of(_without_name(item)) for item in arguments)))
        case "SimpleAggregateFunction":
            return layout_of(arguments[-1])
        case "LowCardinality":
            keys = layout_of(inside)
            return LowCardinality(keys.inner if isinstance(keys, Nullable) else keys)
        case _:
            raise UnsupportedTypeError(f"the type {type_name} is not supported: CAST it to another one, such as String")


def _without_name(item: str) -> str:
    return _NAMED.sub("", item, count=1) if _NAMED.match(item) else item


def _arguments(inside: str) -> Iterator[str]:
    """The parts of a type's parameters between the commas that are not inside quotes or brackets."""
    depth, part = 0, ""
    for piece in _PIECE.findall(inside):
        if piece == "," and not depth:
            yield part.strip()
            part = ""
            continue
        depth += {"(": 1, ")": -1}.get(piece, 0)
        part += piece
    if part.strip():
        yield part.strip()


def _skip_prefix(reader: WireReader, layout: Layout) -> None:
    match layout:
        case LowCardinality():
            reader.skip(8)
        case Nullable(inner) | Array(inner):
            _skip_prefix(reader, inner)
        case Tuple(items):
            for item in items:
                _skip_prefix(reader, item)
        case Foreign(name):
            raise UnsupportedTypeError(f"the type {name} is not supported inside another one: CAST it to String")


def _skip_values(reader: WireReader, layout: Layout, rows: int) -> None:
    if not rows:
        return
    match layout:
        case Fixed(width):
            reader.skip(width * rows)
        case Text():
            reader.skip_strings(rows)
        case Nullable(inner):
            reader.skip(rows)
            _skip_values(reader, inner, rows)
        case Array(inner):
            _skip_values(reader, inner, reader.last_uint64(rows))
        case Tuple(items):
            for item in items:
                _skip_values(reader, item, rows)
        case LowCardinality(inner):
            index_width = _INDEX_WIDTHS[reader.uint64() & 0xFF]
            _skip_values(reader, inner, reader.uint64())
            reader.skip(index_width * reader.uint64())


def _decode_foreign(reader: WireReader, layout: Foreign, rows: int) -> None:
    context = Context()
    context.client_settings = {"strings_as_bytes": True, "strings_encoding": "utf-8", "use_numpy": False}
    context.settings = {}
    try:
        read_column(context, layout.name, rows, reader.driver_reader)
    except EOFError:
        raise
    except Exception as error:
        raise UnsupportedTypeError(f"the type {layout.name} is not supported ({error}): CAST it to String") from error
