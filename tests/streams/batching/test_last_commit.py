"""Before partitions are given up all that is done is committed, also what a commit on its way leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from faust.types import TP, Message

from streams.batching import BatchApp, WorkerSettings, create_app
from streams.batching.consumer import BatchConsumer
from streams.batching.consumer_thread import BatchConsumerThread
from streams.batching.fetch import Fetched
from tests.streams.batching.unstarted import Unstarted

PLACE = TP("touchpoints", 0)


class Committing(BatchConsumer):
    """A consumer whose driver is not there: a commit ends once another waits for it."""

    begun: asyncio.Event
    go_on: asyncio.Event
    committed: dict[TP, int]

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return Unstarted(self, loop=self.loop, beacon=self.beacon)

    def assignment(self) -> set[TP]:
        return {PLACE}

    async def maybe_wait_for_commit_to_finish(self) -> bool:
        if self._commit_fut is not None:
            self.go_on.set()
        return await super().maybe_wait_for_commit_to_finish()

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self.begun.set()
        await self.go_on.wait()
        self.committed.update(offsets)
        return True

    @classmethod
    def of(cls, app: BatchApp) -> Committing:
        async def nothing(_: object) -> None:
            """No partitions come or go, no message is passed on."""

        made = cls(app.transport, callback=nothing, on_partitions_revoked=nothing, on_partitions_assigned=nothing)
        made.begun, made.go_on, made.committed = asyncio.Event(), asyncio.Event(), {}
        app.consumer = made
        return made

    def done(self, next_offset: int) -> None:
        """A batch that ends before that offset is delivered and acknowledged."""
        message: Message = self._to_message(PLACE, Fetched([], next_offset, 20, self.seeks))
        assert self.ack(message)


def test_what_is_done_while_a_commit_is_on_its_way_is_committed_after_it() -> None:
    async def play() -> None:
        app = create_app(WorkerSettings("test", "127.0.0.1:1", session_timeout=6))
        consumer = Committing.of(app)
        consumer.done(3)
        early = asyncio.create_task(consumer.commit())
        await consumer.begun.wait()
        consumer.done(9)
        await app._consumer_wait_empty(consumer, app.log)
        assert early.done()
        assert consumer.committed == {PLACE: 9}

    asyncio.run(play())
