"""Reading the native protocol's bytes: values for packets, whole stretches of bytes for columns.

Nothing here decodes a column. A reader remembers every byte since `mark`, so what has been stepped over can be passed
on as it came.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Protocol

from clickhouse_driver.bufferedreader import CompressedBufferedReader
from clickhouse_driver.varint import read_varint, write_varint


class Writable(Protocol):
    """Where bytes go: a file, a socket's buffer."""

    def write(self, data: bytes, /) -> object:
        """Write all of `data`."""


class WireReader:
    """Reads what `source` gives piece by piece; an empty piece is the end.

    Every read raises EOFError where the bytes end early.
    """

    def __init__(self, source: Callable[[], bytes]) -> None:
        self._source = source
        self._piece = b""
        self._kept: list[bytes] = []
        self._mark: int | None = None
        # The driver's only reader that takes a callable; there is nothing compressed about it.
        self.driver_reader = CompressedBufferedReader(self._refill, 0)

    @property
    def buffered(self) -> bool:
        """Whether the piece at hand has bytes that were not read yet."""
        return bool(self.driver_reader.position < self.driver_reader.current_buffer_size)

    def mark(self) -> None:
        """Remember every byte from here on."""
        self._kept = []
        self._mark = self.driver_reader.position

    def take(self) -> bytes:
        """The bytes read since `mark`, which are remembered no longer."""
        assert self._mark is not None, "nothing is marked"
        self._kept.append(self._piece[self._mark : self.driver_reader.position])
        kept = b"".join(self._kept)
        self._kept, self._mark = [], None
        return kept

    def skip(self, size: int) -> None:
        """Read so many bytes for nothing."""
        if size:
            self.driver_reader.read(size)

    def skip_strings(self, count: int) -> None:
        """Read so many strings for nothing."""
        self.driver_reader.read_strings(count)

    def varint(self) -> int:
        """A number of variable length: seven bits a byte, the lowest first (LEB128)."""
        return int(read_varint(self.driver_reader))

    def byte(self) -> int:
        """One byte, as a number."""
        return int(self.driver_reader.read_one())

    def uint64(self) -> int:
        """Eight bytes, the lowest first."""
        return int.from_bytes(self.driver_reader.read(8), "little")

    def string(self) -> str:
        """The length as a varint, then UTF-8; what is none is replaced."""
        size = self.varint()
        return bytes(self.driver_reader.read(size)).decode("utf-8", "replace") if size else ""

    def last_uint64(self, count: int) -> int:
        """The last of `count` integers, as the offsets of an array's rows end with its length."""
        return int.from_bytes(self.driver_reader.read(8 * count)[-8:], "little")

    def _refill(self) -> bytes:
        if self._mark is not None:
            self._kept.append(self._piece[self._mark :])
            self._mark = 0
        self._piece = self._source()
        return self._piece


def reader_of(data: bytes) -> WireReader:
    """A reader of bytes at hand."""
    pieces = [data]
    return WireReader(lambda: pieces.pop() if pieces else b"")


def varint(number: int) -> bytes:
    """A number of variable length: seven bits a byte, the lowest first (LEB128)."""
    buffer = BytesIO()
    write_varint(number, buffer)
    return buffer.getvalue()


def string(text: str) -> bytes:
    """The length as a varint, then UTF-8."""
    data = text.encode()
    return varint(len(data)) + data


def int32(number: int) -> bytes:
    """Four bytes, the lowest first."""
    return struct.pack("<i", number)
