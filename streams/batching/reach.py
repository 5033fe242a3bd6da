"""Waits for a broker that cannot be reached when a worker starts: dying of it would not bring it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from mode import get_logger

ANSWER_SECONDS = 5.0
RETRY_SECONDS = 1.0
TELL_SECONDS = 10.0

logger = get_logger(__name__)


async def with_broker(kafka: str, should_stop: Callable[[], bool], work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` once a broker answers, and again if it goes away meanwhile; not at all when told to stop before."""
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
        obstacle = await _obstacle(kafka)
        if obstacle is None:
            return True
        now = time.monotonic()
        if now - told >= TELL_SECONDS:
            told = now
            logger.warning("waiting for Kafka at %s since %.0f s: %s", kafka, now - started, obstacle)
        await asyncio.sleep(RETRY_SECONDS)
    return False


async def _obstacle(kafka: str) -> str | None:
    """What keeps the broker from being reached; None if nothing does."""
    client = AIOKafkaClient(bootstrap_servers=kafka, request_timeout_ms=int(ANSWER_SECONDS * 1000))
    try:
        await asyncio.wait_for(client.bootstrap(), ANSWER_SECONDS)
    except TimeoutError:
        return f"no answer within {ANSWER_SECONDS:.0f} s"
    except (KafkaError, OSError) as error:
        return str(error)
    finally:
        await client.close()
    return None
