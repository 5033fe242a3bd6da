"""What Grafana would make of the provisioned dashboards: panels, and queries with macros and variables filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROVISIONING = Path(__file__).parents[2] / "deploy" / "grafana" / "provisioning"
DASHBOARDS = PROVISIONING / "dashboards" / "omnitrack"
ALL = "$__all"
VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """UTC milliseconds."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Panel:
    dashboard: str
    title: str
    definition: Mapping[str, Any]

    @property
    def sql(self) -> str:
        [target] = self.definition["targets"]
        return str(target["rawSql"])

    @property
    def overrides(self) -> dict[str, dict[str, Any]]:
        """Column → property → value."""
        return {
            override["matcher"]["options"]: {it["id"]: it["value"] for it in override["properties"]}
            for override in self.definition["fieldConfig"]["overrides"]
        }

    @property
    def unit(self) -> str | None:
        """The unit of columns that have none of their own."""
        unit: str | None = self.definition["fieldConfig"]["defaults"].get("unit")
        return unit


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    definition: Mapping[str, Any]

    @property
    def sql(self) -> str | None:
        """The query of its options; None if they are written down."""
        return str(self.definition["query"]) if self.definition["type"] == "query" else None

    @property
    def written_options(self) -> list[str]:
        """The values of a custom variable: `text : value`, or both in one."""
        return [each.split(" : ")[-1].strip() for each in self.definition["query"].split(",")]

    def text(self, chosen: tuple[str, ...], form: str | None) -> str:
        """What replaces `${name}` or `${name:form}` while `chosen` are chosen."""
        if chosen == (ALL,):
            return str(self.definition["allValue"])
        if form is None:
            [value] = chosen
            return value
        assert form == "singlequote", f"the test does not know how Grafana formats {form}"
        return ",".join("'" + value.replace("'", "\\'") + "'" for value in chosen)


def dashboards() -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each dashboard's file, and what stands in it."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        yield path.stem, json.loads(path.read_text())


def panels() -> list[Panel]:
    return [Panel(name, it["title"], it) for name, board in dashboards() for it in board["panels"]]


def variables(dashboard: str) -> dict[str, Variable]:
    board = dict(dashboards())[dashboard]
    return {it["name"]: Variable(it["name"], it) for it in board["templating"]["list"]}


def filled(sql: str, known: Mapping[str, Variable], chosen: Mapping[str, tuple[str, ...]], time: TimeRange) -> str:
    """The query that reaches ClickHouse."""
    sql = VARIABLE.sub(lambda match: known[match[1]].text(chosen[match[1]], match[2]), sql)
    sql = sql.replace("$__fromTime_ms", f"fromUnixTimestamp64Milli({time.since})")
    sql = sql.replace("$__toTime_ms", f"fromUnixTimestamp64Milli({time.until})")
    assert "$" not in sql, f"the test does not know how Grafana fills in the rest: {sql}"
    return sql
