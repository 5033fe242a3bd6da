"""Looks for texts everywhere that a deployment keeps anything: topics after ingest, tables, logs."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.request import urlopen

from kafka import KafkaConsumer, TopicPartition
from lz4.block import LZ4BlockError

from omnitrack.ports import LOOPBACK
from sinks.clickhouse.client import connected
from streams.journey.packing import unpack
from tests.omnitrack.pipeline import Pipeline
from tests.streams.worker import PARTITIONS

_DUE_BYTES = 8
"""What stands before a packed head (streams/journey/state.py)."""

Place = tuple[str, bytes]


def found_in(places: Iterable[Place], texts: Iterable[str]) -> Counter[str]:
    """By place, how many of the texts it holds."""
    needles = [text.encode() for text in texts]
    found: Counter[str] = Counter()
    for place, data in places:
        found[place] += sum(needle in data for needle in needles)
    return +found


def topics_of(pipeline: Pipeline) -> Iterator[Place]:
    """What each topic after ingest holds, all of it unpacked."""
    topics = pipeline.streams.topics
    names = [spec.name for spec in topics.all if spec.name not in topics.inputs]
    for topic, records in _records(pipeline, names).items():
        yield topic, _unpacked((record.key, record.value) for record in records)


def states_of(pipeline: Pipeline) -> Iterator[Place]:
    """What compaction leaves of the changelogs: each key's last record, unless that deletes it."""
    names = [spec.name for spec in pipeline.streams.topics.all if spec.cleanup == "compact"]
    for topic, records in _records(pipeline, names).items():
        last = {(record.partition, record.key): record.value for record in records}
        yield topic, _unpacked((key, value) for (_, key), value in last.items() if value)


def _records(pipeline: Pipeline, topics: list[str]) -> dict[str, list[Any]]:
    """The records of each topic, those of a partition in their order."""
    consumer = KafkaConsumer(bootstrap_servers=pipeline.streams.broker.bootstrap, auto_offset_reset="earliest")
    found: dict[str, list[Any]] = {topic: [] for topic in topics}
    try:
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for partition, records in consumer.poll(timeout_ms=500).items():
                found[partition.topic] += records
    finally:
        consumer.close()
    return found


def tables_of(pipeline: Pipeline) -> Iterator[Place]:
    """What each table holds, rows that others replaced among them."""
    with connected(pipeline.clickhouse) as client:
        tables = client.execute(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
        for (table,) in tables:
            rows = client.execute(f"SELECT * FROM `{table}`")  # noqa: S608 -- a table's own name
            yield f"table {table}", "\n".join(map(repr, rows)).encode() + b"\n".join(_encoded(table, client))
        # What the server itself notes of how rows were changed.
        yield "mutations", repr(client.execute("SELECT command FROM system.mutations")).encode()


def logs_of(pipeline: Pipeline) -> Iterator[Place]:
    for log in pipeline.folder.rglob("*.log"):
        yield f"log {log.name}", log.read_bytes()


def pages_of(pipeline: Pipeline) -> Iterator[Place]:
    """What the stream worker shows of itself."""
    for path in ("metrics", "health", "ready"):
        address = f"http://{LOOPBACK}:{pipeline.settings['OMNITRACK_METRICS_PORT']}/{path}"
        with urlopen(address, timeout=30) as answer:
            yield f"page {path}", answer.read()


def _encoded(table: str, client: object) -> Iterator[bytes]:
    columns = {"dead_letters": ("key", "payload"), "rejected_rows": ("payload",)}
    for column in columns.get(table, ()):
        rows = client.execute(f"SELECT {column} FROM {table}")  # type: ignore[attr-defined]  # noqa: S608 -- literals
        yield from (b64decode(value or "") for (value,) in rows)


def _unpacked(records: Iterable[tuple[bytes | None, bytes]]) -> bytes:
    return b"\n".join(part for key, value in records for part in (key or b"", *_readings(value or b"")))


def _readings(value: bytes) -> Iterator[bytes]:
    """The bytes themselves, and what may be packed or encoded in them."""
    yield value
    for packed in (value, value[_DUE_BYTES:]):
        try:
            yield unpack(packed)
        except (ValueError, IndexError, LZ4BlockError):
            continue
    try:
        letter = json.loads(value)
    except ValueError:
        return
    if isinstance(letter, dict):
        yield from (b64decode(letter.get(field) or "") for field in ("key", "payload"))
