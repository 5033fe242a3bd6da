"""Touchpoints in envelopes, through real brokers and a real worker: the same rows as of plain ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from kafka import KafkaProducer
from typer.testing import CliRunner

from omnitrack.cli import app
from schemas.rows import DeadLetter, TouchpointRow
from schemas.topics import Topics
from tests.streams.worker import Deployment, touchpoint
from tests.support.brokers import Broker

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


def test_what_is_published_as_events_is_stitched_and_a_broken_event_is_a_dead_letter(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(broker, Topics(topic_prefix), tmp_path)
    deployment.create_topics()
    broken = json.dumps({"specversion": "0.3", "id": "1", "source": "/", "type": "t", "data": {}}).encode()
    with deployment.worker() as worker:
        publish(deployment, "structured")
        publish(deployment, "binary")
        producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
        headers = [("content-type", b"application/cloudevents+json")]
        producer.send(deployment.topics.touchpoints("wechat"), broken, headers=headers)
        producer.flush()
        producer.close()
        deployment.done(11, worker)
    rows = [
        msgspec.msgpack.decode(value, type=TouchpointRow) for *_, value in deployment.read(deployment.topics.stitched)
    ]
    expected = {f"{form}-{number}" for form in ("structured", "binary") for number in range(5)}
    assert {row.touchpoint.event_id for row in rows} == expected
    [(*_, value)] = deployment.read(deployment.topics.dead)
    letter = msgspec.json.decode(value, type=DeadLetter)
    assert (letter.reason, letter.errors) == ("envelope", ("specversion: must be 1.0",))
