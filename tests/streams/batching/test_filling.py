"""Record batches are filled in order, kept below a broker's limit, and never split a group, by whichever filler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import example, given
from hypothesis import strategies as st

from streams.batching.built import core
from streams.batching.filling import BATCH_BYTES, Filler, Groups, KeyValue, fill_by_driver, fill_compiled, filler
from tests.support.compiled import compiled_only

if TYPE_CHECKING:
    from streams._core import Grouped

AT = 1_795_651_200_000
FILLERS = [fill_by_driver] if core is None else [fill_by_driver, fill_compiled]

values = st.sampled_from([None, b"", b"v", b"v" * 1_000, b"v" * 90_000, b"v" * 400_000])
keys = st.sampled_from([None, b"", b"k", b"k" * 100])
EXACTLY_FULL: list[KeyValue] = [(key, None) for key in (None, b"k", None, None, *[b"k" * 100] * 4)]
"""2,097 times these, and a record batch is of just as many bytes as it may be when one more does not fit."""
groups_of_records = st.lists(st.lists(st.tuples(keys, values), max_size=4), max_size=12)


def packed(fill: Filler, parts: Sequence[Groups], producer: tuple[int, int, int] = (-1, -1, 0)) -> list[bytes]:
    """The record batches as they are sent, numbered by `producer`: id, epoch and first sequence number."""
    batches = list(fill(lambda: BatchBuilder(BATCH_BYTES, 0), parts, AT))
    for batch in batches:
        batch._set_producer_state(*producer)
    return [bytes(batch._build()) for batch in batches]


def filled(fill: Filler, groups: list[list[KeyValue]]) -> list[list[KeyValue]]:
    """The records of each record batch, and the proof that each keeps to the limit unless one record is too large."""
    batches = []
    for data in packed(fill, [groups]):
        [batch] = [MemoryRecords(data).next_batch()]
        assert batch.validate_crc()
        found = list(batch)
        assert {record.timestamp for record in found} == {AT}
        assert len(data) <= BATCH_BYTES or len(found) == 1
        batches.append([(record.key, record.value) for record in found])
    return batches


@pytest.mark.parametrize("fill", FILLERS)
@given(groups=groups_of_records)
def test_all_records_are_there_in_their_order(fill: Filler, groups: list[list[KeyValue]]) -> None:
    assert [record for batch in filled(fill, groups) for record in batch] == [
        record for group in groups for record in group
    ]


@pytest.mark.parametrize("fill", FILLERS)
@given(groups=groups_of_records)
def test_a_group_that_fits_into_a_record_batch_is_never_split(fill: Filler, groups: list[list[KeyValue]]) -> None:
    marked: list[list[KeyValue]] = [
        [(f"{number}".encode(), value) for _, value in group] for number, group in enumerate(groups)
    ]
    batches = filled(fill, marked)
    for number, group in enumerate(marked):
        if sum(len(value or b"") + 40 for _, value in group) > BATCH_BYTES:
            continue
        key = f"{number}".encode()
        holding = [batch for batch in batches if any(record[0] == key for record in batch)]
        assert len(holding) == min(len(group), 1)


@pytest.mark.parametrize("fill", FILLERS)
def test_a_record_larger_than_a_record_batch_goes_alone(fill: Filler) -> None:
    large: KeyValue = (b"k", b"v" * (BATCH_BYTES + 1))
    assert filled(fill, [[(b"k", b"a")], [large], [(b"k", b"b")]]) == [[(b"k", b"a")], [large], [(b"k", b"b")]]


@pytest.mark.parametrize("fill", FILLERS)
def test_a_group_after_one_that_had_to_be_split_is_not_split(fill: Filler) -> None:
    too_large: list[KeyValue] = [(b"0", b"v" * 400_000)] * 3
    fits: list[KeyValue] = [(b"1", b"v" * 400_000)] * 2
    assert filled(fill, [too_large, fits]) == [too_large[:2], too_large[2:], fits]


@compiled_only
@given(
    st.lists(groups_of_records, max_size=3),
    st.booleans(),
    st.tuples(st.integers(-1, 2**63 - 1), st.integers(-1, 2**15 - 1), st.integers(0, 2**31 - 1)),
)
def test_the_compiled_filler_makes_the_same_bytes_as_the_driver(
    parts: list[list[list[KeyValue]]], as_bytes: bool, producer: tuple[int, int, int]
) -> None:
    given_parts: Sequence[Groups] = [grouped(part) for part in parts] if as_bytes else parts
    assert packed(fill_compiled, given_parts, producer) == packed(fill_by_driver, parts, producer)
    assert packed(fill_by_driver, given_parts, producer) == packed(fill_by_driver, parts, producer)


@compiled_only
@given(st.lists(st.tuples(keys, st.sampled_from([None, b"", b"v"])), min_size=1, max_size=8), st.integers(1, 3_000))
@example(EXACTLY_FULL, 2_097)
def test_places_of_more_than_one_byte_are_the_same(records: list[KeyValue], times: int) -> None:
    assert packed(fill_compiled, [[records * times]]) == packed(fill_by_driver, [[records * times]])


def grouped(groups: list[list[KeyValue]]) -> Grouped:
    made: Grouped = core.Grouped()
    for group in groups:
        made.append(group)
    return made


@compiled_only
@given(groups_of_records)
def test_groups_as_bytes_are_the_groups_they_were_made_of(groups: list[list[KeyValue]]) -> None:
    made, there = grouped(groups), [group for group in groups if group]
    assert list(made) == there
    assert (len(made), made.records) == (len(there), sum(map(len, there)))


@compiled_only
@given(groups_of_records, st.lists(st.tuples(keys, values)))
def test_what_is_pushed_is_a_group_until_the_next_one(groups: list[list[KeyValue]], pushed: list[KeyValue]) -> None:
    made: Grouped = core.Grouped()
    for key, value in pushed:
        made.push(key, value)
    for group in groups:
        made.append(group)
    assert list(made) == [group for group in [pushed, *groups] if group]


@compiled_only
@given(groups_of_records)
def test_a_state_is_written_as_the_records_say(groups: list[list[KeyValue]]) -> None:
    state = {b"k": b"before", b"other": b"stays"}
    expected = dict(state)
    for key, value in (record for group in groups for record in group):
        if key is not None and value is None:
            expected.pop(key, None)
        elif key is not None and value is not None:
            expected[key] = value
    grouped(groups).apply_to(state)
    assert state == expected


def test_without_the_compiled_core_the_driver_fills() -> None:
    assert filler(compiled=False) is fill_by_driver
