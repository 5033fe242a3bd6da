"""What the roles let people do, on a ClickHouse server with users."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import pytest
from clickhouse_driver.errors import ErrorCodes, ServerException

from sinks.clickhouse.client import connected
from sinks.clickhouse.metrics import Question, ask, find_metric
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.roles import make_roles
from sinks.clickhouse.settings import ClickHouseSettings

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def analyst(database: ClickHouseSettings) -> Iterator[ClickHouseSettings]:
    """The database as somebody sees it who has the analysts' role."""
    name, password = f"ana_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    migrate(database)
    assert make_roles(database)
    with connected(database) as client:
        client.execute(f"CREATE USER {name} IDENTIFIED WITH sha256_password BY '{password}'")
        client.execute(f"GRANT omnitrack_analyst TO {name}")
        parts = urlsplit(database.clickhouse.get_secret_value())
        yield ClickHouseSettings.of(
            urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.hostname}:{parts.port}"))
        )
        client.execute(f"DROP USER {name}")


def refusal(settings: ClickHouseSettings, sql: str) -> int:
    with connected(settings) as client, pytest.raises(ServerException) as refused:
        client.execute(sql)
    code: int = refused.value.code
    return code


def test_an_analyst_asks_metrics_and_sees_no_customer(analyst: ClickHouseSettings) -> None:
    with connected(analyst) as client:
        assert ask(client, find_metric("wait"), Question(SINCE, UNTIL)).columns
    for sql in ("SELECT count() FROM touchpoints", "SELECT customer_id FROM journeys", "SELECT * FROM dead_letters"):
        assert refusal(analyst, sql) == ErrorCodes.ACCESS_DENIED, sql


def test_an_analyst_changes_nothing(analyst: ClickHouseSettings) -> None:
    for sql in ("TRUNCATE TABLE journeys", "INSERT INTO journeys SELECT * FROM journeys"):
        assert refusal(analyst, sql) in (ErrorCodes.ACCESS_DENIED, ErrorCodes.READONLY), sql


def test_roles_may_be_made_again(database: ClickHouseSettings) -> None:
    migrate(database)
    assert make_roles(database)
    assert make_roles(database)
