"""The application answers to its own name only, brings all with it, and gives files of what its pages show."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask.testing import FlaskClient

from explorer.app import create_app
from explorer.serve import LOOPBACK_NAMES
from explorer.store import Store
from sinks.clickhouse.settings import ClickHouseSettings

AWAY = ClickHouseSettings.of("clickhouse://default@127.0.0.1:1/omnitrack")


@pytest.fixture
def client() -> FlaskClient:
    return create_app(Store(AWAY, seconds=1), LOOPBACK_NAMES).test_client()


def test_the_page_names_nothing_outside_of_itself(client: FlaskClient) -> None:
    page = client.get("/", headers={"Host": "127.0.0.1:8050"}).get_data(as_text=True)
    assert re.findall(r'(?:src|href)="(?!/)([^"]*)"', page) == []
    assert '"disable_version_check":true' in page


def test_its_policy_lets_nothing_in_from_elsewhere(client: FlaskClient) -> None:
    policy = client.get("/", headers={"Host": "localhost"}).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    [scripts] = re.findall("script-src ([^;]*)", policy)
    assert re.fullmatch(r"'self'( 'sha256-[\w+/=]+')*", scripts)


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1:8050", 200), ("localhost:8050", 200), ("evil.example", 400)])
def test_it_answers_to_its_own_names_only(client: FlaskClient, host: str, status: int) -> None:
    assert client.get("/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("path", ["/export/nowhere/paths.csv", "/export/paths/paths.xlsx"])
def test_there_is_no_file_of_what_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers={"Host": "localhost"}).status_code == 404


def test_a_file_that_cannot_be_made_says_why(client: FlaskClient) -> None:
    answer = client.get("/export/paths/paths.csv", headers={"Host": "localhost"})
    assert answer.status_code == 503
    assert "ClickHouse does not answer at 127.0.0.1:1" in answer.get_data(as_text=True)


def test_a_file_of_an_empty_database_has_columns(clickhouse: ClickHouseSettings) -> None:
    client = create_app(Store(clickhouse, seconds=30)).test_client()
    answer = client.get("/export/handoffs/handoffs.csv?span=30d&failure=lost")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="omnitrack-handoffs-handoffs.csv"'
    [header] = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert header[:3] == ["left_at", "customer_id", "intent"]
    assert client.get("/export/handoffs/nothing.csv").status_code == 404
    assert client.get("/health").get_data(as_text=True) == "up\n"
