"""What is provisioned in Grafana holds together; every query of it runs, on a simulated bank and on an empty one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
from clickhouse_driver import Client
from ruamel.yaml import YAML

from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import PREFIX, Question, ask, find_metric
from sinks.clickhouse.migrate import migrate
from tests.deploy.grafana import ALL, PROVISIONING, Panel, TimeRange, dashboards, filled, panels, variables
from tests.support.bank_month import DAY, TODAY, BankMonth
from tests.support.clickhouse import fresh_database

MONTH = TimeRange(TODAY - 30 * DAY, TODAY)
DATA_SOURCE = {"type": "grafana-clickhouse-datasource", "uid": "omnitrack"}
NUMBER = re.compile(r"(Nullable\()?(U?Int|Float|Decimal)\d+")
METRIC = re.compile(rf"\b{PREFIX}(\w+)\(")
PANELS = [pytest.param(panel, id=f"{panel.dashboard}: {panel.title}") for panel in panels()]
# None of them has an empty answer in a month of the bank, but for what no bank should have.
MAY_BE_EMPTY = {"Rows refused by ClickHouse"}


@pytest.fixture(scope="module")
def bank(clickhouse_url: str) -> Iterator[Client]:
    with fresh_database(clickhouse_url) as settings:
        BankMonth(settings)
        with connected(settings) as client:
            yield client


@pytest.fixture(scope="module")
def empty(clickhouse_url: str) -> Iterator[Client]:
    with fresh_database(clickhouse_url) as settings:
        migrate(settings)
        with connected(settings) as client:
            yield client


def chosen(client: Client, dashboard: str, **given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What is chosen when a dashboard is opened, apart from what is `given`."""
    known = variables(dashboard)
    values: dict[str, tuple[str, ...]] = {}
    for name, variable in known.items():
        if variable.definition.get("includeAll"):
            values[name] = (ALL,)
        elif variable.sql is None:
            values[name] = (variable.definition["current"]["value"],)
        else:
            values[name] = (options(client, variable.sql)[0],)
    return values | given


def options(client: Client, sql: str) -> list[str]:
    return [value for (value,) in client.execute(filled(sql, {}, {}, MONTH))]


def run(client: Client, panel: Panel, **given: tuple[str, ...]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows of a panel, and its columns with their types."""
    values = chosen(client, panel.dashboard, **given)
    query = filled(panel.sql, variables(panel.dashboard), values, MONTH)
    rows, columns = client.execute(query, with_column_types=True)
    names = [name for name, _ in columns]
    return [dict(zip(names, row, strict=True)) for row in rows], dict(columns)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_shows_the_columns_that_it_refers_to_each_number_with_a_unit(bank: Client, panel: Panel) -> None:
    rows, columns = run(bank, panel)
    assert rows or panel.title in MAY_BE_EMPTY
    referred = set(panel.overrides) | {
        value for key, value in panel.definition.get("options", {}).items() if key == "xField"
    }
    assert referred <= columns.keys()
    numbers = {name for name, type_ in columns.items() if NUMBER.match(type_)}
    assert numbers, "nothing to draw"
    without_unit = {name for name in numbers if "unit" not in panel.overrides.get(name, {}) and not panel.unit}
    assert not without_unit


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_without_anything_to_show_does_not_fail(empty: Client, panel: Panel) -> None:
    run(empty, panel, **({"zone": ("UTC",)} if "zone" in variables(panel.dashboard) else {}))


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_takes_any_choice_of_the_variables(bank: Client, panel: Panel) -> None:
    known = variables(panel.dashboard)
    several = {
        name: tuple(options(bank, variable.sql)[:2])
        for name, variable in known.items()
        if variable.definition.get("multi") and variable.sql
    }
    assert all(several.values())
    run(bank, panel, **several, **({"anonymous": ("1",), "grain": ("week",)} if "grain" in known else {}))
    rows, _ = run(bank, panel, **dict.fromkeys(several, ("it's", "nothing")))
    assert all(not isinstance(row.get("n"), int) or row["n"] == 0 for row in rows), "a filter is not passed on"


@pytest.mark.parametrize("panel", PANELS)
def test_every_view_is_given_the_dashboards_filters(panel: Panel) -> None:
    assert "$__fromTime_ms" in panel.sql
    assert "$__toTime_ms" in panel.sql
    assert not re.search(r"\bsince = (?!\$__fromTime_ms)|\buntil = (?!\$__toTime_ms)", panel.sql)
    for name, given in re.findall(r"\b(intent|channel|care) = (\[[^\]]*\])", panel.sql):
        assert given == f"[${{{name}:singlequote}}]"
    assert not re.search(r"\banonymous = (?!\$\{anonymous\})", panel.sql)
    assert not re.search(r"\bzone = (?!'\$\{zone\}')", panel.sql)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panels_description_is_that_of_its_metric(panel: Panel) -> None:
    description = panel.definition["description"]
    names = set(METRIC.findall(panel.sql))
    assert len(names) <= 1
    assert description.endswith(".")
    for metric in map(find_metric, names):
        for told in (metric.meaning[1:], metric.formula, metric.counted):
            assert told in description


@pytest.mark.parametrize("panel", PANELS)
def test_a_curve_has_a_time_that_is_never_null_and_grows(bank: Client, panel: Panel) -> None:
    is_curve = panel.definition["type"] == "timeseries"
    [target] = panel.definition["targets"]
    assert (target["format"], target["queryType"]) == ((0, "timeseries") if is_curve else (1, "table"))
    if is_curve:
        rows, columns = run(bank, panel)
        assert columns["time"].startswith("DateTime")
        times = [row["time"] for row in rows]
        assert times == sorted(times)
        assert len(set(times)) > 1


def test_a_panel_shows_the_number_of_the_metric_under_the_same_filters(bank: Client) -> None:
    [panel] = [it for it in panels() if (it.dashboard, it.title) == ("overview", "Handoff success")]
    [shown], _ = run(bank, panel, intent=("complaint",), channel=("hotline", "branch"), anonymous=("1",))
    since, until = (datetime.fromtimestamp(it / 1000, UTC) for it in (MONTH.since, MONTH.until))
    question = Question(since, until, intents=("complaint",), channels=("hotline", "branch"), anonymous=True)
    [asked] = ask(bank, find_metric("handoff_success"), question).dicts
    assert shown == {"rate": asked["rate"], "n": asked["n"]}
    assert shown["n"] > 0


def test_every_variable_is_used_and_offers_something(bank: Client) -> None:
    for name, board in dashboards():
        queries = " ".join(panel["targets"][0]["rawSql"] for panel in board["panels"])
        for variable in variables(name).values():
            assert f"${{{variable.name}" in queries
            offered = options(bank, variable.sql) if variable.sql else variable.written_options
            assert offered
            if not variable.definition.get("multi") and variable.sql is None:
                assert variable.definition["current"]["value"] in offered


def test_panels_do_not_overlap_and_have_numbers_and_titles_of_their_own() -> None:
    for _, board in dashboards():
        for key in ("id", "title"):
            assert len({panel[key] for panel in board["panels"]}) == len(board["panels"])
        cells = [
            (x, y)
            for place in (panel["gridPos"] for panel in board["panels"])
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(set(cells)) == len(cells)
        assert max(x for x, _ in cells) < 24


def test_the_data_source_takes_its_address_and_credentials_from_the_environment() -> None:
    [source] = _yaml("datasources")["datasources"]
    assert {"type": source["type"], "uid": source["uid"]} == DATA_SOURCE
    assert source["jsonData"].pop("protocol") == "native"
    for value in (*source["jsonData"].values(), *source["secureJsonData"].values()):
        assert re.fullmatch(r"\$CLICKHOUSE_[A-Z]+", value)
    for _, board in dashboards():
        for part in (*board["panels"], *(it for it in board["templating"]["list"] if it["type"] == "query")):
            assert part["datasource"] == DATA_SOURCE


def test_the_provider_finds_the_dashboards_where_they_are_mounted() -> None:
    [provider] = _yaml("dashboards")["providers"]
    path = PurePosixPath(provider["options"]["path"]).relative_to("/etc/grafana/provisioning")
    found = sorted(it.stem for it in (PROVISIONING / path).glob("*.json"))
    assert found == [name for name, _ in dashboards()] != []
    assert len({board["uid"] for _, board in dashboards()}) == len(found)


def _yaml(kind: str) -> Any:
    return YAML(typ="safe").load(PROVISIONING / kind / "omnitrack.yaml")
