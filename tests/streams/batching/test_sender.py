"""Record batches are filled in order, kept below a broker's limit, and never split a group.

Who sends at the same time shares them.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.sender import BATCH_BYTES, KeyValue, Outgoing, RecordSender, _fill

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


class Broker:
    """A driver's producer whose broker takes record batches, and refuses those that hold a `bad` value."""

    def __init__(self) -> None:
        self.batches: list[list[KeyValue]] = []
        self.end = 0

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Task[Any]:
        assert (topic, partition) == ("t", 0)
        await asyncio.sleep(0)
        return asyncio.create_task(self._take(batch))

    async def _take(self, batch: BatchBuilder) -> Any:
        for _ in range(3):
            await asyncio.sleep(0)
        records = [(one.key, one.value) for one in MemoryRecords(bytes(batch._build())).next_batch()]
        if any(value == b"bad" for _, value in records):
            raise MessageSizeTooLargeError
        self.batches.append(records)
        first, self.end = self.end, self.end + len(records)
        return SimpleNamespace(offset=first)


sends = st.lists(
    st.tuples(
        st.integers(0, 4), st.lists(st.lists(st.sampled_from([b"v", b"bad", b"v" * 400_000]), max_size=3), max_size=3)
    )
)


@given(sends)
def test_each_who_sends_learns_what_became_of_its_own_records_though_they_go_together(
    sends: list[tuple[int, list[list[bytes]]]],
) -> None:
    broker = Broker()
    outcomes: dict[int, dict[tuple[str, int], int] | None] = {}

    async def send(number: int, pause: int, groups: list[list[KeyValue]]) -> None:
        for _ in range(pause):
            await asyncio.sleep(0)
        try:
            outcomes[number] = await sender.send([Outgoing("t", 0, groups)])
        except MessageSizeTooLargeError:
            outcomes[number] = None

    async def run() -> None:
        await asyncio.gather(
            *(
                send(number, pause, [[(str(number).encode(), value) for value in group] for group in groups])
                for number, (pause, groups) in enumerate(sends)
            )
        )

    sender = RecordSender(lambda: broker)
    asyncio.run(run())
    written = [record for batch in broker.batches for record in batch]
    for number, (_, groups) in enumerate(sends):
        values = [value for group in groups for value in group]
        mine = [(offset, value) for offset, (key, value) in enumerate(written) if key == str(number).encode()]
        told = outcomes[number]
        if told is None:
            assert len(mine) < sum(len(group) for _, groups in sends for group in groups)
        else:
            assert [value for _, value in mine] == values
            assert told == ({("t", 0): mine[-1][0]} if mine else {})
        if b"bad" in values:
            assert told is None


def test_what_is_given_while_records_are_on_their_way_goes_in_one_record_batch() -> None:
    broker = Broker()

    async def run() -> None:
        sender = RecordSender(lambda: broker)
        await asyncio.gather(*(sender.send([Outgoing("t", 0, [[(b"k", b"v")]])]) for _ in range(9)))

    asyncio.run(run())
    assert [len(batch) for batch in broker.batches] in ([9], [1, 8])


def test_what_is_no_longer_waited_for_holds_up_nobody() -> None:
    broker = Broker()

    async def run() -> dict[tuple[str, int], int]:
        sender = RecordSender(lambda: broker)
        given_up = asyncio.create_task(sender.send([Outgoing("t", 0, [[(b"given up", b"v")]])]))
        await asyncio.sleep(0)
        given_up.cancel()
        sent = await sender.send([Outgoing("t", 0, [[(b"k", b"v")]])])
        with pytest.raises(asyncio.CancelledError):
            await given_up
        return sent

    assert asyncio.run(run()) == {("t", 0): broker.end - 1}
    assert broker.batches[-1][-1] == (b"k", b"v")
