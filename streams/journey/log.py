"""A log in the state table: segments of entries under keys of their own, and fingerprints to find one again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar
from zlib import crc32

from streams.journey.packing import pack, unpack
from streams.journey.state import Segment, encode, segment_key

_GROWING = 8
"""Entries up to which the last segment grows in place: a recovery takes its time by keys. At most 15, see `_grown`."""
_SMALL = 64
_MOST_SMALL = 32

FINGERPRINT = 4
"""Bytes that an entry is found by."""

Get = Callable[[bytes], bytes | None]


class Entry(Protocol):
    """What a log is made of."""

    @property
    def name(self) -> tuple[str, str]:
        """What an entry is found by."""
        ...

    @property
    def at(self) -> int:
        """When it was, in ms."""
        ...


class LogHead(Protocol):
    """What describes a log: `fingerprints` holds four bytes per entry, in its order."""

    segments: list[Segment]
    fingerprints: bytes


Item = TypeVar("Item", bound=Entry)


class LogDamaged(RuntimeError):
    """The state table lacks a segment that a head names: the changelog was cut or restored in part."""


class Log(Generic[Item]):
    """Reads the log of `owner` through `get`, each segment once, and collects what is to be written to it.

    What reads it raises `LogDamaged` where a segment is missing.
    """

    def __init__(self, owner: str, head: LogHead, get: Get, decode: Callable[[bytes], list[Item]]) -> None:
        self._owner = owner
        self._head = head
        self._get = get
        self._decode = decode
        self._read: dict[int, list[Item]] = {}
        self._fingerprints: dict[tuple[str, str], bytes] = {}
        self._written: dict[int, bytes] = {}

    def find(self, name: tuple[str, str]) -> Item | None:
        """The first entry of that name."""
        fingerprint = self._fingerprint(name)
        if fingerprint not in self._head.fingerprints:
            return None
        entries = (self.at(self._head, place) for place in _places(self._head, fingerprint))
        return next((entry for entry in entries if entry.name == name), None)

    def place_of(self, head: LogHead, entry: Item) -> int:
        """The place of an entry that is in the log that `head` describes."""
        places = list(_places(head, self._fingerprint(entry.name)))
        if len(places) == 1:
            return places[0]
        return next(place for place in places if self.at(head, place).name == entry.name)

    def at(self, head: LogHead, place: int) -> Item:
        """The entry at that place of the log that `head` describes. Raises `LogDamaged`."""
        index = place
        for segment in head.segments:
            if index < segment.count:
                return self._segment(segment.number)[index]
            index -= segment.count
        raise LogDamaged(f"{self._owner}: the log ends before entry {place}")

    def all(self, head: LogHead) -> list[Item]:
        """The whole log that `head` describes, in order of arrival. Raises `LogDamaged`."""
        return [entry for segment in head.segments for entry in self._segment(segment.number)]

    def add(self, head: LogHead, fresh: list[Item]) -> dict[bytes, bytes | None]:
        """Enter `fresh` into the log that `head` describes from now on; returns the puts and deletes for the table."""
        last = head.segments[-1] if head.segments else None
        if last is not None and last.count + len(fresh) <= _GROWING:
            return self._grow(head, last, fresh)
        small = _trailing_small(head.segments)
        if len(small) < _MOST_SMALL:
            return self._write(head, fresh, fresh)
        merged = [entry for segment in small for entry in self._segment(segment.number)] + fresh
        number = _next_number(head)
        writes: dict[bytes, bytes | None] = {segment_key(self._owner, old.number): None for old in small}
        head.segments = head.segments[: -len(small)]
        return writes | self._write(head, merged, fresh, number)

    def replace(self, head: LogHead, kept: list[Item]) -> dict[bytes, bytes | None]:
        """Make `kept` the whole log that `head` describes from now on."""
        number = _next_number(head)
        writes: dict[bytes, bytes | None] = {segment_key(self._owner, old.number): None for old in head.segments}
        head.segments, head.fingerprints = [], b""
        if kept:
            writes |= self._write(head, kept, kept, number)
        return writes

    def _grow(self, head: LogHead, last: Segment, fresh: list[Item]) -> dict[bytes, bytes | None]:
        """Enter `fresh` into the last segment, whose entries need not be read for that."""
        count = last.count + len(fresh)
        value = _grown(self._value(last.number), count, fresh)
        head.segments[-1] = Segment(last.number, count, max([last.newest_at, *(entry.at for entry in fresh)]))
        head.fingerprints += b"".join([self._fingerprint(entry.name) for entry in fresh])
        self._read.pop(last.number, None)
        return self._put(last.number, value)

    def _write(
        self, head: LogHead, entries: list[Item], fresh: list[Item], number: int | None = None
    ) -> dict[bytes, bytes | None]:
        number = _next_number(head) if number is None else number
        newest_at = max([entry.at for entry in entries])
        head.segments.append(Segment(number, len(entries), newest_at))
        self._read[number] = list(entries)
        head.fingerprints += b"".join([self._fingerprint(entry.name) for entry in fresh])
        return self._put(number, encode(entries))

    def _put(self, number: int, value: bytes) -> dict[bytes, bytes | None]:
        self._written[number] = value
        return {segment_key(self._owner, number): pack(value)}

    def _fingerprint(self, name: tuple[str, str]) -> bytes:
        # What is looked for and not found is entered next.
        known = self._fingerprints.get(name)
        if known is None:
            place, text = name
            known = self._fingerprints[name] = crc32(text.encode(), len(place)).to_bytes(FINGERPRINT)
        return known

    def _segment(self, number: int) -> list[Item]:
        if number not in self._read:
            self._read[number] = self._decode(self._value(number))
        return self._read[number]

    def _value(self, number: int) -> bytes:
        if number in self._written:
            return self._written[number]
        value = self._get(segment_key(self._owner, number))
        if value is None:
            raise LogDamaged(f"{self._owner}: the state table lacks segment {number} of the log")
        return unpack(value)


def _grown(value: bytes, count: int, fresh: list[Item]) -> bytes:
    """The encoded list `value` with `fresh` at its end: a short list has its length in the first byte."""
    return b"".join([bytes([0x90 | count]), value[1:], *map(encode, fresh)])


def _places(head: LogHead, fingerprint: bytes) -> Iterator[int]:
    found = head.fingerprints.find(fingerprint)
    while found >= 0:
        if found % FINGERPRINT == 0:
            yield found // FINGERPRINT
        found = head.fingerprints.find(fingerprint, found + 1)


def _next_number(head: LogHead) -> int:
    return head.segments[-1].number + 1 if head.segments else 0


def _trailing_small(segments: list[Segment]) -> list[Segment]:
    first = len(segments)
    while first and segments[first - 1].count < _SMALL:
        first -= 1
    return segments[first:]
