"""Touchpoints in all forms, written as docs/contract.md says, through brokers, a registry and a worker, all real."""

from __future__ import annotations

import json
import os
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from omnitrack.cli import app
from schemas.avro_schema import avro_schema
from schemas.rows import DeadLetter, DuplicateRow, TouchpointRow
from schemas.topics import Topics
from tests.omnitrack.contract.guide import example
from tests.omnitrack.kafka_group import OddName
from tests.streams.worker import LONG_SESSION, Deployment, touchpoint
from tests.support.brokers import Broker
from tests.support.registry import Registry

STRUCTURED = [("content-type", b"application/cloudevents+json")]
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


def publish(deployment: Deployment) -> None:
    """Five touchpoints, by the command as structured events."""
    file = deployment.folder / "touchpoints.jsonl"
    times = [(START + timedelta(seconds=number)).isoformat() for number in range(5)]
    file.write_bytes(b"\n".join(touchpoint(f"published-{at}", "C-1", time) for at, time in enumerate(times)) + b"\n")
    environment = {"OMNITRACK_KAFKA": deployment.broker.bootstrap, "OMNITRACK_TOPIC_PREFIX": deployment.topics.prefix}
    done = CliRunner().invoke(app, ["publish", str(file), "--cloudevents", "structured"], env=environment)
    assert done.exit_code == 0, done.output


def run_guide(deployment: Deployment, registry: Registry, name: str) -> None:
    """A program of the guide, against this deployment, with the guide's touchpoint at a time that has passed."""
    fields = json.loads(example("touchpoint"))
    due_at = (START + timedelta(days=1)).isoformat()
    fields |= {"occurred_at": START.isoformat(), "referral": {**fields["referral"], "due_at": due_at}}
    program = (
        example(name)
        .replace("127.0.0.1:9092", deployment.broker.bootstrap)
        .replace("http://127.0.0.1:8081", registry.url)
        .replace("omnitrack.touchpoints.", f"{deployment.topics.prefix}touchpoints.")
    )
    names: dict[str, Any] = {"touchpoint": fields}
    exec(compile(program, name, "exec"), names)  # noqa: S102 -- the guide's own
    names["producer"].close()


def values(deployment: Deployment, topic: str) -> list[bytes]:
    return [value for *_, value in deployment.read(topic)]


def test_every_form_leads_to_the_same_touchpoint_and_what_does_not_open_is_a_dead_letter(
    broker: Broker, registry: Registry, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    settings = {"OMNITRACK_SCHEMA_REGISTRY": registry.url} | LONG_SESSION
    deployment = Deployment(broker, Topics(topic_prefix), tmp_path, settings=settings)
    deployment.create_topics()
    known = registry.register("any-subject", avro_schema())
    broken = [struct.pack(">bI", 0, schema_id) + b"body" for schema_id in (known, 999_999)]
    older = json.dumps({"specversion": "0.3", "id": "1", "source": "/", "type": "t", "data": {}}).encode()
    with deployment.worker() as worker:
        publish(deployment)
        for name in ("plain", "cloudevents", "avro"):
            run_guide(deployment, registry, name)
        odd = touchpoint("odd", "C-1", START.isoformat())
        deployment.send_with_headers("wechat", [(older, STRUCTURED), (odd, [(OddName("odd"), b"")])])
        deployment.send_with_headers("wechat", [(value, []) for value in broken])
        deployment.done(12, worker)
    topics = deployment.topics
    rows = [msgspec.msgpack.decode(value, type=TouchpointRow) for value in values(deployment, topics.stitched)]
    assert {row.touchpoint.event_id for row in rows} == {"call-71-3", "odd", *(f"published-{at}" for at in range(5))}
    again = [msgspec.msgpack.decode(value, type=DuplicateRow) for value in values(deployment, topics.duplicates)]
    assert [row.event_id for row in again] == ["call-71-3", "call-71-3"]
    letters = [msgspec.json.decode(value, type=DeadLetter) for value in values(deployment, topics.dead)]
    assert {letter.reason for letter in letters} == {"envelope"}
    assert sorted(letter.errors for letter in letters) == [
        ("schema 999999 of the registry: is not known there: was it written for another registry?",),
        ("specversion: must be 1.0",),
        (f"value: is not of schema {known} of the registry",),
    ]
