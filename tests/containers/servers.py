"""The servers of compose.yaml as containers of a test: their images, their settings, their configuration files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import DockerException
from ruamel.yaml import YAML
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from omnitrack.ports import LOOPBACK, free_port
from sinks.clickhouse.client import connect
from sinks.clickhouse.errors import ClickHouseError
from sinks.clickhouse.settings import ClickHouseSettings
from tests.deploy.compose import FILES, make_secrets
from tests.deploy.known import DEPLOY
from tests.support.brokers import Broker
from tests.support.kafka_ready import broker_answers

START_SECONDS = 180.0
POLL_SECONDS = 0.5
NO_DOCKER = "no Docker engine"


@dataclass(frozen=True, slots=True)
class Servers:
    """A broker, and the URL of a ClickHouse server in a cluster of one; the user may manage access."""

    broker: Broker
    clickhouse: str


def require_docker() -> None:
    """Skip the test where no Docker engine answers."""
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        pytest.skip(f"{NO_DOCKER}: {error}")
    client.close()


@contextmanager
def started(folder: Path) -> Iterator[Servers]:
    """All of them, in a network of their own; gone afterwards."""
    make_secrets(folder)
    with Network() as network, _keeper(network), _kafka(network) as broker, _clickhouse(network, folder) as url:
        yield Servers(broker, url)


def _described(name: str) -> dict[str, Any]:
    """A server in the words of compose.yaml."""
    service: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose.yaml")["services"][name]
    return service


def _container(name: str, network: Network) -> DockerContainer:
    service = _described(name)
    container = DockerContainer(service["image"]).with_network(network).with_network_aliases(name)
    for variable, value in service.get("environment", {}).items():
        container.with_env(variable, str(value))
    return container


def _keeper(network: Network) -> DockerContainer:
    file = "/etc/clickhouse-keeper/keeper_config.xml"
    return _container("keeper", network).with_volume_mapping(FILES / "keeper.xml", file)


@contextmanager
def _kafka(network: Network) -> Iterator[Broker]:
    # A client is sent where the broker says that it is: the port has to be known before it starts.
    port = free_port()
    bootstrap = f"{LOOPBACK}:{port}"
    container = _container("kafka", network).with_bind_ports(9094, port)
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"INSIDE://kafka:9092,OUTSIDE://{bootstrap}")
    with container:
        _await_that(lambda: broker_answers(bootstrap), container)
        yield Broker("container", bootstrap, durable=True)


@contextmanager
def _clickhouse(network: Network, secrets: Path) -> Iterator[str]:
    container = (
        _container("clickhouse", network)
        .with_exposed_ports(9000)
        .with_volume_mapping(FILES / "clickhouse.xml", "/etc/clickhouse-server/config.d/omnitrack.xml")
        .with_volume_mapping(secrets / "clickhouse-users.xml", "/etc/clickhouse-server/users.d/omnitrack.xml")
    )
    password = (secrets / "clickhouse-password").read_text().strip()
    with container:
        url = f"clickhouse://omnitrack:{password}@{LOOPBACK}:{container.get_exposed_port(9000)}/omnitrack"
        _await_that(lambda: _answers(url), container)
        yield url


def _answers(url: str) -> bool:
    try:
        connect(ClickHouseSettings.of(url), database="default").disconnect()
    except ClickHouseError:
        return False
    return True


def _await_that(condition: Callable[[], bool], container: DockerContainer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            output, errors = container.get_logs()
            pytest.fail(f"{container.image} does not answer:\n{(output + errors).decode(errors='replace')[-4000:]}")
        time.sleep(POLL_SECONDS)
