"""Fetched record batches become records without a loop in Python, and positions never skip or repeat one."""

from __future__ import annotations

import gzip

import crc32c
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.fetch import unpack
from streams.batching.odd_headers import KeptRecords

PARTITION = TopicPartition("t", 0)


def wire(base: int, count: int) -> bytearray:
    """A record batch as a broker sends it: `count` records from offset `base`."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1 << 20)
    for number in range(count):
        builder.append(number, 1_000 + number, b"key", str(base + number).encode(), [])
    data = bytearray(builder.build())
    data[0:8] = base.to_bytes(8, "big")
    return data


def source(data: bytes, position: int = 0, *, aborted: list[tuple[int, int]] | None = None) -> PartitionRecords:
    isolation = READ_UNCOMMITTED if aborted is None else READ_COMMITTED
    return PartitionRecords(PARTITION, KeptRecords(data), aborted, position, None, None, True, isolation)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.data())
def test_every_record_from_the_position_on_comes_once_and_in_order(sizes: list[int], data: st.DataObject) -> None:
    bases = [sum(sizes[:number]) for number in range(len(sizes))]
    end = sum(sizes)
    position = data.draw(st.integers(0, sizes[0] - 1))
    limit = data.draw(st.integers(1, end + 5))
    fetched = source(b"".join(bytes(wire(base, size)) for base, size in zip(bases, sizes, strict=True)), position)
    offsets: list[int] = []
    while fetched._records.has_next():
        taken = [record.offset for record in unpack(fetched, limit)]
        assert taken
        assert len(taken) < limit + max(sizes)
        assert fetched.next_fetch_offset == taken[-1] + 1
        offsets += taken
    assert offsets == list(range(position, end))


@pytest.mark.parametrize("codec", [0, 1])
def test_a_header_whose_name_is_not_utf_8_holds_up_nothing(codec: int) -> None:
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 1 << 20)
    names = ["fine", "größe", "odd!", "fine"]
    for number, name in enumerate(names):
        builder.append(number, 1_000 + number, None if number else b"key", b"odd! %d" % number, [(name, b"odd!")])
    data = builder.build()
    plain = bytes(wire(0, 3))
    odd = _replaced_name(bytes(data), codec)
    odd = (3).to_bytes(8, "big") + odd[8:]
    records = unpack(source(plain + odd, 1), 100)
    assert [record.offset for record in records] == [1, 2, 3, 4, 5, 6]
    assert [record.value for record in records[2:]] == [b"odd! %d" % number for number in range(4)]
    assert [record.headers for record in records[2:]] == [
        [(name, b"odd!")] for name in ("fine", "größe", "??d!", "fine")
    ]


def _replaced_name(data: bytes, codec: int) -> bytes:
    """The batch with the name `odd!`, which no record's value but its header has last, in bytes that are no UTF-8."""
    header, body = data[:61], data[61:]
    body = gzip.decompress(body) if codec else body
    where = body.index(b"\x08odd!\x08odd!")
    body = body[: where + 1] + b"\xff\xfe" + body[where + 3 :]
    body = gzip.compress(body) if codec else body
    length = (len(header) + len(body) - 12).to_bytes(4, "big")
    checked = header[21:] + body
    return header[:8] + length + header[12:17] + crc32c.crc32c(checked).to_bytes(4, "big") + checked


def test_a_damaged_record_batch_is_refused() -> None:
    data = wire(0, 5)
    data[-1] ^= 0xFF
    with pytest.raises(CorruptRecordException, match="t"):
        unpack(source(bytes(data)), 10)
