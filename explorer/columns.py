"""ClickHouse's types as Arrow's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa

_SIMPLE: Mapping[str, Callable[[], pa.DataType]] = {
    "String": pa.string,
    "UUID": pa.string,
    "Bool": pa.bool_,
    "Date": pa.date32,
    "Date32": pa.date32,
    "Float32": pa.float32,
    "Float64": pa.float64,
    "Int8": pa.int8,
    "Int16": pa.int16,
    "Int32": pa.int32,
    "Int64": pa.int64,
    "UInt8": pa.uint8,
    "UInt16": pa.uint16,
    "UInt32": pa.uint32,
    "UInt64": pa.uint64,
    "Nothing": pa.null,
}
_SHELL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)


class UnknownType(ValueError):
    """A type of ClickHouse that has no place in a Parquet file yet."""


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of values that the driver returns for a ClickHouse type. Raises `UnknownType`."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]()
    match = _SHELL.fullmatch(kind)
    shell, inner = (match[1], match[2]) if match else (kind, "")
    match shell:
        case "Nullable" | "LowCardinality":
            return arrow_type(inner)
        case "DateTime":
            return pa.timestamp("s", tz="UTC")
        case "DateTime64":
            return pa.timestamp("ms", tz="UTC")
        case "Enum8" | "Enum16" | "FixedString":
            return pa.string()
        case "Array":
            return pa.list_(arrow_type(inner))
        case "Map":
            key, value = arguments(inner)
            return pa.map_(arrow_type(key), arrow_type(value))
        case "Tuple":
            fields = [field.rpartition(" ") if _is_named(field) else ("", "", field) for field in arguments(inner)]
            return pa.struct([(name or str(at), arrow_type(each)) for at, (name, _, each) in enumerate(fields, 1)])
        case _:
            raise UnknownType(f"a column of type {kind} cannot be written to a Parquet file")


def arguments(text: str) -> list[str]:
    """The arguments of a type: `String, Map(String, UInt8)` → [`String`, `Map(String, UInt8)`]."""
    found, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]


def _is_named(field: str) -> bool:
    return re.match(r"\w+ [A-Z]", field) is not None
