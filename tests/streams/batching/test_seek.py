"""Going back to what is committed: what was taken before counts no more, and whatever comes after is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from faust.types import TP, Message

from streams.batching import BatchApp, WorkerSettings, create_app
from streams.batching.batch import Batch
from streams.batching.consumer import BatchConsumer
from streams.batching.consumer_thread import BatchConsumerThread
from streams.batching.fetch import Fetched
from tests.streams.batching.unstarted import Unstarted

PLACE = TP("touchpoints", 0)


class Seeking(BatchConsumer):
    """A consumer whose driver is not there: it goes back to offset 3, and is asked for room meanwhile."""

    room_meanwhile = True

    async def _seek_to_committed(self) -> None:
        await asyncio.sleep(0)
        self.room_meanwhile = self.has_room(PLACE)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return Unstarted(self, loop=self.loop, beacon=self.beacon)


class FetchingWhileTheFlowStops(Seeking):
    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Fetched]]:  # noqa: ASYNC109 -- Faust's signature
        self.stop_flow()
        return {PLACE: [Fetched([], 12, 20, self.seeks)]}

    def _get_active_partitions(self) -> set[TP]:
        return {PLACE}


def consumer_of(app: BatchApp, delivered: list[Message], kind: type[Seeking] = Seeking) -> Seeking:
    async def deliver(message: Message) -> None:
        delivered.append(message)

    async def partitions_change(partitions: set[TP]) -> None:
        raise NotImplementedError

    consumer = kind(
        app.transport,
        callback=deliver,
        on_partitions_revoked=partitions_change,
        on_partitions_assigned=partitions_change,
    )
    app.consumer = consumer
    return consumer


@pytest.fixture
def app() -> BatchApp:
    return create_app(WorkerSettings("test", "127.0.0.1:1", session_timeout=6))


def taken(consumer: BatchConsumer, next_offset: int) -> Message:
    """The message of a batch that ends before `next_offset`, taken now."""
    return consumer._to_message(PLACE, Fetched([], next_offset, 20, consumer.seeks))


def test_what_was_taken_before_is_not_to_be_done_and_not_acknowledged(app: BatchApp) -> None:
    async def play() -> None:
        consumer = consumer_of(app, [])
        early = taken(consumer, 9)
        late = consumer._to_message(PLACE, Fetched([], 12, 20, consumer.seeks))
        assert consumer.is_current(early)
        await consumer.perform_seek()
        again = taken(consumer, 9)
        assert not consumer.is_current(early)
        assert consumer.is_current(again)
        assert not consumer.ack(early)
        assert not consumer.ack(late)
        assert consumer._new_offset(PLACE) is None
        assert consumer.ack(again)
        assert consumer._new_offset(PLACE) == 9

    asyncio.run(play())


def test_a_batch_that_was_under_way_during_the_seek_is_not_waited_for(app: BatchApp) -> None:
    async def play() -> None:
        consumer = consumer_of(app, [])
        before = consumer.seeks
        await consumer.perform_seek()
        stale = consumer._to_message(PLACE, Fetched([], 9, 20, before))
        assert not consumer.is_current(stale)
        assert consumer.ack(taken(consumer, 6))
        assert consumer._new_offset(PLACE) == 6

    asyncio.run(play())


def test_nothing_is_taken_during_the_seek(app: BatchApp) -> None:
    async def play() -> None:
        consumer = consumer_of(app, [])
        await consumer.perform_seek()
        assert not consumer.room_meanwhile
        assert consumer.has_room(PLACE)

    asyncio.run(play())


def test_a_batch_that_ends_before_one_of_before_the_seek_is_delivered(app: BatchApp) -> None:
    async def play() -> None:
        delivered: list[Message] = []
        consumer = consumer_of(app, delivered)
        messages = [taken(consumer, 9)]
        await consumer.perform_seek()
        messages += [taken(consumer, 6), taken(consumer, 9)]

        async def getmany(timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 -- Faust's signature
            for message in messages:
                yield PLACE, message
            consumer._stopped.set()

        consumer.getmany = getmany  # type: ignore[method-assign]
        await consumer._drain_messages(consumer)
        assert [cast("Batch", message.value).next_offset for message in delivered] == [9, 6, 9]

    asyncio.run(play())


def test_what_is_fetched_while_the_worker_ends_does_not_take_back_the_batch_in_work(app: BatchApp) -> None:
    async def play() -> None:
        consumer = consumer_of(app, [], FetchingWhileTheFlowStops)
        in_work = taken(consumer, 9)
        app._stopped.set()
        assert [message async for message in consumer.getmany(timeout=1.0)] == []
        assert consumer.ack(in_work)
        assert consumer._new_offset(PLACE) == 9

    asyncio.run(play())


def test_what_is_fetched_while_the_flow_stops_for_a_while_is_read_anew(app: BatchApp) -> None:
    async def play() -> None:
        consumer = consumer_of(app, [], FetchingWhileTheFlowStops)
        before = consumer.seeks
        assert [message async for message in consumer.getmany(timeout=1.0)] == []
        assert consumer.seeks == before + 1

    asyncio.run(play())
