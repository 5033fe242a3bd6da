"""Requests that bring records, written in one go: the driver copies the records once for each level they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.types import Array, Bytes, Int32, Schema


class FlatRequest:
    """The driver's request to produce, of which a connection writes a `Flat` one."""

    def __init__(self, request: ProduceRequest) -> None:
        self._request = request

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> Flat:
        """The request in the greatest of the versions that both sides know."""
        return Flat(self._request.prepare(dict(versions)))


class Flat:
    """The driver's request in a version; its bytes are put together at once, all else is the driver's."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def encode(self) -> bytes:
        """What the driver's own `encode` gives, byte for byte."""
        schema = self._request.SCHEMA
        return b"".join(_parts(schema, [getattr(self._request, name) for name in schema.names]))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


def _parts(field: Any, value: Any) -> Iterator[bytes]:
    if isinstance(field, Schema):
        for one, part in zip(field.fields, value, strict=True):
            yield from _parts(one, part)
    elif isinstance(field, Array) and value is not None:
        yield Int32.encode(len(value))
        for one in value:
            yield from _parts(field.array_of, one)
    elif field is Bytes and value is not None:
        yield Int32.encode(len(value))
        yield value
    else:
        yield field.encode(value)
