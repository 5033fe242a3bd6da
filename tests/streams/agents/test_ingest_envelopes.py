"""Touchpoints that come as CloudEvents or Avro: what ingest opens, and what it cannot."""

from __future__ import annotations

import asyncio
import io
import json
import struct
from base64 import b64decode
from datetime import datetime

import pytest
from fastavro import parse_schema, schemaless_writer

from omnitrack.ports import LOOPBACK, free_port
from schemas.avro_schema import avro_schema
from schemas.cloudevents import Headers
from schemas.decode import decoder_for
from schemas.topics import BUILT_IN_CHANNELS
from streams.agents.ingest import IngestAgent
from streams.avro import Frames
from streams.batching import Batch
from streams.pseudonym import Pseudonyms
from streams.registry import Registry, RegistryUnavailable
from tests.streams.agents.fake_record import NOW, FakeRecord
from tests.streams.agents.ingest_bench import (
    OCCURRED,
    TOPICS,
    Delivered,
    Publishing,
    arrivals,
    ingest,
    letters,
    payload,
    run,
)

EVENT = {"specversion": "1.0", "id": "1", "source": "/core", "type": "com.bank.card.v1"}
STRUCTURED: Headers = [("content-type", b"application/cloudevents+json")]
BINARY: Headers = [(f"ce_{name}", value.encode()) for name, value in EVENT.items()]


def event(data: bytes, **changes: str) -> bytes:
    return json.dumps(EVENT | changes | {"data": json.loads(data)}).encode()


def test_a_touchpoint_that_comes_as_an_event_arrives_as_one_that_comes_plain() -> None:
    plain, structured, binary = arrivals(
        run(
            FakeRecord(0, b"k", payload()),
            FakeRecord(1, b"k", event(payload()), headers=STRUCTURED),
            FakeRecord(2, b"k", payload(), headers=BINARY),
        )
    )
    for one in (structured, binary):
        assert (one.touchpoint, one.key, one.payload) == (plain.touchpoint, plain.key, plain.payload)


def test_what_an_event_carries_and_breaks_the_contract_is_a_letter_of_what_it_carries() -> None:
    broken = payload(stage="nowhere")
    sent = run(FakeRecord(0, b"k", event(broken), headers=STRUCTURED), FakeRecord(1, b"k", broken, headers=BINARY))
    assert [letter.reason for letter in letters(sent)] == ["schema", "schema"]
    assert [b64decode(letter.payload) for letter in letters(sent)] == [broken, broken]


def test_an_event_that_cannot_be_opened_is_a_letter_of_the_record_byte_for_byte() -> None:
    older = event(payload(), specversion="0.3")
    [letter] = letters(run(FakeRecord(0, b"k", older, headers=STRUCTURED)))
    assert (letter.reason, letter.errors) == ("envelope", ("specversion: must be 1.0",))
    assert b64decode(letter.payload) == older


def test_an_event_that_cannot_be_opened_leaves_sealed_and_its_key_as_the_pseudonym_of_its_identity() -> None:
    pseudonyms = Pseudonyms(b"k" * 32)
    older = event(payload(identities={"customer_no": "SECRET"}), specversion="0.3")
    [letter] = letters(run(FakeRecord(0, b"SECRET", older, headers=STRUCTURED), pseudonyms=pseudonyms))
    assert b64decode(letter.key or "") == pseudonyms.of("customer_no", "SECRET").encode()
    assert pseudonyms.unseal(b64decode(letter.payload)) == older
    assert b"SECRET" not in b64decode(letter.payload)


def framed(schema_id: int) -> bytes:
    body = io.BytesIO()
    fields = {**json.loads(payload()), "occurred_at": datetime.fromisoformat(OCCURRED)}
    schemaless_writer(body, parse_schema(avro_schema()), fields)
    return struct.pack(">bI", 0, schema_id) + body.getvalue()


def test_avro_arrives_as_the_touchpoint_that_it_says_in_json() -> None:
    frames = Frames()
    frames.learn(7, [json.dumps(avro_schema())])
    frames.learn_refusal(8, "is not known there")
    batch = [FakeRecord(0, b"k", payload()), FakeRecord(1, b"k", framed(7)), FakeRecord(2, b"k", framed(8))]
    sent = run(*batch, frames=frames)
    plain, avro = arrivals(sent)
    assert (avro.touchpoint, avro.key) == (plain.touchpoint, plain.key)
    assert decoder_for(BUILT_IN_CHANNELS).decode(avro.payload, "mobile_app", NOW) == avro.touchpoint
    [letter] = letters(sent)
    assert (letter.reason, b64decode(letter.payload)) == ("envelope", framed(8))


def test_avro_without_a_registry_is_a_letter_that_says_what_to_set() -> None:
    [letter] = letters(run(FakeRecord(0, None, framed(7))))
    assert letter.reason == "envelope"
    assert "OMNITRACK_SCHEMA_REGISTRY" in letter.errors[0]


def test_while_the_registry_is_away_nothing_of_the_batch_is_sent() -> None:
    registry, publisher = Registry(f"http://{LOOPBACK}:{free_port()}"), Publishing()
    agent = IngestAgent(ingest(frames=registry.frames), publisher, lambda: NOW, registry)
    records = [FakeRecord(0, None, payload()), FakeRecord(1, None, framed(7))]
    with pytest.raises(RegistryUnavailable):
        asyncio.run(agent(Batch(TOPICS.touchpoints("mobile_app"), 0, records, 2), Delivered()))
    assert publisher.sent == []
