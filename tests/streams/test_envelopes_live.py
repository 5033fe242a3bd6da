"""Touchpoints in envelopes, through real brokers and a real worker: the same rows as of plain ones."""

from __future__ import annotations

import io
import json
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from fastavro import parse_schema, schemaless_writer
from kafka import KafkaProducer
from typer.testing import CliRunner

from omnitrack.cli import app
from schemas.avro_schema import avro_schema
from schemas.rows import DeadLetter, TouchpointRow
from schemas.topics import Topics
from tests.streams.worker import Deployment, touchpoint
from tests.support.brokers import Broker
from tests.support.registry import Registry

STRUCTURED = [("content-type", b"application/cloudevents+json")]
START = datetime.now(UTC) - timedelta(days=1)


def line(number: int, form: str) -> bytes:
    return touchpoint(f"{form}-{number}", "C-1", (START + timedelta(seconds=number)).isoformat())


def publish(deployment: Deployment, form: str) -> None:
    """By the command, as events of this form."""
    file = deployment.folder / f"{form}.jsonl"
    file.write_bytes(b"\n".join(line(number, form) for number in range(5)) + b"\n")
    environment = {"OMNITRACK_KAFKA": deployment.broker.bootstrap, "OMNITRACK_TOPIC_PREFIX": deployment.topics.prefix}
    done = CliRunner().invoke(app, ["publish", str(file), "--cloudevents", form], env=environment)
    assert done.exit_code == 0, done.output


def framed(schema_id: int, record: bytes) -> bytes:
    fields = json.loads(record)
    body = io.BytesIO()
    at = datetime.fromisoformat(fields["occurred_at"])
    schemaless_writer(body, parse_schema(avro_schema()), {**fields, "occurred_at": at})
    return struct.pack(">bI", 0, schema_id) + body.getvalue()


def send(deployment: Deployment, *records: tuple[bytes, list[tuple[str, bytes]]]) -> None:
    producer = KafkaProducer(bootstrap_servers=deployment.broker.bootstrap)
    for value, headers in records:
        producer.send(deployment.topics.touchpoints("wechat"), value, headers=headers)
    producer.flush()
    producer.close()


def stitched(deployment: Deployment) -> set[str]:
    values = [value for *_, value in deployment.read(deployment.topics.stitched)]
    return {msgspec.msgpack.decode(value, type=TouchpointRow).touchpoint.event_id for value in values}


def letters(deployment: Deployment) -> list[DeadLetter]:
    return [msgspec.json.decode(value, type=DeadLetter) for *_, value in deployment.read(deployment.topics.dead)]


def test_events_and_avro_are_stitched_as_plain_ones_and_what_does_not_open_is_a_dead_letter(
    broker: Broker, registry: Registry, topic_prefix: str, tmp_path: Path
) -> None:
    schema_id = registry.register(f"{topic_prefix}touchpoints.wechat-value", avro_schema())
    settings = {"OMNITRACK_SCHEMA_REGISTRY": registry.url}
    deployment = Deployment(broker, Topics(topic_prefix), tmp_path, settings=settings)
    deployment.create_topics()
    older = json.dumps({"specversion": "0.3", "id": "1", "source": "/", "type": "t", "data": {}}).encode()
    avro = [framed(schema_id, line(number, "avro")) for number in range(5)]
    broken = [framed(999_999, line(5, "avro")), avro[0][:-2]]
    with deployment.worker() as worker:
        publish(deployment, "structured")
        publish(deployment, "binary")
        send(deployment, (older, STRUCTURED), *((value, []) for value in avro + broken))
        deployment.done(18, worker)
    assert stitched(deployment) == {f"{form}-{at}" for form in ("structured", "binary", "avro") for at in range(5)}
    assert {letter.reason for letter in letters(deployment)} == {"envelope"}
    assert sorted(letter.errors for letter in letters(deployment)) == [
        ("schema 999999 of the registry: is not known there: was it written for another registry?",),
        ("specversion: must be 1.0",),
        (f"value: is not of schema {schema_id} of the registry",),
    ]
