"""The log of a customer's touchpoints: segments under keys of their own, and fingerprints to find one again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zlib import crc32

from streams.journey.state import Head, Segment, Stored, decode_segment, encode, segment_key

_SMALL = 64
_MOST_SMALL = 32

Get = Callable[[bytes], bytes | None]


class LogDamaged(RuntimeError):
    """The state table lacks a segment that a head names: the changelog was cut or restored in part."""


class Log:
    """Reads a customer's log through `get`, each segment once, and collects what is to be written to it."""

    def __init__(self, customer_id: str, head: Head, get: Get) -> None:
        self._customer_id = customer_id
        self._head = head
        self._get = get
        self._read: dict[int, list[Stored]] = {}

    def find(self, channel: str, event_id: str) -> Stored | None:
        """The stored touchpoint of that channel and event_id."""
        fingerprint = _fingerprint(channel, event_id)
        if fingerprint not in self._head.fingerprints:
            return None
        for index in self._positions(fingerprint):
            stored = self._at(index)
            if stored.touchpoint.event_id == event_id and stored.touchpoint.channel == channel:
                return stored
        return None

    def all(self, head: Head) -> list[Stored]:
        """The whole log that `head` describes, in order of arrival."""
        return [stored for segment in head.segments for stored in self._segment(segment.number)]

    def add(self, head: Head, fresh: list[Stored]) -> dict[bytes, bytes | None]:
        """Enter `fresh` into the log that `head` describes from now on; returns the puts and deletes for the table."""
        small = _trailing_small(head.segments)
        if len(small) < _MOST_SMALL:
            return self._write(head, fresh, fresh)
        merged = [stored for segment in small for stored in self._segment(segment.number)] + fresh
        number = _next_number(head)
        writes: dict[bytes, bytes | None] = {segment_key(self._customer_id, old.number): None for old in small}
        head.segments = head.segments[: -len(small)]
        return writes | self._write(head, merged, fresh, number)

    def replace(self, head: Head, kept: list[Stored]) -> dict[bytes, bytes | None]:
        """Make `kept` the whole log that `head` describes from now on."""
        number = _next_number(head)
        writes: dict[bytes, bytes | None] = {segment_key(self._customer_id, old.number): None for old in head.segments}
        head.segments, head.fingerprints = [], b""
        if kept:
            writes |= self._write(head, kept, kept, number)
        return writes

    def _write(
        self, head: Head, touchpoints: list[Stored], fresh: list[Stored], number: int | None = None
    ) -> dict[bytes, bytes | None]:
        number = _next_number(head) if number is None else number
        newest_at = max([stored.touchpoint.occurred_at for stored in touchpoints])
        head.segments.append(Segment(number, len(touchpoints), newest_at))
        self._read[number] = touchpoints
        head.fingerprints += b"".join([_fingerprint(*stored.name) for stored in fresh])
        return {segment_key(self._customer_id, number): encode(touchpoints)}

    def _positions(self, fingerprint: bytes) -> Iterator[int]:
        fingerprints = self._head.fingerprints
        found = fingerprints.find(fingerprint)
        while found >= 0:
            if found % 4 == 0:
                yield found // 4
            found = fingerprints.find(fingerprint, found + 1)

    def _at(self, index: int) -> Stored:
        for segment in self._head.segments:
            if index < segment.count:
                return self._segment(segment.number)[index]
            index -= segment.count
        raise LogDamaged(f"customer {self._customer_id}: the log ends before touchpoint {index}")

    def _segment(self, number: int) -> list[Stored]:
        if number not in self._read:
            value = self._get(segment_key(self._customer_id, number))
            if value is None:
                raise LogDamaged(f"customer {self._customer_id}: the state table lacks segment {number} of the log")
            self._read[number] = decode_segment(value)
        return self._read[number]


def _fingerprint(channel: str, event_id: str) -> bytes:
    return crc32(event_id.encode(), len(channel)).to_bytes(4)


def _next_number(head: Head) -> int:
    return head.segments[-1].number + 1 if head.segments else 0


def _trailing_small(segments: list[Segment]) -> list[Segment]:
    first = len(segments)
    while first and segments[first - 1].count < _SMALL:
        first -= 1
    return segments[first:]
