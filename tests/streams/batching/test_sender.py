"""Record batches are filled in order, kept below a broker's limit, and never split a group."""

from __future__ import annotations

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.sender import BATCH_BYTES, KeyValue, _fill

values = st.sampled_from([None, b"", b"v", b"v" * 1_000, b"v" * 90_000, b"v" * 400_000])
groups_of_records = st.lists(st.lists(st.tuples(st.just(b"k"), values), max_size=4), max_size=12)


def filled(groups: list[list[KeyValue]]) -> list[list[KeyValue]]:
    """The records of each record batch, and the proof that each keeps to the limit unless one record is too large."""
    batches = []
    for batch in _fill(lambda: BatchBuilder(BATCH_BYTES, 0), groups):
        data = bytes(batch._build())
        records = [(record.key, record.value) for record in MemoryRecords(data).next_batch()]
        assert len(data) <= BATCH_BYTES or len(records) == 1
        batches.append(records)
    return batches


@given(groups_of_records)
def test_all_records_are_there_in_their_order(groups: list[list[KeyValue]]) -> None:
    assert [record for batch in filled(groups) for record in batch] == [record for group in groups for record in group]


@given(groups_of_records)
def test_a_group_that_fits_into_a_record_batch_is_never_split(groups: list[list[KeyValue]]) -> None:
    marked: list[list[KeyValue]] = [
        [(f"{number}".encode(), value) for _, value in group] for number, group in enumerate(groups)
    ]
    for number, group in enumerate(marked):
        if sum(len(value or b"") + 40 for _, value in group) > BATCH_BYTES:
            continue
        key = f"{number}".encode()
        holding = [batch for batch in filled(marked) if any(record[0] == key for record in batch)]
        assert len(holding) == min(len(group), 1)


def test_a_record_larger_than_a_record_batch_goes_alone() -> None:
    large: KeyValue = (b"k", b"v" * (BATCH_BYTES + 1))
    assert filled([[(b"k", b"a")], [large], [(b"k", b"b")]]) == [[(b"k", b"a")], [large], [(b"k", b"b")]]


def test_a_group_after_one_that_had_to_be_split_is_not_split() -> None:
    too_large: list[KeyValue] = [(b"0", b"v" * 400_000)] * 3
    fits: list[KeyValue] = [(b"1", b"v" * 400_000)] * 2
    assert filled([too_large, fits]) == [too_large[:2], too_large[2:], fits]
