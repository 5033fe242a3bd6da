"""Fetched record batches become records without a loop in Python, and positions never skip or repeat one."""

from __future__ import annotations

import gzip
import weakref
from collections.abc import Sequence

import crc32c
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.batch import Batch
from streams.batching.fetch import unpack
from streams.batching.odd_headers import KeptRecords
from tests.support.collector import no_collector

PARTITION = TopicPartition("t", 0)


def wire(base: int, count: int, codec: int = 0) -> bytearray:
    """A record batch as a broker sends it: `count` records from offset `base`."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 1 << 20)
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


def test_what_was_fetched_goes_with_its_last_records() -> None:
    with no_collector():
        fetched = source(bytes(wire(0, 5)))
        held = weakref.ref(fetched)
        unpack(fetched, 10)
        del fetched
        assert held() is None


Record = tuple[int, int, int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]

optional_bytes = st.one_of(st.none(), st.binary(max_size=300))
contents = st.lists(
    st.tuples(
        st.integers(0, 2**40),
        optional_bytes,
        optional_bytes,
        st.lists(st.tuples(st.text(max_size=4), optional_bytes), max_size=2),
    ),
    min_size=1,
    max_size=6,
)


def taken(data: bytes, position: int, *, compiled: bool) -> list[Record]:
    """All that a record tells, of each record from the position on."""
    records = unpack(source(data, position), 10**9, compiled)
    return [(one.offset, one.timestamp, one.timestamp_type, one.key, one.value, list(one.headers)) for one in records]


@given(st.lists(st.tuples(contents, st.sampled_from([0, 0, 1]), st.booleans()), min_size=1, max_size=4), st.data())
def test_compiled_or_not_the_same_records_are_read(
    batches: list[tuple[list[tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]], int, bool]],
    data: st.DataObject,
) -> None:
    wires, base = [], 0
    for records, codec, appended in batches:
        builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 1 << 20)
        for number, (at, key, value, headers) in enumerate(records):
            builder.append(number, at, key, value, headers)
        wires.append(stamped(builder.build(), base, appended=appended))
        base += len(records)
    position = data.draw(st.integers(0, base))
    assert taken(b"".join(wires), position, compiled=True) == taken(b"".join(wires), position, compiled=False)


def stamped(batch: bytearray, base: int, *, appended: bool) -> bytes:
    """The batch as a broker keeps it from offset `base` on, with the time of its receipt where it is to."""
    batch[0:8] = base.to_bytes(8, "big")
    if appended:
        batch[22] |= 0b1000
        batch[35:43] = (1_795_651_200_000).to_bytes(8, "big")
        batch[17:21] = crc32c.crc32c(bytes(batch[21:])).to_bytes(4, "big")
    return bytes(batch)


@given(st.data())
def test_a_damaged_record_batch_is_refused_compiled_or_not(data: st.DataObject) -> None:
    batch = wire(0, 3)
    place = data.draw(st.integers(17, len(batch) - 1))
    batch[place] ^= data.draw(st.integers(1, 255))
    for compiled in (True, False):
        with pytest.raises(CorruptRecordException):
            unpack(source(bytes(batch)), 10, compiled)


def test_records_are_a_sequence() -> None:
    records = unpack(source(bytes(wire(5, 4)), 5), 10)
    assert isinstance(records, Sequence)
    assert [record.offset for record in records[1:3]] == [6, 7]
    assert (records[-1].offset, records[0].value, len(records)) == (8, b"5", 4)
    with pytest.raises(IndexError):
        records[4]


def test_a_state_is_recovered_from_records_as_they_were_fetched() -> None:
    fetched = pytest.importorskip("streams._core", reason="no compiled core: make .venv/.dev builds it where cargo is")
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1 << 20)
    for number, (key, value) in enumerate([(b"a", b"1"), (b"b", b"2"), (None, b"3"), (b"a", None), (b"c", None)]):
        builder.append(number, 1_000, key, value, [])
    data = bytes(builder.build())
    records = fetched.FetchedRecords()
    assert records.read(data, 0, len(data), 0)
    state = {b"c": b"before", b"d": b"stays"}
    records.apply_to(state)
    assert state == {b"b": b"2", b"d": b"stays"}


keys = st.sampled_from([None, b"", b"C-1", b"C-2"])
values = st.sampled_from([None, b"", b"first", b"second"])


@given(st.lists(st.tuples(keys, values), min_size=1, max_size=12))
def test_values_by_key_are_those_of_the_records_in_their_order(sent: list[tuple[bytes | None, bytes | None]]) -> None:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1 << 20)
    for number, (key, value) in enumerate(sent):
        builder.append(number, 1_000, key, value, [])
    for compiled in (True, False):
        batch = Batch("t", 0, unpack(source(bytes(builder.build())), len(sent), compiled), len(sent))
        found = batch.values_by_key()
        assert list(found) == list(dict.fromkeys(key for key, _ in sent))
        assert found == {key: [value for other, value in sent if other == key] for key in found}


def test_values_by_key_take_records_that_the_driver_read_as_well() -> None:
    both = bytes(wire(0, 2)) + bytes(wire(2, 2, codec=1))
    batch = Batch("t", 0, unpack(source(both), 4), 4)
    assert batch.values_by_key() == {b"key": [b"0", b"1", b"2", b"3"]}
