"""Looks for texts everywhere that a deployment keeps anything: topics after ingest, tables, logs."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator

from lz4.block import LZ4BlockError

from sinks.clickhouse.client import connected
from streams.journey.packing import unpack
from tests.omnitrack.pipeline import Pipeline

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
    for spec in topics.all:
        if spec.name not in topics.inputs:
            yield spec.name, _unpacked((key, value) for _, key, value in pipeline.streams.read(spec.name))


def states_of(pipeline: Pipeline) -> Iterator[Place]:
    """What compaction leaves of the changelogs: each key's last record, unless that deletes it."""
    for spec in pipeline.streams.topics.all:
        if spec.cleanup == "compact":
            records = pipeline.streams.read(spec.name)
            last = {(partition, key): value for partition, key, value in records}
            yield spec.name, _unpacked((key, value) for (_, key), value in last.items() if value)


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
