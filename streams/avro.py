"""Avro in the frame of a Confluent-compatible schema registry: from a record's value to the JSON of a touchpoint.

The frame is a zero byte, the schema's id in four bytes (big endian), and the body. It is read by the schema that it
was written with; what it says is then judged by the contract, as any JSON is. Decoding needs the extra `avro`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from schemas.refusal import MAX_PAYLOAD, Refusal, refuse

EXTRA = "omnitrack[avro]"
_HEADER = 5


def is_framed(value: bytes | None) -> bool:
    """Whether it is a frame; no JSON begins with a zero byte."""
    return value is not None and len(value) >= _HEADER and value[0] == 0


def schema_ids(values: Iterable[bytes | None]) -> set[int]:
    """The ids of the schemas of the frames among `values`."""
    return {_schema_id(value) for value in values if value is not None and is_framed(value)}


def can_decode() -> bool:
    """Whether the extra `avro` is installed."""
    return find_spec("fastavro") is not None


def not_opened() -> Refusal:
    """Why a frame is not opened where no registry is set."""
    what = "set OMNITRACK_SCHEMA_REGISTRY to its registry"
    if not can_decode():
        what = f"install {EXTRA}, and {what}"
    return refuse("envelope", [f"value: Avro in the frame of a schema registry: to read it, {what}"])


class Frames:
    """Opens frames by the schemas it was taught."""

    def __init__(self) -> None:
        self._schemas: dict[int, Any] = {}

    def knows(self, schema_id: int) -> bool:
        """Whether the schema of this number has been learnt."""
        return schema_id in self._schemas

    def learn(self, schema_id: int, texts: Sequence[str]) -> None:
        """The schema of an id, JSON, after those that it refers to; one that cannot be read opens nothing."""
        from fastavro import parse_schema  # noqa: PLC0415 -- of the extra `avro`

        named: dict[str, Any] = {}
        parsed: Any = None
        try:
            for text in texts:
                parsed = parse_schema(json.loads(text), named)
        except Exception:  # noqa: BLE001 -- whatever the library raises, the schema is its cause
            self.learn_refusal(schema_id, "is no Avro schema")
            return
        self._schemas[schema_id] = parsed

    def learn_refusal(self, schema_id: int, error: str) -> None:
        """The registry has nothing under this id that could be read."""
        self._schemas[schema_id] = refuse("envelope", [f"schema {schema_id} of the registry: {error}"])

    def open(self, value: bytes) -> bytes | Refusal:
        """The touchpoint's JSON in a frame, null left out, as it stands for absent."""
        schema = self._schemas[_schema_id(value)]
        if isinstance(schema, Refusal):
            return schema
        if len(value) > MAX_PAYLOAD:
            return refuse("too_large", [f"the value has {len(value)} bytes: at most {MAX_PAYLOAD} are allowed"])
        return _decoded(value, schema)


def _schema_id(value: bytes) -> int:
    return int.from_bytes(value[1:_HEADER], "big")


def _decoded(value: bytes, schema: Any) -> bytes | Refusal:
    from fastavro import schemaless_reader  # noqa: PLC0415 -- of the extra `avro`

    body = BytesIO(value[_HEADER:])
    try:
        found = schemaless_reader(body, schema, None)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- whatever the library raises, the bytes are its cause
        return refuse("envelope", [f"value: is not of schema {_schema_id(value)} of the registry"])
    if body.read(1):
        return refuse("envelope", [f"value: goes on after what schema {_schema_id(value)} of the registry describes"])
    if not isinstance(found, dict):
        return refuse("envelope", [f"schema {_schema_id(value)} of the registry: must be a record"])
    fields = {name: field for name, field in cast("dict[str, Any]", found).items() if field is not None}
    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_text).encode()
    except (TypeError, ValueError, RecursionError):
        return refuse("envelope", ["value: holds bytes, decimals, NaN or others that a touchpoint's JSON cannot say"])


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
