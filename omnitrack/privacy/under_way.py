"""Pseudonyms that ingest has sent on, and that are not stored yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from omnitrack.broker_reader import BrokerReader
from omnitrack.offsets import Offsets, lag
from omnitrack.settings import Endpoints
from schemas.identity import CUSTOMER_NO, SESSION, Held, Identity, Link, decode_identity_record, identities_of
from schemas.kafka_security import client_options
from schemas.touchpoint import Arrival, decode_customer_record

_POLL_MS = 500


def read_under_way(endpoints: Endpoints, reader: BrokerReader) -> set[str]:
    """The values of all identities in records of `identity` and `customer` that no worker has taken in yet.

    Raises `KafkaError`.
    """
    topics = (endpoints.topics.identity, endpoints.topics.customer)
    committed, ends = reader.committed(endpoints.streams_group), reader.end_offsets(topics)
    found: set[str] = set()
    for record in _records(endpoints.kafka, committed, ends, reader.begin_offsets(topics)):
        found.update(value for _, value in _identities(record))
    return found


def _records(kafka: str, committed: Offsets, ends: Offsets, begins: Offsets) -> Iterator[Any]:
    """The records from what is committed to before `ends`."""
    behind = lag(ends, committed, begins)
    wanted = {TopicPartition(*place): ends[place] for place in behind}
    consumer = KafkaConsumer(**client_options(kafka), group_id=None, enable_auto_commit=False)
    try:
        consumer.assign(list(wanted))
        for place in behind:
            consumer.seek(TopicPartition(*place), max(committed.get(place, 0), begins.get(place, 0)))
        while any(consumer.position(at) < end for at, end in wanted.items()):
            for records in consumer.poll(timeout_ms=_POLL_MS).values():
                yield from records
    finally:
        consumer.close()


def _identities(record: Any) -> Iterator[Identity]:
    try:
        item = (decode_customer_record if record.topic.endswith("customer") else decode_identity_record)(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        return  # a record that no agent wrote; it becomes a dead letter
    if isinstance(item, Held):
        item = item.arrival
    if isinstance(item, Arrival):
        touchpoint = item.touchpoint
        yield from touchpoint.identities.items()
        yield from identities_of(touchpoint)
        if touchpoint.session_id is not None:
            yield SESSION, touchpoint.session_id
    elif isinstance(item, Link):
        kind, _, value = record.key.decode().partition(":")
        yield kind, value
        yield CUSTOMER_NO, item.customer_id
