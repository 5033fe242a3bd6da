"""Fetched record batches become records without a loop in Python, and positions never skip or repeat one."""

from __future__ import annotations

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.fetch import unpack

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
    return PartitionRecords(PARTITION, MemoryRecords(data), aborted, position, None, None, True, isolation)


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


def test_a_damaged_record_batch_is_refused() -> None:
    data = wire(0, 5)
    data[-1] ^= 0xFF
    with pytest.raises(CorruptRecordException, match="t"):
        unpack(source(bytes(data)), 10)
