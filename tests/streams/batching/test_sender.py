"""Who sends at the same time shares record batches, and learns what became of its own records."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.batching.filling import BATCH_BYTES, KeyValue
from streams.batching.sender import Outgoing, RecordSender


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


class FullBroker(Broker):
    """A driver's producer that takes no second record batch."""

    def __init__(self) -> None:
        super().__init__()
        self.offered = 0

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Task[Any]:
        self.offered += 1
        if self.offered == 2:
            raise KafkaTimeoutError
        return await super().send_batch(batch, topic, partition=partition)


def test_a_record_batch_that_the_driver_does_not_take_is_told_after_those_before_it_have_ended() -> None:
    broker = FullBroker()

    async def run() -> list[list[KeyValue]]:
        sender = RecordSender(lambda: broker)
        with pytest.raises(KafkaTimeoutError):
            await sender.send([Outgoing("t", 0, [[(b"first", b"v" * BATCH_BYTES)], [(b"second", b"v" * BATCH_BYTES)]])])
        ended = list(broker.batches)
        assert await sender.send([Outgoing("t", 0, [[(b"next", b"v")]])]) == {("t", 0): 1}
        return ended

    ended = asyncio.run(run())
    assert [[key for key, _ in records] for records in ended] == [[b"first"]]
    assert [[key for key, _ in records] for records in broker.batches] == [[b"first"], [b"next"]]
