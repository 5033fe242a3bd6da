"""Avro in the frame of a registry becomes the touchpoint that it is, or says why it cannot be opened."""

from __future__ import annotations

import importlib.util
import io
import json
import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro_schema import avro_schema
from schemas.decode import decoder_for
from schemas.refusal import MAX_PAYLOAD, Refusal
from schemas.touchpoint import Touchpoint
from streams.avro import Frames, is_framed, not_opened, schema_ids
from tests.schemas.examples import CHANNELS, DETAILS, RECEIVED_AT, example, to_json, touchpoints

ID = 7
SCHEMA = avro_schema()
TIMES = {"occurred_at", "due_at"}


def frame(record: Any, schema: Any = SCHEMA, schema_id: int = ID) -> bytes:
    body = io.BytesIO()
    schemaless_writer(body, parse_schema(schema), record)
    return struct.pack(">bI", 0, schema_id) + body.getvalue()


def frames(*schemas: Any) -> Frames:
    taught = Frames()
    taught.learn(ID, [json.dumps(schema) for schema in schemas or [SCHEMA]])
    return taught


def written(touchpoint: Any) -> Any:
    """A touchpoint's fields as a writer of Avro has them: times are times, of the union of details one is chosen."""
    match touchpoint:
        case dict():
            return {
                name: datetime.fromisoformat(value) if name in TIMES and isinstance(value, str) else written(value)
                for name, value in touchpoint.items()
            }
        case _:
            return touchpoint


def decoded(payload: bytes, channel: str = "mobile_app") -> Touchpoint | Refusal:
    return decoder_for(CHANNELS).decode(payload, channel, RECEIVED_AT)


def errors_of(opened: object) -> tuple[str, ...]:
    assert isinstance(opened, Refusal)
    assert opened.reason == "envelope"
    return opened.errors


def to_the_millisecond(touchpoint: Any) -> Any:
    """Avro's times are milliseconds, as the contract's; here the truncation is done beforehand."""
    match touchpoint:
        case dict():
            return {
                name: datetime.fromisoformat(value).astimezone(UTC).isoformat(timespec="milliseconds")
                if name in TIMES and isinstance(value, str)
                else to_the_millisecond(value)
                for name, value in touchpoint.items()
            }
        case _:
            return touchpoint


@given(touchpoints().filter(lambda touchpoint: touchpoint["channel"] != "mail"))
def test_a_touchpoint_is_the_same_as_avro_and_as_json(touchpoint: dict[str, Any]) -> None:
    touchpoint = to_the_millisecond(touchpoint)
    opened = frames().open(frame(written(touchpoint)))
    assert isinstance(opened, bytes)
    plain = decoded(to_json(touchpoint), touchpoint["channel"])
    assert isinstance(plain, Touchpoint)
    assert decoded(opened, touchpoint["channel"]) == plain


@pytest.mark.parametrize("channel", DETAILS)
def test_each_channel_has_its_details_in_the_schema(channel: str) -> None:
    details = {"anything": ["a", "b"], "count": 3} if channel == "mail" else DETAILS[channel]
    touchpoint = example(channel, details=details)
    opened = frames().open(frame(written(touchpoint)))
    assert isinstance(opened, bytes)
    assert decoded(opened, channel) == decoded(to_json(touchpoint), channel)


def test_what_the_schema_cannot_say_the_contract_judges_in_its_own_words() -> None:
    opened = frames().open(frame(written(example(touchpoint="Not A Slug"))))
    assert isinstance(opened, bytes)
    refused = decoded(opened)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.errors[0].partition(":")[0]) == ("schema", "touchpoint")


def test_a_channels_own_schema_serves_as_well_and_a_field_that_is_not_the_contracts_is_refused() -> None:
    fields = [
        {"name": name, "type": "string"} for name in ("event_id", "channel", "occurred_at", "touchpoint", "stage")
    ]
    identities = {"name": "identities", "type": {"type": "map", "values": "string"}}
    details = {"name": "details", "type": {"type": "map", "values": "string"}}
    own = {"type": "record", "name": "Ours", "fields": [{"name": "schema_version", "type": "int"}, *fields, identities]}
    opened = frames({**own, "fields": [*own["fields"], details]}).open(
        frame(example(), {**own, "fields": [*own["fields"], details]})
    )
    assert isinstance(opened, bytes)
    assert decoded(opened) == decoded(to_json(example()))
    more = {**own, "fields": [*own["fields"], details, {"name": "branch_code", "type": "string"}]}
    opened = frames(more).open(frame({**example(), "branch_code": "x"}, more))
    assert isinstance(opened, bytes)
    refused = decoded(opened)
    assert isinstance(refused, Refusal)
    assert refused.errors[0].startswith("branch_code: ")


def test_schemas_that_a_schema_refers_to_are_learnt_before_it() -> None:
    promise = {"type": "record", "name": "bank.Promise", "fields": [{"name": "promise_id", "type": "string"}]}
    whole = {"type": "record", "name": "bank.T", "fields": [{"name": "promise", "type": "bank.Promise"}]}
    taught = frames(promise, whole)
    body = io.BytesIO()
    named: dict[str, Any] = {}
    parse_schema(promise, named)
    schemaless_writer(body, parse_schema(whole, named), {"promise": {"promise_id": "p"}})
    assert taught.open(struct.pack(">bI", 0, ID) + body.getvalue()) == b'{"promise":{"promise_id":"p"}}'


def record_of(avro_type: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": "f", "type": avro_type}]}


@pytest.mark.parametrize(
    ("value", "schema", "error"),
    [
        (frame(written(example()))[:-3], SCHEMA, "value: is not of schema 7 of the registry"),
        (frame(written(example())) + b"more", SCHEMA, "value: goes on after what schema 7 of the registry describes"),
        (frame("text", "string"), "string", "schema 7 of the registry: must be a record"),
        (frame({"f": b"x"}, record_of("bytes")), record_of("bytes"), "value: holds bytes, "),
        (frame({"f": float("nan")}, record_of("double")), record_of("double"), "value: holds bytes, decimals, NaN"),
        (
            frame({"f": "x"}, record_of("string")),
            record_of("no such type"),
            "schema 7 of the registry: is no Avro schema",
        ),
    ],
)
def test_a_frame_that_cannot_be_opened_says_why(value: bytes, schema: Any, error: str) -> None:
    [told] = errors_of(frames(schema).open(value))
    assert told.startswith(error)


def test_a_frame_is_as_bounded_as_a_plain_touchpoint() -> None:
    refused = frames().open(frame(written(example())) + b"\0" * MAX_PAYLOAD)
    assert isinstance(refused, Refusal)
    assert refused.reason == "too_large"


@given(st.binary(max_size=200))
def test_no_body_whatever_makes_it_raise(body: bytes) -> None:
    assert isinstance(frames().open(struct.pack(">bI", 0, ID) + body), bytes | Refusal)


@given(st.none() | st.binary(max_size=12))
def test_a_frame_is_told_by_its_first_byte_and_names_its_schema(value: bytes | None) -> None:
    if value is not None and len(value) >= 5 and value[0] == 0:
        assert is_framed(value)
        assert schema_ids([value]) == {int.from_bytes(value[1:5])}
    else:
        assert not is_framed(value)
        assert schema_ids([value]) == set()


def test_where_nothing_reads_avro_it_is_said_what_to_install_and_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "value: Avro in the frame of a schema registry: to read it, "
    assert errors_of(not_opened()) == (f"{told}set OMNITRACK_SCHEMA_REGISTRY to its registry",)
    monkeypatch.setattr("streams.avro.find_spec", lambda name: None if name == "fastavro" else importlib.util.find_spec)
    assert errors_of(not_opened()) == (
        f"{told}install omnitrack[avro], and set OMNITRACK_SCHEMA_REGISTRY to its registry",
    )
