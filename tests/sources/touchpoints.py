"""Touchpoints to publish, and what is on a topic afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic

from omnitrack.broker_reader import BrokerReader


def touchpoint(event_id: str = "1", customer_no: str | None = "C1", **changes: Any) -> dict[str, Any]:
    """A valid touchpoint of the mobile app; without a customer it has only a session."""
    return {
        "schema_version": 1,
        "event_id": event_id,
        "channel": "mobile_app",
        "occurred_at": "2026-03-02T09:00:00+08:00",
        "identities": {} if customer_no is None else {"customer_no": customer_no},
        "session_id": "s1",
        "touchpoint": "service.step",
        "stage": "apply",
        "details": {"app_version": "8.1.0", "os": "ios"},
    } | changes


def make_topics(kafka: str, names: Iterable[str], partitions: int = 2) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(name, partitions, 1) for name in names])
    admin.close()


def records_on(kafka: str, topic: str) -> dict[int, list[tuple[bytes, bytes]]]:
    """Keys and values of all records of a topic, by partition."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=None)
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        with BrokerReader(kafka) as reader:
            ends = {TopicPartition(*one): end for one, end in reader.end_offsets([topic]).items()}
        records: dict[int, list[tuple[bytes, bytes]]] = {one.partition: [] for one in partitions}
        while any(consumer.position(one) < ends[one] for one in partitions):
            for one, fetched in consumer.poll(timeout_ms=500).items():
                records[one.partition] += [(record.key, record.value) for record in fetched]
        return records
    finally:
        consumer.close()
