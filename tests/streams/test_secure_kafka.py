"""Apache Kafka over TLS and with users: all clients of omnitrack get in, and who does not is told why."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from omnitrack.audit.account import Range
from omnitrack.audit.records import RecordFinder
from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.offsets import Partition
from schemas.kafka_obstacle import find_obstacle
from schemas.kafka_security import client_options
from schemas.topics import Topics
from sources.publisher import DeliveryError, Publisher
from sources.settings import PublisherSettings
from streams.batching.frames import FrameProtocol, receive_in_place
from streams.provision import ensure_topics
from tests.sources.touchpoints import touchpoint
from tests.streams.worker import Deployment, eventually
from tests.support.brokers import Broker
from tests.support.secure_kafka import PASSWORD, USER, SecureKafka

SECONDS = 5.0
PATIENCE = 60.0
WAITS_FOR_USER = "waiting for Kafka at .*correct OMNITRACK_KAFKA_USER"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("OMNITRACK_KAFKA")]:
        monkeypatch.delenv(name)
    return monkeypatch


class Give:
    """Sets the environment as an operator would, for this process and those it starts."""

    def __init__(self, environment: pytest.MonkeyPatch, kafka: SecureKafka) -> None:
        self._environment = environment
        self._certificates = kafka.certificates

    def __call__(self, security: str, **settings: str | Path) -> None:
        trusted = {"CA_FILE": self._certificates.ca} if security.endswith("SSL") else {}
        for name, value in ({"SECURITY": security} | trusted | settings).items():
            self._environment.setenv(f"OMNITRACK_KAFKA_{name}", str(value))

    def account(self, security: str, mechanism: str = "SCRAM-SHA-512", password: str = PASSWORD) -> None:
        self(security, MECHANISM=mechanism, USER=USER, PASSWORD=password)

    def certificate(self) -> None:
        self("SSL", CERT_FILE=self._certificates.client, KEY_FILE=self._certificates.client_key)


@pytest.fixture
def give(environment: pytest.MonkeyPatch, secure_kafka: SecureKafka) -> Give:
    return Give(environment, secure_kafka)


def obstacle(kafka: str) -> str:
    return asyncio.run(find_obstacle(kafka, PATIENCE)) or "none"


def stitch_one(kafka: str, prefix: str, folder: Path) -> str:
    """Take a touchpoint all the way, with every client that there is; returns the worker's log."""
    deployment = Deployment(Broker("secure", kafka, durable=True), Topics(prefix), folder)
    deployment.create_topics()
    topic = deployment.topics.touchpoints("mobile_app")
    with Publisher(PublisherSettings.model_validate({"kafka": kafka, "topic_prefix": prefix})) as publisher:
        publisher.send(touchpoint())
    with BrokerReader(kafka) as reader:
        [place] = [place for place, end in reader.end_offsets([topic]).items() if end]
    with RecordFinder(kafka) as finder:
        assert list(finder.records_in(Partition(topic, place.number), Range(0, 0))) == [0]
    with deployment.worker() as child:
        deployment.done(1, child)
    assert deployment.ends(deployment.topics.stitched) == 1
    said = child.log.read_text()
    assert "Warning" not in said
    return said


def test_with_a_user_a_touchpoint_is_published_stitched_and_found_again(
    secure_kafka: SecureKafka, give: Give, topic_prefix: str, tmp_path: Path
) -> None:
    give.account("SASL_SSL")
    assert PASSWORD not in stitch_one(secure_kafka.sasl, topic_prefix, tmp_path)


def test_with_a_certificate_as_well(secure_kafka: SecureKafka, give: Give, topic_prefix: str, tmp_path: Path) -> None:
    give.certificate()
    stitch_one(secure_kafka.mutual_tls, topic_prefix, tmp_path)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism_gets_in(secure_kafka: SecureKafka, give: Give, mechanism: str) -> None:
    give.account("SASL_SSL", mechanism)
    with BrokerReader(secure_kafka.sasl) as reader:
        assert reader.topics() is not None


def test_in_clear_a_user_gets_in_where_that_is_allowed(secure_kafka: SecureKafka, give: Give) -> None:
    give.account("SASL_PLAINTEXT")
    give("SASL_PLAINTEXT", ALLOW_PLAINTEXT_SASL="1")
    with BrokerReader(secure_kafka.sasl_in_clear) as reader:
        assert reader.topics() is not None


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_called_so(secure_kafka: SecureKafka, give: Give, mechanism: str) -> None:
    give.account("SASL_SSL", mechanism, password="wr0ng")  # noqa: S106 -- made up here
    said = obstacle(secure_kafka.sasl)
    assert "correct OMNITRACK_KAFKA_USER and OMNITRACK_KAFKA_PASSWORD_FILE" in said
    assert "wr0ng" not in said


def test_an_unknown_authority_is_called_so(secure_kafka: SecureKafka, give: Give) -> None:
    give("SSL", CA_FILE=secure_kafka.certificates.strange_ca)
    assert "OMNITRACK_KAFKA_CA_FILE must hold the authority" in obstacle(secure_kafka.tls)


def test_an_expired_certificate_is_called_so(secure_kafka: SecureKafka, give: Give) -> None:
    give("SSL")
    assert "certificate has expired; have the broker's certificate renewed" in obstacle(secure_kafka.expired)


def test_a_certificate_for_another_name_is_refused(secure_kafka: SecureKafka, give: Give) -> None:
    give("SSL")
    by_another_name = secure_kafka.tls.replace("127.0.0.1", "localhost")
    assert "call the broker by a name of its certificate" in obstacle(by_another_name)


def test_a_broker_that_wants_a_certificate_says_so(secure_kafka: SecureKafka, give: Give) -> None:
    give("SSL")
    assert "set OMNITRACK_KAFKA_CERT_FILE" in obstacle(secure_kafka.mutual_tls)


def test_a_listener_that_speaks_something_else_is_suspected(secure_kafka: SecureKafka, give: Give) -> None:
    suspicion = "does the listener on this port speak what OMNITRACK_KAFKA_SECURITY says?"
    assert suspicion in obstacle(secure_kafka.tls)
    give("SSL")
    assert suspicion in obstacle(secure_kafka.clear)
    assert suspicion in obstacle(secure_kafka.sasl)


def test_a_user_where_none_is_asked_for_is_told(secure_kafka: SecureKafka, give: Give) -> None:
    give.account("SASL_SSL")
    assert "this listener of the broker asks for no user" in obstacle(secure_kafka.tls)


def test_who_reads_and_who_publishes_is_told(secure_kafka: SecureKafka, give: Give) -> None:
    give.account("SASL_SSL", password="wr0ng")  # noqa: S106 -- made up here
    with pytest.raises(BrokerUnavailableError, match="correct OMNITRACK_KAFKA_USER"):
        BrokerReader(secure_kafka.sasl, SECONDS)
    settings = PublisherSettings(kafka=secure_kafka.sasl, answer_seconds=SECONDS)
    with pytest.raises(DeliveryError, match="correct OMNITRACK_KAFKA_USER"):
        Publisher(settings)


def test_a_worker_waits_for_its_password_to_be_known_and_says_so(
    secure_kafka: SecureKafka, give: Give, topic_prefix: str, tmp_path: Path
) -> None:
    give.account("SASL_SSL", password="wr0ng")  # noqa: S106 -- made up here
    deployment = Deployment(Broker("secure", secure_kafka.sasl, durable=True), Topics(topic_prefix), tmp_path)
    with deployment.worker() as child:
        eventually("says it", lambda: re.search(WAITS_FOR_USER, child.log.read_text()) is not None, child)
    assert "wr0ng" not in child.log.read_text()


@pytest.mark.parametrize("listener", ["clear", "sasl"])
def test_answers_are_received_in_place_over_tls_too(
    give: Give, secure_kafka: SecureKafka, topic_prefix: str, listener: str
) -> None:
    kafka, topics = getattr(secure_kafka, listener), Topics(topic_prefix)
    if listener == "sasl":
        give.account("SASL_SSL")

    async def fetch() -> tuple[list[int], list[Any]]:
        await ensure_topics(kafka, topics, partitions=1, replication=1)
        options, topic = client_options(kafka), topics.duplicates
        async with AIOKafkaProducer(**options) as producer:
            for number in range(3):
                await producer.send_and_wait(topic, bytes([number]) * 900_000)
        consumer = AIOKafkaConsumer(topic, **options, auto_offset_reset="earliest")
        receive_in_place(consumer._client, compiled=True)
        async with consumer:
            sizes = [len((await consumer.getone()).value) for _ in range(3)]
            return sizes, [connection._protocol for connection in consumer._client._conns.values()]

    sizes, protocols = asyncio.run(fetch())
    assert sizes == [900_000] * 3
    assert any(isinstance(protocol, FrameProtocol) for protocol in protocols)
