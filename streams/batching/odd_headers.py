"""Record batches in which a header's name is not UTF-8: the driver refuses them, and would never get past them."""

from __future__ import annotations

from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

from streams.batching.batch import Record

_BASE_OFFSET, _LENGTH_END = 8, 12


class KeptRecords(MemoryRecords):  # type: ignore[misc]
    """What the driver makes of a fetched partition, with the bytes that it was made of.

    The record batch that came last lies in them from `begin` to `end`.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data
        self.begin = self.end = 0

    def next_batch(self) -> Any:
        """The driver's hook: the next record batch, None behind the last."""
        batch = super().next_batch()
        if batch is not None:
            self.begin, self.end = self.end, _end(self.data, self.end)
        return batch


fetcher.MemoryRecords = KeptRecords


def read_with_odd_headers(fetched: KeptRecords) -> list[Record]:
    """The records of the batch that came last; bytes of names that are not UTF-8 are question marks."""
    return list(_OddBatch(fetched.data[fetched.begin : fetched.end]))


def _end(data: bytes, begin: int) -> int:
    """Where the batch that begins there ends."""
    return begin + _LENGTH_END + int.from_bytes(data[begin + _BASE_OFFSET : begin + _LENGTH_END], "big")


class _OddBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    """The driver's own reader in Python, names mended before it comes to them."""

    def _read_msg(self, *_: Any) -> Any:
        mend_names(self._buffer, self._pos)
        return super()._read_msg()


def mend_names(buffer: bytearray, position: int) -> None:
    """Put question marks for what is not UTF-8 in the names of the headers of the record that begins there."""
    for _field in ("length", "attributes", "time", "offset"):
        _, position = decode_varint(buffer, position)
    for _field in ("key", "value"):
        length, position = decode_varint(buffer, position)
        position += max(length, 0)
    count, position = decode_varint(buffer, position)
    for _number in range(count):
        length, position = decode_varint(buffer, position)
        name = bytes(buffer[position : position + length])
        buffer[position : position + length] = _mended(name)
        position += length
        length, position = decode_varint(buffer, position)
        position += max(length, 0)


def _mended(name: bytes) -> bytes:
    """As long as it was."""
    try:
        name.decode()
    except UnicodeDecodeError:
        return name.decode("ascii", "replace").replace("\ufffd", "?").encode()
    return name
