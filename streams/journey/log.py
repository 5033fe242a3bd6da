"""The log of a customer's touchpoints: segments under keys of their own, and fingerprints to find one again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zlib import crc32

from schemas.touchpoint import Touchpoint
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

    def find(self, touchpoint: Touchpoint) -> Stored | None:
        """The stored touchpoint of the same channel and event_id."""
        fingerprint = _fingerprint(touchpoint)
        if fingerprint not in self._head.fingerprints:
            return None
        for index in self._positions(fingerprint):
            stored = self._at(index)
            if stored.touchpoint.event_id == touchpoint.event_id and stored.touchpoint.channel == touchpoint.channel:
                return stored
        return None

    def all(self) -> list[Stored]:
        """The whole log, in order of arrival."""
        return [stored for segment in self._head.segments for stored in self._segment(segment.number)]

    def add(self, head: Head, fresh: list[Stored]) -> dict[bytes, bytes | None]:
        """Enter `fresh` into the log that `head` describes from now on; returns the puts and deletes for the table."""
        number = head.segments[-1].number + 1 if head.segments else 0
        small = _trailing_small(head.segments)
        writes: dict[bytes, bytes | None] = {}
        merged = fresh
        if len(small) >= _MOST_SMALL:
            merged = [stored for segment in small for stored in self._segment(segment.number)] + fresh
            writes.update({segment_key(self._customer_id, segment.number): None for segment in small})
            head.segments = head.segments[: -len(small)]
        newest_at = max(stored.touchpoint.occurred_at for stored in merged)
        head.segments.append(Segment(number, len(merged), newest_at))
        head.fingerprints += b"".join([_fingerprint(stored.touchpoint) for stored in fresh])
        writes[segment_key(self._customer_id, number)] = encode(merged)
        return writes

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


def _fingerprint(touchpoint: Touchpoint) -> bytes:
    return crc32(touchpoint.event_id.encode(), len(touchpoint.channel)).to_bytes(4)


def _trailing_small(segments: list[Segment]) -> list[Segment]:
    first = len(segments)
    while first and segments[first - 1].count < _SMALL:
        first -= 1
    return segments[first:]
