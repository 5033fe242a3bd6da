"""Records and commits on a real broker, as a stage of the pipeline makes them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from omnitrack.settings import Endpoints, check_endpoints
from schemas.topics import Topics
from streams.provision import ensure_topics

PARTITIONS = 2


class OddName(str):
    """A header's name as clients that take any bytes send it."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"\xff\xfe"


def deployment(kafka: str, topic_prefix: str) -> Endpoints:
    """Endpoints on `kafka`, with all topics made."""
    asyncio.run(ensure_topics(kafka, Topics(topic_prefix), partitions=PARTITIONS, replication=1))
    return check_endpoints(kafka, "clickhouse://127.0.0.1:1/omnitrack", Path("nowhere"), topic_prefix)


def send(kafka: str, topic: str, count: int, partition: int = 0) -> None:
    """Write `count` records to a partition, in one batch."""
    producer = KafkaProducer(bootstrap_servers=kafka, linger_ms=200)
    for number in range(count):
        producer.send(topic, b"%d" % number, partition=partition)
    producer.flush()
    producer.close()


def commit(kafka: str, group: str, topic: str, offset: int, partition: int = 0) -> None:
    """Commit `offset` of a partition for `group`."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    place = TopicPartition(topic, partition)
    consumer.assign([place])
    consumer.commit({place: OffsetAndMetadata(offset, "", -1)})
    consumer.close()
