"""Calls of parameterised views: which parameters a view takes, and the query that fills them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sinks.clickhouse.views import View

PARAMETER = re.compile(r"\{(\w+):([^{}]+)\}")
Value = str | int | float | bool | datetime | timedelta | Sequence[str]


@dataclass(frozen=True, slots=True)
class Call:
    """A query of a view: `sql` with placeholders for `parameters`, or `spelled` out for someone to copy."""

    sql: str
    parameters: dict[str, object]
    spelled: str


def parameters_of(view: View) -> dict[str, str]:
    """The parameters of a view, name → type, in the order in which its text first names them."""
    return dict(PARAMETER.findall(view.statement))


def call(view: str, types: Mapping[str, str], values: Mapping[str, Value], tail: str = "") -> Call:
    """The query for all columns of `view` with a value for each of its parameters; KeyError names one without.

    Times need a time zone; spans become seconds. `tail` follows the call, such as `WHERE …` or `LIMIT …`.
    """
    sent = {name: _sent(values[name]) for name in types}
    placed = ", ".join(f"{name} = {{{name}:{type_}}}" for name, type_ in types.items())
    spelled = ", ".join(f"{name} = {_literal(value)}" for name, value in sent.items())
    end = f" {tail}" if tail else ""
    return Call(
        f"SELECT * FROM {view}({placed}){end}",  # noqa: S608 -- a view's own name
        dict(sent),
        f"SELECT *\nFROM {view}({spelled})" + (f"\n{tail}" if tail else ""),
    )


def _sent(value: Value) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        case timedelta():
            return round(value.total_seconds())
        case bool():
            return int(value)
        case str() | int() | float():
            return value
        case _:
            return list(value)


def _literal(value: object) -> str:
    match value:
        case str():
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case list():
            return "[" + ", ".join(_literal(item) for item in value) + "]"
        case _:
            return str(value)
