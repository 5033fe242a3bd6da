"""An app for tests, told by its environment how to misbehave.

`fail`, `hang`, take until after it is told to end (`slow`), or never acknowledge the first batch (`gap`).
"""

from __future__ import annotations

import asyncio
import logging
import os

from streams.batching import Batch, BatchApp, Bounds, Delivery, WorkerSettings, create_app

logger = logging.getLogger(__name__)

TOPIC = os.environ.get("ODD_TOPIC", "odd")
WAY = os.environ.get("ODD_WAY", "")
SLOW_SECONDS = 2.0


async def prepare(app: BatchApp) -> None:
    taken: list[int] = []

    async def handle(batch: Batch, delivery: Delivery) -> None:
        if not batch.records:
            delivery.acknowledge()
            return
        if WAY == "fail":
            raise ConnectionError("the store is away")
        first = batch.records[0].offset
        logger.info("took %d-%d", first, batch.records[-1].offset)
        taken.append(first)
        if WAY == "hang":
            await asyncio.Event().wait()
        if WAY == "slow":
            await app.wait_until_stopped()
            await asyncio.sleep(SLOW_SECONDS)
        if WAY != "gap" or len(taken) > 1:
            delivery.acknowledge()

    app.consume((TOPIC,), handle, "odd")


app = create_app(
    WorkerSettings(f"{TOPIC}-app", os.environ.get("ODD_KAFKA", "127.0.0.1:9092"), session_timeout=6),
    prepare,
    Bounds(retry_seconds=1.0, stall_seconds=3.0 if WAY == "hang" else 120.0),
)
