"""A Faust app whose agents get whole batches, and whose process exits rather than lose or hang."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.types import TP, EventT, TransportT
from mode import get_logger
from prometheus_client import CollectorRegistry

from streams.batching.app_meters import AppMeters
from streams.batching.batch import Batch, BatchSchema, Handler
from streams.batching.consumer import BatchConsumer, BatchTransport
from streams.batching.delivering import EventDelivery, deliver
from streams.batching.endings import Ending
from streams.batching.filling import filler
from streams.batching.lanes import Lanes
from streams.batching.lease import Lease
from streams.batching.livelock import watch_for_livelock
from streams.batching.membership import Fenced, Membership
from streams.batching.page import Page
from streams.batching.reach import with_broker
from streams.batching.sender import RecordSender
from streams.batching.settings import Bounds, WorkerSettings
from streams.batching.table import BatchTable, States
from streams.batching.versions import check_installation

logger = get_logger(__name__)

GC_THRESHOLDS = (50_000, 20, 50)
"""A fetched batch has thousands of objects that come and go together."""
_LEAST_FULLNESS = 1 / 16
"""Of live traffic batches are small, and nearly all of their time is waiting for the broker."""

Prepare = Callable[["BatchApp"], Awaitable[None]]


class WithoutWeb(BootStrategy):
    """Without `--without-web`, whatever the setting says, Faust would show the states on all addresses to anyone."""

    enable_web = False


class BatchApp(faust.App):
    """Made by `create_app`. Agents are added with `consume`, the state table with `state_table`.

    `lease` tells for how long the partitions are this process's for certain. `prepare` runs before the worker joins
    its group: the place to read files, create topics, and then add agents; it runs again if the broker goes away
    meanwhile. `meters` are shown on the worker's page. `options` are Faust's.
    """

    BootStrategy = WithoutWeb

    def __init__(
        self,
        worker: WorkerSettings,
        bounds: Bounds,
        lease: Lease,
        prepare: Prepare | None,
        **options: Any,
    ) -> None:
        self.bounds = bounds
        self.lease = lease
        self.compiled = worker.compiled
        self._kafka = worker.kafka
        self._prepare = prepare
        self.sender = RecordSender(lambda: cast("Any", self.producer)._ensure_producer(), filler(worker.compiled))
        self._max_records: dict[str, int] = {}
        self._stages: dict[str, str] = {}
        self.passed_over: set[str] = set()
        self._lanes: list[Lanes[EventT[Any]]] = []
        self.state_tables: list[BatchTable] = []
        self.meters = CollectorRegistry()
        self.meters.register(AppMeters(self))
        self._page = Page(*worker.page, self.meters, self.not_ready) if worker.page else None
        self._has_started = False
        super().__init__(worker.group, **options)
        self.membership = Membership(lease, self.conf.consumer_group_instance_id, self._end_when_fenced)

    @property
    def batches(self) -> BatchConsumer:
        """The consumer; only while the worker runs."""
        return cast("BatchConsumer", self.consumer)

    def consume(
        self,
        topics: Sequence[str],
        handler: Handler,
        name: str,
        *,
        at_once: int = 4,
        max_records: int | None = None,
        passed_over: Collection[str] = (),
    ) -> None:
        """Add an agent: `handler` gets the batches of `topics`, those of one partition in order and one at a time.

        Up to `at_once` full batches are in work together, and more that are not full, so that one's waiting is
        another's computing; the oldest goes first. `max_records` bounds the batches of these topics where the app's
        bound is too high. Of topics `passed_over` batches come without the records, which are not fetched: nobody asks
        for them, but the group is to reach their ends. An exception of the handler is retried in place
        for the bounds' `retry_seconds`, then it ends the process with a non-zero status; the batch stays
        unacknowledged, so it is delivered again.
        """
        lanes: Lanes[EventT[Any]] = Lanes(lambda event: self._work_on(event, handler), _age, self._fullness, at_once)
        self._lanes.append(lanes)
        self._max_records.update(dict.fromkeys(topics, max_records or self.bounds.max_records))
        self._stages.update(dict.fromkeys(topics, name))
        self.passed_over.update(passed_over)

        async def agent(stream: faust.Stream[Any]) -> None:
            async for event in stream.noack().events():
                lanes.put(event.message.tp, cast("EventT[Any]", event))

        channel = self.topic(*topics, schema=BatchSchema(), value_type=bytes)
        self.agent(channel, name=name, concurrency=1)(cast("Any", agent))

    def records_at_once(self, topic: str) -> int:
        """The bound on the records of a batch of the topic."""
        return self._max_records.get(topic, self.bounds.max_records)

    def has_room(self, topic: str, batches: int, records: int) -> bool:
        """Whether one more batch of a partition of the topic may be fetched, with so much of it unacknowledged."""
        return self.bounds.have_room(batches, records, self.records_at_once(topic))

    def stage_of(self, topic: str) -> str:
        """The name of the agent that takes in the topic."""
        return self._stages[topic]

    def state_table(
        self, name: str, topic: str, partitions: int, new_states: Callable[[], States] = dict
    ) -> BatchTable:
        """Add the state table with `topic` (compacted, `partitions` as all keyed topics) as its changelog.

        `new_states` makes what the keys of a partition are kept in.
        """
        changelog = self.topic(topic, schema=BatchSchema(), value_type=bytes, partitions=partitions, acks=False)
        table = BatchTable(self, new_states, name=name, partitions=partitions, changelog_topic=changelog)
        self.state_tables.append(table)
        return cast("BatchTable", self.tables.add(table))

    def not_ready(self) -> str | None:
        """What keeps the worker from its work; None: it has its partitions and all of their states."""
        if not self._has_started:
            return "starting"
        if self.rebalancing:
            return "the group is giving out its partitions"
        return "reading the states of its partitions" if self.in_recovery else None

    def progress(self) -> Iterator[tuple[TP, int, int]]:
        """Of each partition heard of: the committed offset, and that behind its last record."""
        if self._has_started:
            yield from self.batches.progress(self._stages)

    def _fullness(self, event: EventT[Any]) -> float:
        batch = cast("Batch", event.value)
        return max(len(batch.records) / self.records_at_once(batch.topic), _LEAST_FULLNESS)

    async def _work_on(self, event: EventT[Any], handler: Handler) -> None:
        delivery = EventDelivery(self, event.message)
        if not (self.flow_control.is_active() and delivery.is_current()):
            # Partitions are being given up, or are read anew: the batch will be delivered again, here or elsewhere.
            return
        try:
            await deliver(cast("Batch", event.value), delivery, handler, self.bounds.retry_seconds)
        except Exception as error:  # noqa: BLE001 -- whatever a handler raises, its batch is not done
            await self.crash(error)

    async def _consumer_wait_empty(self, consumer: Any, logger: Any) -> None:
        """Before partitions are given up: let the batches in work end, and commit them.

        A batch that went on after its partition moved would overwrite the new owner's state.
        """
        try:
            idle = asyncio.gather(*(lanes.idle() for lanes in self._lanes))
            await asyncio.wait_for(idle, self.conf.broker_rebalance_timeout * 0.8)
        except TimeoutError as error:
            await self.crash(error)
        # One that was on its way is waited for instead, and knows nothing of what has ended since it began.
        await consumer.commit()
        await consumer.commit()

    async def crash(self, reason: BaseException) -> None:
        """End the process with a non-zero status: for an `Ending` with its line, else with what it was."""
        if isinstance(reason, Ending):
            logger.critical("%s", reason)
            reason = SystemExit(1)
        await super().crash(reason)

    def _end_when_fenced(self, fenced: Fenced) -> None:
        asyncio.run_coroutine_threadsafe(self.crash(fenced), self.loop)

    def _new_transport(self) -> TransportT:
        return BatchTransport(self.conf.broker_consumer, self)

    async def on_first_start(self) -> None:
        """Check the installation, wait for the broker, prepare; nothing is kept on disk, so no directories are made.

        Raises `WrongInstallation`, `PageUnavailable`, and what preparing raises.
        """
        check_installation()
        if self._page is not None:
            await self._page.start()
        collect_rarely()
        if self._prepare is not None:
            await with_broker(self._kafka, lambda: self.should_stop, partial(self._prepare, self))

    async def on_started_init_extra_tasks(self) -> None:
        """Faust's hook: the watch over work without progress begins."""
        self._has_started = True
        self.add_future(watch_for_livelock(self))
        await super().on_started_init_extra_tasks()

    async def on_stop(self) -> None:
        """Faust's hook: the page with meters and health goes last."""
        await super().on_stop()
        if self._page is not None:
            await self._page.stop()


def collect_rarely() -> None:
    """Set the collector of cycles for batches: with its defaults it takes more than half the time of a recovery."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _age(event: EventT[Any]) -> float:
    """A backlog is worked off in the order of its time, over all partitions: disorder is dear further on."""
    records = cast("Batch", event.value).records
    return records[0].timestamp if records else 0.0
