"""Grafana's user may ask what the dashboards ask, and nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

import pytest

from sinks.clickhouse.cluster import Cluster, Storage
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.roles import role_statements
from sinks.clickhouse.settings import ClickHouseSettings
from tests.deploy.compose import make_secrets
from tests.deploy.grafana import ALL, TimeRange, dashboards, filled, panels, variables
from tests.support.bank_month import DAY, TODAY
from tests.support.clickhouse import EmbeddedClickHouse
from tests.support.clickhouse_rights import EVERYTHING, refusals

DATABASE = "omnitrack"
ROLE = "omnitrack_grafana"
GRANT = re.compile(
    r"^GRANT (?:ON CLUSTER `c` )?SELECT(?:\(([^)]*)\))?\s+ON (\S+)(?: TO omnitrack_grafana)?$", re.MULTILINE
)
CUSTOMERS = (
    "SELECT customer_id FROM touchpoints",
    "SELECT identities FROM touchpoints",
    "SELECT count() FROM journeys WHERE customer_id = 'C-1'",
    "SELECT * FROM handoffs",
    "SELECT payload FROM dead_letters",
    "SELECT * FROM rejected_rows",
    "SELECT customer_digest FROM erasures",
    "SELECT * FROM explorer_journeys",
)


def granted(text: str) -> dict[str, set[str]]:
    """Table or view → the columns that may be read; none: all of them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for columns, place in GRANT.findall(text):
        found[place.replace("`", "")] |= set(columns.split(", ")) - {""}
    return dict(found)


def statements() -> list[str]:
    """All that the dashboards ask, as chosen when they are opened."""
    month = TimeRange(TODAY - 30 * DAY, TODAY)
    asked = []
    for name, _ in dashboards():
        known = variables(name)
        chosen = {
            one.name: (ALL,) if one.definition.get("includeAll") else ("UTC",) if one.sql else (one.written_options[0],)
            for one in known.values()
        }
        texts = [one.sql for one in known.values() if one.sql] + [one.sql for one in panels() if one.dashboard == name]
        asked += [filled(sql, known, chosen, month) for sql in texts]
    return asked


@pytest.fixture(scope="module")
def of_compose(tmp_path_factory: pytest.TempPathFactory) -> ET.Element:
    """The rights of compose.yaml's user."""
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    rights = ET.parse(folder / "clickhouse-users.xml").getroot().find("users/grafana/grants")  # noqa: S314 -- our own
    assert rights is not None
    return rights


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server that is stopped: empty tables, and views with the definers that the roles give them."""
    server = EmbeddedClickHouse.start(tmp_path_factory.mktemp("clickhouse"))
    try:
        migrate(ClickHouseSettings.of(server.url))
    finally:
        server.child.terminate()
    data_dir = server.folder / "data"
    definers = [one for one in role_statements(Storage(DATABASE)) if "MODIFY SQL SECURITY" in one]
    assert set(refusals(data_dir, EVERYTHING, definers)) == {None}
    return data_dir


def test_what_dashboards_ask_is_answered_and_what_else_is_kept_of_customers_is_not(
    data_dir: Path, of_compose: ET.Element
) -> None:
    asked = statements()
    told = refusals(data_dir, ET.tostring(of_compose, encoding="unicode"), [*asked, *CUSTOMERS])
    refused = {sql: error for sql, error in zip(asked, told, strict=False) if error}
    assert refused == {}
    assert all(error and "ACCESS_DENIED" in error for error in told[len(asked) :])


def test_the_role_may_what_composes_user_may(of_compose: ET.Element) -> None:
    role = "\n".join(one for one in role_statements(Storage(DATABASE, Cluster("c", DATABASE))) if ROLE in one)
    by_role, by_file = granted(role), granted("\n".join(query.text or "" for query in of_compose))
    assert by_role == by_file
    assert len(by_role) == role.count("GRANT ")


def test_nothing_is_granted_that_no_dashboard_names(of_compose: ET.Element) -> None:
    asked = statements()
    for place, columns in granted("\n".join(query.text or "" for query in of_compose)).items():
        name = place.partition(".")[2].rstrip("*")
        naming = " ".join(sql for sql in asked if re.search(rf"\bFROM {name}", sql))
        assert naming, place
        assert {column for column in columns if not re.search(rf"\b{column}\b", naming)} == set(), place
