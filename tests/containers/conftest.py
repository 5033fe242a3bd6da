"""Servers in containers, for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sinks.clickhouse.settings import ClickHouseSettings
from tests.containers.servers import Servers, require_docker, started
from tests.support.clickhouse import fresh_database


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Apache Kafka, and a ClickHouse server with Keeper; skips where Docker does not run."""
    require_docker()
    with started(tmp_path_factory.mktemp("servers")) as found:
        yield found


@pytest.fixture
def database(servers: Servers) -> Iterator[ClickHouseSettings]:
    """A database on the server that does not exist yet; it is dropped afterwards."""
    with fresh_database(servers.clickhouse) as settings:
        yield settings
