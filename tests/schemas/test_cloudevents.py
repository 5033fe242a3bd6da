"""A touchpoint may travel in a CloudEvent; it comes out as it went in, and an event that cannot be opened says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, from_structured, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevents import (
    MAX_ATTRIBUTES,
    Headers,
    binary_event,
    open_event,
    structured_event,
    touchpoint_within,
)
from schemas.decode import decoder_for
from schemas.refusal import MAX_PAYLOAD, Refusal
from schemas.touchpoint import Touchpoint
from tests.schemas.examples import CHANNELS, RECEIVED_AT, example, to_json, touchpoints

STRUCTURED: Headers = [("content-type", b"application/cloudevents+json")]
EVENT = {"specversion": "1.0", "id": "1", "source": "/core", "type": "com.bank.card.v1"}
BINARY: dict[str, bytes | None] = {f"ce_{name}": value.encode() for name, value in EVENT.items()}
PAYLOAD = to_json(example())
WRITERS = [structured_event, binary_event]


def decoded(payload: bytes, channel: str) -> Touchpoint:
    touchpoint = decoder_for(CHANNELS).decode(payload, channel, RECEIVED_AT)
    assert isinstance(touchpoint, Touchpoint)
    return touchpoint


def structured(**changes: Any) -> bytes:
    event = {**EVENT, "data": example()} | changes
    return to_json({name: value for name, value in event.items() if value is not ...})


def binary(**changes: bytes | None) -> Headers:
    return list((BINARY | changes).items())


def errors_of(opened: object) -> tuple[str, ...]:
    assert isinstance(opened, Refusal)
    assert opened.reason == "envelope"
    return opened.errors


@given(touchpoints(), st.sampled_from(WRITERS))
def test_what_is_written_as_an_event_is_opened_byte_for_byte(touchpoint: dict[str, Any], write: Any) -> None:
    payload = to_json(touchpoint)
    headers, value = write(decoded(payload, touchpoint["channel"]), payload)
    assert open_event(headers, value) == payload


@given(touchpoints())
def test_the_sdk_of_cloudevents_writes_what_is_opened_here(touchpoint: dict[str, Any]) -> None:
    attributes = {"id": "1", "source": "/core", "type": "com.bank.v1", "datacontenttype": "application/json"}
    event = CloudEvent(attributes, touchpoint)
    for message in (to_structured(event, JSONFormat()), to_binary(event, JSONFormat())):
        opened = open_event(list(message.headers.items()), message.value)
        assert isinstance(opened, bytes)
        assert json.loads(opened) == touchpoint


@pytest.mark.parametrize(("write", "read"), [(structured_event, from_structured), (binary_event, from_binary)])
def test_the_sdk_of_cloudevents_reads_what_is_written_here(write: Any, read: Any) -> None:
    headers, value = write(decoded(PAYLOAD, "mobile_app"), PAYLOAD)
    event = read(KafkaMessage(dict(headers), None, value), JSONFormat())
    assert event.get_data() == example()
    assert (event.get_id(), event.get_source(), event.get_type()) == ("e-1", "/channels/mobile_app", EVENT_TYPE)
    assert event.get_time().isoformat() == "2026-03-02T01:00:00+00:00"


EVENT_TYPE = "omnitrack.touchpoint.v1"


@pytest.mark.parametrize("headers", [[], [("traceparent", b"00-1")], [("content-type", b"application/json")]])
def test_a_record_that_is_no_event_is_its_value(headers: Headers) -> None:
    assert open_event(headers, PAYLOAD) == PAYLOAD
    assert open_event(headers, None) is None


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Type", b"application/cloudevents+json")],
        [("content-type", b"Application/CloudEvents+JSON; charset=UTF-8")],
        [*STRUCTURED, ("ce_specversion", b"0.3")],
    ],
)
def test_structured_mode_is_told_by_the_content_type_alone(headers: Headers) -> None:
    assert open_event(headers, structured(extension="x")) == to_json(example())


def test_attributes_mean_nothing_for_what_happened() -> None:
    event = structured(id="other than the event_id", time="1999-01-01T00:00:00Z", type="anything", subject="C-2")
    assert open_event(STRUCTURED, event) == PAYLOAD


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"specversion": ...}, "specversion: missing: must be 1.0"),
        ({"specversion": "0.3"}, "specversion: must be 1.0"),
        ({"specversion": 1.0}, "specversion: must be 1.0"),
        ({"id": ...}, "id: missing"),
        ({"source": ""}, "source: must be a text that is not empty"),
        ({"type": 7}, "type: must be a text that is not empty"),
        ({"data": ...}, "data: missing: it is the touchpoint"),
        ({"data": None}, "data: missing: it is the touchpoint"),
        ({"data": "text"}, "data: must be the touchpoint, a JSON object"),
        ({"data_base64": "e30=", "data": ...}, "data_base64: a touchpoint is JSON, and goes into data"),
        ({"datacontenttype": "text/xml"}, "datacontenttype: must be application/json"),
        ({"datacontenttype": 7}, "datacontenttype: must be application/json"),
    ],
)
def test_a_structured_event_that_cannot_be_opened_says_why(changes: dict[str, Any], error: str) -> None:
    assert errors_of(open_event(STRUCTURED, structured(**changes))) == (error,)


@pytest.mark.parametrize(
    ("headers", "value", "error"),
    [
        (STRUCTURED, None, "value: missing: in structured mode it is the event"),
        (STRUCTURED, b"[]", "value: must be an event: a JSON object of CloudEvents 1.0"),
        (STRUCTURED, b"\xff", "value: must be an event: a JSON object of CloudEvents 1.0"),
        ([("content-type", b"application/cloudevents-batch+json")], b"[]", "content-type: of structured events only "),
        ([("content-type", b"application/cloudevents+avro")], b"", "content-type: of structured events only "),
        (binary(ce_specversion=b"2.0"), PAYLOAD, "ce_specversion: must be 1.0"),
        (binary(ce_type=None), PAYLOAD, "ce_type: missing"),
        ([("ce_id", b"1"), ("ce_source", b"/"), ("ce_type", b"t")], PAYLOAD, "ce_specversion: missing: must be 1.0"),
        ([*binary(), ("content-type", b"application/avro")], PAYLOAD, "content-type: must be application/json, or "),
        (binary(), None, "value: missing: in binary mode it is the touchpoint"),
    ],
)
def test_a_record_whose_headers_promise_an_event_that_is_not_there_says_why(
    headers: Headers, value: bytes | None, error: str
) -> None:
    [told] = errors_of(open_event(headers, value))
    assert told.startswith(error)


def test_all_that_is_wrong_with_an_event_is_told_at_once_and_no_value_of_it() -> None:
    told = errors_of(open_event(STRUCTURED, b'{"specversion": "SECRET", "id": ["SECRET"], "data": "SECRET"}'))
    assert [error.partition(":")[0] for error in told] == ["specversion", "id", "source", "type", "data"]
    assert "SECRET" not in " ".join(told)


def test_an_event_is_bounded_and_leaves_the_largest_touchpoint_room() -> None:
    largest = b"{" + b" " * (MAX_PAYLOAD - 2) + b"}"
    envelope = b'{"specversion":"1.0","id":"1","source":"/","type":"t","data":%s}'
    assert open_event(STRUCTURED, envelope % largest) == largest
    refused = open_event(STRUCTURED, envelope % (largest + b" " * MAX_ATTRIBUTES))
    assert isinstance(refused, Refusal)
    assert refused.reason == "too_large"


names = st.sampled_from(["content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "other"])
texts = st.none() | st.binary(max_size=30) | st.sampled_from([b"1.0", b"application/cloudevents+json"])
json_values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=9), lambda it: st.lists(it, max_size=3), max_leaves=9
)
events = st.dictionaries(st.sampled_from([*EVENT, "data", "data_base64", "datacontenttype"]), json_values).map(to_json)


@given(st.lists(st.tuples(names, texts)), st.none() | st.binary(max_size=60) | events)
def test_nothing_whatever_makes_it_raise(headers: Headers, value: bytes | None) -> None:
    opened = open_event(headers, value)
    assert opened is None or isinstance(opened, bytes | Refusal)
    assert isinstance(touchpoint_within(value or b""), bytes)


def test_the_touchpoint_within_a_broken_event_is_found_and_anything_else_left_alone() -> None:
    assert touchpoint_within(structured(specversion="0.3", id=...)) == PAYLOAD
    for other in (
        PAYLOAD,
        b"",
        b'{"specversion"',
        structured(data="text"),
        b'{"note": "\\"specversion\\"", "data": {}}',
    ):
        assert touchpoint_within(other) == other
