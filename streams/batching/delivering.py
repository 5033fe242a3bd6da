"""One batch through its handler: retried in place while infrastructure fails, dropped when the partition has moved."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, cast

import structlog
from faust.types import Message
from mode import get_logger
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay, wait_exponential

from streams.batching.batch import Batch, Delivery, Handler
from streams.batching.endings import Ending
from streams.meters import RETRIES, count_batch

if TYPE_CHECKING:
    from streams.batching.app import BatchApp

logger = get_logger(__name__)
records = structlog.get_logger(__name__)

LEASE_SECONDS = 0.05
"""How often to look whether a lapsed lease holds again."""


class EventDelivery:
    """The `Delivery` of one message of a batch app."""

    __slots__ = ("_app", "_began", "_message")

    def __init__(self, app: BatchApp, message: Message) -> None:
        self._app = app
        self._message = message
        self._began = time.perf_counter()

    @property
    def stage(self) -> str:
        """What the topic is for, in the meters: `ingest`, `stitch`, …."""
        return self._app.stage_of(self._message.topic)

    def is_current(self) -> bool:
        """Whether the partition is still this process's, and has been since the batch was fetched."""
        return self._app.batches.is_current(self._message)

    async def confirm(self) -> bool:
        """Wait until the group has confirmed this process lately enough to write; False: it must not write any more."""
        while self.is_current():
            if self._app.lease.holds():
                return True
            if self._app.should_stop or not self._app.flow_control.is_active():
                return False
            await asyncio.sleep(LEASE_SECONDS)
        return False

    def acknowledge(self) -> None:
        """The batch may be committed, if it is current; a second time is nothing."""
        if self._app.batches.ack(self._message):
            self._note()

    def _note(self) -> None:
        batch = cast("Batch", self._message.value)
        seconds = time.perf_counter() - self._began
        count_batch(self.stage, batch.topic, len(batch.records), seconds)
        records.debug(
            "batch done",
            stage=self.stage,
            topic=batch.topic,
            partition=batch.partition,
            next_offset=batch.next_offset,
            records=len(batch.records),
            seconds=round(seconds, 4),
        )


async def deliver(batch: Batch, delivery: Delivery, handler: Handler, retry_seconds: float) -> None:
    """Run the handler until it succeeds; raises its last error after `retry_seconds` of failing, an `Ending` at once.

    Gives up quietly, without an acknowledgement, once this process no longer owns the partition.
    """
    began = time.monotonic()
    try:
        if delivery.is_current():
            await handler(batch, delivery)
    except Exception as error:
        if isinstance(error, Ending):
            raise
        await _deliver_again(batch, delivery, handler, [error], began + retry_seconds - time.monotonic())


async def _deliver_again(
    batch: Batch, delivery: Delivery, handler: Handler, failed: list[Exception], retry_seconds: float
) -> None:
    """Go on after the first attempt, which `failed`: what repeats costs more than a small batch, which seldom fails."""
    # What retries is a cycle of objects: a batch that it knew would wait for the collector, with all that was fetched.
    place = f"{batch.topic}:{batch.partition} up to offset {batch.next_offset}"
    attempts = AsyncRetrying(
        stop=stop_after_delay(retry_seconds),
        wait=wait_exponential(multiplier=0.1, max=5.0),
        retry=retry_if_exception(lambda error: isinstance(error, Exception) and not isinstance(error, Ending)),
        before_sleep=partial(_note_failure, place, delivery.stage),
        reraise=True,
    )
    async for attempt in attempts:
        with attempt:
            if failed:
                raise failed.pop()
            if not delivery.is_current():
                return
            await handler(batch, delivery)


def _note_failure(place: str, stage: str, state: RetryCallState) -> None:
    RETRIES.labels(stage).inc()
    error = state.outcome.exception() if state.outcome is not None else None
    logger.warning("%s failed, attempt %d, will retry: %r", place, state.attempt_number, error)
