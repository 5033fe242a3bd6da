"""One embedded ClickHouse for all tests of this folder, and a client with a database of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from clickhouse_driver import Client

from tests.omnitrack.embedded.clickhouse_process import Running, running

_numbers = count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("clickhouse")
    with running(directory / "data", directory / "log") as started:
        yield started


@pytest.fixture
def database(server: Running) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    with server.client() as client:
        client.execute(f"CREATE DATABASE {name}")
        yield name
        client.execute(f"DROP DATABASE {name} SYNC")


@pytest.fixture
def client(server: Running, database: str) -> Iterator[Client]:
    with server.client(database=database) as connected:
        yield connected
