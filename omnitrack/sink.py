"""The sink's Faust app, output topics into ClickHouse: `faust -A omnitrack.sink worker`.

Importing this reads the settings from the environment, and Kafka's certificates.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from schemas.topics import Topics
from sinks.clickhouse.agent import SinkAgent
from sinks.clickhouse.blocks import compiled_blocks
from sinks.clickhouse.settings import ClickHouseSettings
from sinks.clickhouse.writer import Writer
from sinks.port import SinkStopped
from streams.batching import Batch, BatchApp, Bounds, Delivery, create_app
from streams.compiled import NotBuilt
from streams.logs import set_log_level
from streams.provision import ensure_topics
from streams.settings import StreamSettings
from streams.worker import worker_of

logger = structlog.get_logger(__name__)

BOUNDS = Bounds(
    # With two batches per partition this bounds the sink's memory (docs/decisions/0205).
    max_records=5_000,
    # What comes while an INSERT is under way waits here, not at the broker, or it misses the next INSERT.
    pending_small=64,
    # A fifth of the interval of INSERTs.
    pace=0.05,
    # The writer itself waits for ClickHouse, and says so; a restart would not bring it back.
    stall_seconds=24 * 3600.0,
)


class StoringHandler:
    """Hands batches to the sink and acknowledges each once it is stored.

    It returns at once: a sink that waits for ClickHouse must not hold up a rebalance. The app's bound on
    unacknowledged batches is what keeps memory within bounds. A batch whose partition moved meanwhile is given up;
    its new owner stores it, and twice stored is as good as once.
    """

    def __init__(self, agent: SinkAgent, app: BatchApp) -> None:
        self._agent = agent
        self._app = app
        self._storing: dict[asyncio.Task[None], Delivery] = {}

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        """Begin to store one batch and return: batches of several partitions are stored side by side."""
        for task, earlier in self._storing.items():
            if not earlier.is_current():
                task.cancel()
        task = asyncio.create_task(self._store(batch, delivery))
        self._storing[task] = delivery
        task.add_done_callback(self._storing.pop)

    async def _store(self, batch: Batch, delivery: Delivery) -> None:
        try:
            await self._agent.store(batch)
        except SinkStopped:
            return
        except Exception as error:  # noqa: BLE001 -- the process must not go on as if the batch were stored
            await self._app.crash(error)
            return
        delivery.acknowledge()


def create_sink(settings: StreamSettings, clickhouse: ClickHouseSettings) -> BatchApp:
    """The app that stores the output topics; without I/O until its worker starts.

    Tables are made by `omnitrack migrate`; until they are there it waits, and says so.
    """
    set_log_level(settings.log_level)
    topics = Topics(settings.topic_prefix)
    writer = Writer(clickhouse)
    blocks = None if settings.core == "python" else compiled_blocks(writer)
    agent = SinkAgent(writer, topics, blocks)

    async def prepare(app: BatchApp) -> None:
        if blocks is None and settings.core == "compiled":
            raise NotBuilt
        logger.info("storing", core="python" if blocks is None else "compiled")
        await ensure_topics(settings.kafka, topics, partitions=settings.partitions, replication=settings.replication)
        app.consume(topics.outputs, StoringHandler(agent, app), "store")

    app = create_app(worker_of(settings, "sink"), prepare, BOUNDS)

    @app.on_before_shutdown.connect
    async def stop_waiting(*_args: Any, **_kwargs: Any) -> None:
        await asyncio.to_thread(agent.close)

    return app


app = create_sink(StreamSettings(), ClickHouseSettings())
