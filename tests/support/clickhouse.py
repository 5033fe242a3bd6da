"""Fixtures that give tests a ClickHouse: `CLICKHOUSE_URL` if set, else the embedded server."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from omnitrack.ports import LOOPBACK, free_port
from sinks.clickhouse.client import connect
from sinks.clickhouse.errors import ClickHouseError, explained
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.settings import ClickHouseSettings
from tests.support.child import Child

EMBEDDED = "omnitrack.embedded.clickhouse"
START_SECONDS = 120.0
POLL_SECONDS = 0.05


@dataclass(slots=True)
class EmbeddedClickHouse:
    """An embedded ClickHouse server as a child process, on a port and a folder that outlive it."""

    folder: Path
    port: int
    child: Child
    module: str = EMBEDDED

    @classmethod
    def start(cls, folder: Path, port: int | None = None, module: str = EMBEDDED) -> EmbeddedClickHouse:
        """Start it and wait until it answers; raises `ServerFailed` with the end of its log."""
        port = port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        server = cls(folder, port, _run(module, folder, port), module)
        server.await_answer()
        return server

    @property
    def url(self) -> str:
        return f"clickhouse://default@{LOOPBACK}:{self.port}/omnitrack"

    def kill(self) -> None:
        """SIGKILL, as in a crash."""
        self.child.kill()

    def start_again(self) -> None:
        """Start it on the same folder and port after it has ended, and wait until it answers."""
        self.launch()
        self.await_answer()

    def launch(self) -> None:
        """Start it again after it has ended, without waiting for it."""
        self.child = _run(self.module, self.folder, self.port)

    def await_answer(self) -> None:
        """Return once it answers; raises `ServerFailed` with the end of its log."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.child.is_running:
            try:
                connect(ClickHouseSettings.of(self.url), database="default").disconnect()
            except ClickHouseError:
                time.sleep(POLL_SECONDS)
            else:
                return
        failure = self.child.failure("does not answer" if self.child.is_running else "ended by itself")
        self.child.kill()
        raise failure


def _run(module: str, folder: Path, port: int) -> Child:
    command = [sys.executable, "-m", module]
    command += ["--data-dir", str(folder / "data"), "--port", str(port)]
    return Child.spawn("embedded ClickHouse", command, folder / "server.log")


@pytest.fixture(scope="session")
def clickhouse_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a ClickHouse that tests share: each keeps to its own database."""
    given = os.environ.get("CLICKHOUSE_URL")
    if given:
        yield given
        return
    server = EmbeddedClickHouse.start(tmp_path_factory.mktemp("clickhouse"))
    try:
        yield server.url
    finally:
        server.child.terminate()


@contextmanager
def fresh_database(clickhouse_url: str) -> Iterator[ClickHouseSettings]:
    """The settings of a database that does not exist yet; it is dropped afterwards."""
    settings = ClickHouseSettings.of(_with_database(clickhouse_url, f"test_{uuid.uuid4().hex[:12]}"))
    try:
        yield settings
    finally:
        client = connect(settings, database="default")
        with explained(settings):
            client.execute(f"DROP DATABASE IF EXISTS {settings.database}")
        client.disconnect()


@pytest.fixture
def own_clickhouse(tmp_path: Path) -> Iterator[EmbeddedClickHouse]:
    """An embedded ClickHouse of this test alone, to be stopped, killed and started again."""
    server = EmbeddedClickHouse.start(tmp_path / "clickhouse")
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def empty_clickhouse(clickhouse_url: str) -> Iterator[ClickHouseSettings]:
    """The settings of a database that does not exist yet; it is dropped afterwards."""
    with fresh_database(clickhouse_url) as settings:
        yield settings


@pytest.fixture
def clickhouse(empty_clickhouse: ClickHouseSettings) -> ClickHouseSettings:
    """The settings of an own database with all tables, empty."""
    migrate(empty_clickhouse)
    return empty_clickhouse


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
