"""The driver's thread of a batch app: it fetches, whole batches of the partitions that have room for one more."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import aiokafka
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.batching.fetch import take
from streams.batching.frames import receive_in_place
from streams.batching.offsets import Offsets, read_offsets
from streams.batching.pace import Pace
from streams.batching.passing import PASS_SECONDS, Passing

if TYPE_CHECKING:
    from streams.batching.consumer import BatchConsumer

FETCH_WAIT_MS = 250
"""How long the broker may hold a fetch open: bounds how old the knowledge of a partition's end is."""


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches batches of the partitions that have room for one more."""

    roomy: asyncio.Event
    passing: Passing

    async def on_start(self) -> None:
        """Mode's hook: the driver's parts exist from here on; the coordinator is watched for the membership."""
        self.roomy, self.passing = asyncio.Event(), Passing()
        await super().on_start()
        app, driven = cast("BatchConsumer", self.consumer).app, self._ensure_consumer()
        app.membership.watch(driven._coordinator)
        receive_in_place(driven._client, app.compiled)
        if app.bounds.pace:
            Pace(driven._fetcher, app.bounds.pace)

    async def on_thread_stop(self) -> None:
        """Close the driver's consumer; a worker ends while the broker is away, too."""
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            # The driver cancels the fetches it waits for, and trips over one that sleeps after an error.
            await self._ensure_consumer()._client.close()

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"
        return consumer

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 -- the driver's signature
        max_records: int | None = None,
    ) -> Any:
        parent = cast("BatchConsumer", self.consumer)
        if not parent.flow_active:
            return {}
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError()
        seeks, passed_over = parent.seeks, parent.app.passed_over

        def roomy(*, read: bool) -> list[TP]:
            # Asked right before something is taken, with nothing in between in this thread, where seeks happen as well.
            nonlocal seeks
            seeks = parent.seeks
            return [tp for tp in active_partitions if (tp.topic in passed_over) != read and parent.has_room(tp)]

        with fetcher._subscriptions.fetch_context():
            taken = await self.passing.pass_over(fetcher, partial(roomy, read=False)) or await take(
                fetcher,
                partial(roomy, read=True),
                self.roomy,
                min(timeout or 0.0, PASS_SECONDS),
                lambda tp: parent.app.records_at_once(tp.topic),
                parent.app.compiled,
            )
        return {tp: [replace(one, seeks=seeks) for one in fetched] for tp, fetched in taken.items()}

    async def read_offsets(self, partitions: Collection[tuple[str, int]]) -> tuple[Offsets, Offsets]:
        """See `streams.batching.offsets`; in the driver's thread."""
        return await read_offsets(self._ensure_consumer(), partitions)

    def wake(self) -> None:
        """Look again for partitions with room; callable from any thread."""
        self.thread_loop.call_soon_threadsafe(self.roomy.set)

    def partition_state(self, tp: TP) -> Any:
        """The driver's state of an assigned partition (position, highwater), None if it is not assigned."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        return assignment.state_value(driver.ensure_aiokafka_TP(tp)) if assignment is not None else None
