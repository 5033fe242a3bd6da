"""What is read from a broker is exact, on Apache Kafka and on the embedded broker alike."""

from __future__ import annotations

import time
from threading import Event, Thread

import pytest
from kafka import KafkaConsumer, KafkaProducer

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.offsets import Partition
from omnitrack.ports import LOOPBACK, free_port
from tests.omnitrack.kafka_group import OddName, commit, deployment, send
from tests.support.brokers import Broker

SESSION_MS = 6_000


def test_the_end_counts_every_record_of_the_last_batch(broker: Broker, topic_prefix: str) -> None:
    atm = deployment(broker.bootstrap, topic_prefix).topics.touchpoints("atm")
    send(broker.bootstrap, atm, 5)
    send(broker.bootstrap, atm, 100)
    with BrokerReader(broker.bootstrap) as reader:
        assert reader.end_offsets([atm]) == {Partition(atm, 0): 105, Partition(atm, 1): 0}
        assert reader.begin_offsets([atm]) == {Partition(atm, 0): 0, Partition(atm, 1): 0}
        send(broker.bootstrap, atm, 3, partition=1)
        assert reader.end_offsets([atm])[Partition(atm, 1)] == 3


def test_the_end_is_read_whatever_the_header_of_the_last_record_is_called(broker: Broker, topic_prefix: str) -> None:
    atm = deployment(broker.bootstrap, topic_prefix).topics.touchpoints("atm")
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    producer.send(atm, b"{}", headers=[(OddName("odd"), b"")], partition=0)
    producer.close()
    with BrokerReader(broker.bootstrap) as reader:
        assert reader.end_offsets([atm]) == {Partition(atm, 0): 1, Partition(atm, 1): 0}


def test_the_topics_of_a_deployment_are_listed(broker: Broker, topic_prefix: str) -> None:
    topics = deployment(broker.bootstrap, topic_prefix).topics
    with BrokerReader(broker.bootstrap) as reader:
        assert {spec.name for spec in topics.all} <= reader.topics()


def test_a_group_has_the_offsets_it_committed_and_no_others(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    atm = endpoints.topics.touchpoints("atm")
    send(broker.bootstrap, atm, 10)
    commit(broker.bootstrap, endpoints.streams_group, atm, 4)
    with BrokerReader(broker.bootstrap) as reader:
        assert reader.committed(endpoints.streams_group) == {Partition(atm, 0): 4}
        assert reader.committed(endpoints.sink_group) == {}


def test_members_count_once_they_hold_their_partitions(broker: Broker, topic_prefix: str) -> None:
    endpoints = deployment(broker.bootstrap, topic_prefix)
    stop = Event()
    member = Thread(target=_consume, args=(broker.bootstrap, endpoints.streams_group, endpoints.topics.customer, stop))
    with BrokerReader(broker.bootstrap) as reader:
        assert reader.assigned_members(endpoints.streams_group) == 0
        member.start()
        try:
            deadline = time.monotonic() + 60
            while reader.assigned_members(endpoints.streams_group) != 1:
                assert time.monotonic() < deadline, "the member never held partitions"
                time.sleep(0.2)
        finally:
            stop.set()
            member.join()
        assert reader.assigned_members(endpoints.streams_group) == 0


def test_a_broker_that_does_not_answer_is_named() -> None:
    address = f"{LOOPBACK}:{free_port()}"
    with pytest.raises(BrokerUnavailableError, match=rf"Kafka at {address} does not answer"):
        BrokerReader(address, timeout_seconds=1)


def _consume(kafka: str, group: str, topic: str, stop: Event) -> None:
    consumer = KafkaConsumer(topic, bootstrap_servers=kafka, group_id=group, session_timeout_ms=SESSION_MS)
    while not stop.is_set():
        consumer.poll(timeout_ms=100)
    consumer.close()
