"""What Kafka and ClickHouse hold after a round."""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from schemas.topics import Topics
from schemas.touchpoint import Origin
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.port import Table
from tests.chaos.verdict import Received, Tables
from tests.sinks.clickhouse.reading import BUILDERS, read_rows

TABLES: tuple[Table, ...] = tuple(BUILDERS)


def read_inputs(kafka: str, topics: Topics) -> list[Received]:
    """All records of the input topics, partition by partition."""
    consumer: Any = KafkaConsumer(bootstrap_servers=kafka, group_id=None, enable_auto_commit=False)
    try:
        partitions = [
            TopicPartition(topic, number)
            for topic in topics.inputs
            for number in sorted(consumer.partitions_for_topic(topic))
        ]
        return [record for partition in partitions for record in _read_partition(consumer, partition, topics)]
    finally:
        consumer.close()


def read_tables(clickhouse: ClickHouseSettings) -> Tables:
    """What `FINAL` shows of all tables of rows."""
    return {table: read_rows(clickhouse, table) for table in TABLES}


def _read_partition(consumer: Any, partition: TopicPartition, topics: Topics) -> list[Received]:
    consumer.assign([partition])
    consumer.seek_to_beginning()
    end = consumer.end_offsets([partition])[partition]
    records: list[Any] = []
    while consumer.position(partition) < end:
        for fetched in consumer.poll(timeout_ms=1_000).values():
            records += fetched
    channel = topics.channel_of(partition.topic)
    return [
        Received(
            Origin(partition.topic, partition.partition, record.offset),
            channel,
            record.timestamp,
            record.key,
            record.value or b"",
        )
        for record in records
    ]
