"""One batch through its handler: retried in place while infrastructure fails, dropped when the partition has moved."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from faust.types import Message
from mode import get_logger
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_delay, wait_exponential

from streams.batching.batch import Batch, Delivery, Handler
from streams.batching.endings import Ending

if TYPE_CHECKING:
    from streams.batching.app import BatchApp

logger = get_logger(__name__)

LEASE_SECONDS = 0.05
"""How often to look whether a lapsed lease holds again."""


class EventDelivery:
    """The `Delivery` of one message of a batch app."""

    __slots__ = ("_app", "_message")

    def __init__(self, app: BatchApp, message: Message) -> None:
        self._app = app
        self._message = message

    def is_current(self) -> bool:
        return self._app.batches.is_current(self._message)

    async def confirm(self) -> bool:
        while self.is_current():
            if self._app.lease.holds():
                return True
            if self._app.should_stop or not self._app.flow_control.is_active():
                return False
            await asyncio.sleep(LEASE_SECONDS)
        return False

    def acknowledge(self) -> None:
        self._app.batches.ack(self._message)


async def deliver(batch: Batch, delivery: Delivery, handler: Handler, retry_seconds: float) -> None:
    """Run the handler until it succeeds; raises its last error after `retry_seconds` of failing, an `Ending` at once.

    Gives up quietly, without an acknowledgement, once this process no longer owns the partition.
    """
    attempts = AsyncRetrying(
        stop=stop_after_delay(retry_seconds),
        wait=wait_exponential(multiplier=0.1, max=5.0),
        retry=retry_if_exception(lambda error: isinstance(error, Exception) and not isinstance(error, Ending)),
        before_sleep=lambda state: _log_failure(batch, state),
        reraise=True,
    )
    async for attempt in attempts:
        with attempt:
            if not delivery.is_current():
                return
            await handler(batch, delivery)


def _log_failure(batch: Batch, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome is not None else None
    logger.warning(
        "%s:%d up to offset %d failed, attempt %d, will retry: %r",
        batch.topic,
        batch.partition,
        batch.next_offset,
        state.attempt_number,
        error,
    )
