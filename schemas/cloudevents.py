"""CloudEvents 1.0 on Kafka: the touchpoint that an event carries, and the event that carries a touchpoint. Pure.

Source: CloudEvents 1.0.2, Kafka protocol binding (structured and binary content mode) and JSON event format. The data
of an event is a whole touchpoint of the contract, and alone says what happened: attributes are checked for their form
and mean nothing more (docs/decisions/0170-envelopes.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from schemas.refusal import MAX_PAYLOAD, Refusal, refuse
from schemas.touchpoint import Touchpoint

Headers = Sequence[tuple[str, bytes | None]]

SPEC_VERSION = "1.0"
EVENT_TYPE = "omnitrack.touchpoint.v1"
MAX_ATTRIBUTES = 16 * 1024
"""Bytes that a structured event may have beyond its touchpoint's."""

_STRUCTURED = "application/cloudevents"
_STRUCTURED_JSON = f"{_STRUCTURED}+json"
_JSON = "application/json"
_PREFIX = "ce_"
REQUIRED_ATTRIBUTES = ("id", "source", "type")
_ABSENT = msgspec.Raw(b"")


class EventForm(StrEnum):
    """How an event travels in a record: whole as the value, or its attributes as headers and its data as the value."""

    STRUCTURED = "structured"
    BINARY = "binary"


class _Event(msgspec.Struct):
    specversion: Any = None
    id: Any = None
    source: Any = None
    type: Any = None
    datacontenttype: Any = None
    data: msgspec.Raw = _ABSENT
    data_base64: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Event).decode
_encode = msgspec.json.Encoder().encode


def open_event(headers: Headers, value: bytes | None) -> bytes | Refusal | None:
    """The touchpoint's JSON in a record that has headers: the data of an event; the value where it is no event.

    An event that cannot be opened is a `Refusal` of reason `envelope`, whose errors name attributes and headers.
    """
    told = {name.lower(): text for name, text in headers}
    media_type = _media_type(told.get("content-type"))
    if media_type.startswith(_STRUCTURED):
        return _structured_data(media_type, value)
    attributes = {name.removeprefix(_PREFIX): _text(it) for name, it in told.items() if name.startswith(_PREFIX)}
    if not attributes:
        return value
    errors = _wrong_attributes(attributes, _PREFIX)
    if media_type and not _is_json(media_type):
        errors.append(f"content-type: must be {_JSON}, or {_STRUCTURED_JSON} for an event in structured mode")
    if not value:
        errors.append("value: missing: in binary mode it is the touchpoint")
    return refuse("envelope", errors) if errors else value


def touchpoint_within(payload: bytes) -> bytes:
    """The data of a structured event whatever else is wrong with it; any other bytes as they are."""
    if b'"specversion"' not in payload:
        return payload
    try:
        event = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload
    data = bytes(event.data)
    return data if event.specversion is not None and data.startswith(b"{") else payload


def structured_event(touchpoint: Touchpoint, payload: bytes) -> tuple[Headers, bytes]:
    """Headers and value of the event whose data is `payload`, the JSON of `touchpoint`, byte for byte."""
    event = {**_attributes(touchpoint), "datacontenttype": _JSON, "data": msgspec.Raw(payload)}
    return (("content-type", _STRUCTURED_JSON.encode()),), _encode(event)


def binary_event(touchpoint: Touchpoint, payload: bytes) -> tuple[Headers, bytes]:
    """The same in binary mode."""
    attributes = [(f"{_PREFIX}{name}", text.encode()) for name, text in _attributes(touchpoint).items()]
    return (*attributes, ("content-type", _JSON.encode())), payload


def _structured_data(media_type: str, value: bytes | None) -> bytes | Refusal:
    if media_type != _STRUCTURED_JSON:
        return refuse(
            "envelope", [f"content-type: of structured events only {_STRUCTURED_JSON}, one a record, is read"]
        )
    if not value:
        return refuse("envelope", ["value: missing: in structured mode it is the event"])
    if len(value) > MAX_PAYLOAD + MAX_ATTRIBUTES:
        size = f"the event has {len(value)} bytes: at most {MAX_PAYLOAD + MAX_ATTRIBUTES} are allowed"
        return refuse("too_large", [size])
    try:
        event = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return refuse("envelope", ["value: must be an event: a JSON object of CloudEvents 1.0"])
    data = bytes(event.data)
    errors = _wrong_attributes(msgspec.structs.asdict(event), "")
    if event.datacontenttype is not None and not _is_json(_media_type(event.datacontenttype)):
        errors.append(f"datacontenttype: must be {_JSON}")
    if event.data_base64:
        errors.append("data_base64: a touchpoint is JSON, and goes into data")
    elif data in (b"", b"null"):
        errors.append("data: missing: it is the touchpoint")
    elif not data.startswith(b"{"):
        errors.append("data: must be the touchpoint, a JSON object")
    return refuse("envelope", errors) if errors else data


def _wrong_attributes(attributes: Mapping[str, object], prefix: str) -> list[str]:
    errors = []
    if attributes.get("specversion") is None:
        errors.append(f"{prefix}specversion: missing: must be {SPEC_VERSION}")
    elif attributes["specversion"] != SPEC_VERSION:
        errors.append(f"{prefix}specversion: must be {SPEC_VERSION}")
    for name in REQUIRED_ATTRIBUTES:
        given = attributes.get(name)
        if given is None:
            errors.append(f"{prefix}{name}: missing")
        elif not isinstance(given, str) or not given:
            errors.append(f"{prefix}{name}: must be a text that is not empty")
    return errors


def _attributes(touchpoint: Touchpoint) -> dict[str, str]:
    occurred_at = datetime.fromtimestamp(touchpoint.occurred_at / 1000, UTC)
    return {
        "specversion": SPEC_VERSION,
        "id": touchpoint.event_id,
        "source": f"/channels/{touchpoint.channel}",
        "type": EVENT_TYPE,
        "time": occurred_at.isoformat(timespec="milliseconds"),
    }


def _media_type(content_type: object) -> str:
    """Without parameters such as the character set; empty if there is none, or it is no text."""
    text = _text(content_type) if isinstance(content_type, bytes) else content_type
    return text.partition(";")[0].strip().lower() if isinstance(text, str) else ""


def _is_json(media_type: str) -> bool:
    return media_type == _JSON or media_type.endswith("+json")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
