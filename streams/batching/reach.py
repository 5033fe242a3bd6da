"""Waits for a broker that cannot be reached when a worker starts: dying of it would not bring it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError
from mode import get_logger

from schemas.kafka_obstacle import find_obstacle

RETRY_SECONDS = 1.0
TELL_SECONDS = 10.0

logger = get_logger(__name__)


async def with_broker(kafka: str, should_stop: Callable[[], bool], work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` once a broker answers, and again if it goes away meanwhile; not at all when told to stop before.

    Raises what `work` raises, but for errors of the driver that may pass (`KafkaError.retriable`).
    """
    while await reach(kafka, should_stop):
        try:
            await work()
        except KafkaError as error:
            if not error.retriable:
                raise
            logger.warning("Kafka at %s went away while the worker started: %r; trying again", kafka, error)
        else:
            return


async def reach(kafka: str, should_stop: Callable[[], bool]) -> bool:
    """Return True once a broker of the bootstrap servers `kafka` answers, False when told to stop before.

    Meanwhile it logs, every 10 seconds, what it waits for.
    """
    started, told = time.monotonic(), float("-inf")
    while not should_stop():
        obstacle = await find_obstacle(kafka)
        if obstacle is None:
            return True
        now = time.monotonic()
        if now - told >= TELL_SECONDS:
            told = now
            logger.warning("waiting for Kafka at %s since %.0f s: %s", kafka, now - started, obstacle)
        await asyncio.sleep(RETRY_SECONDS)
    return False
