"""Tells a receiver, patiently: retries with growing pauses, and gives up what it refuses or does not take in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from omnitrack.notify.undelivered import Undelivered
from schemas.batched import batched
from sinks.meters import DELIVERY_FAILURES, DELIVERY_SECONDS, NOTICE_DELAY, NOTICES
from sinks.notices import Notice, NoticeRefused, Receiver, ReceiverAway
from streams.now import now_ms

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
ALONE_ATTEMPTS = 6
"""How often a notice is tried that alone is not taken: some 18 s, in which what is behind it in its partition waits."""
LOOK_SECONDS = 0.2
LOG_EVERY_SECONDS = 10.0

log = structlog.get_logger(__name__)


class GivenBack(Exception):
    """This process is to give up its partitions, or to end: what was being told will be told anew."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was given up, and what was neither taken nor given up, for the process has to let go. All else was taken."""

    undelivered: tuple[Undelivered, ...] = ()
    given_back: tuple[Notice, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(self.undelivered + other.undelivered, self.given_back + other.given_back)


class Deliverer:
    """Tells one receiver; `goes_on` is false once the process has to let its partitions go."""

    def __init__(self, receiver: Receiver, goes_on: Callable[[], bool]) -> None:
        self._receiver = receiver
        self._goes_on = goes_on
        self._calls = asyncio.Semaphore(receiver.calls)
        self._logged_at = self._taken_at = float("-inf")

    async def deliver(self, notices: Sequence[Notice]) -> Outcome:
        """Return once each notice is taken, given up or, as the process has to let go, given back.

        Raises what the receiver raises beside `NoticeRefused` and `ReceiverAway`, after all have ended.
        """
        parts = list(batched(notices, self._receiver.most))
        results = await asyncio.gather(*map(self._deliver_part, parts), return_exceptions=True)
        outcome = Outcome()
        for result in results:
            if isinstance(result, BaseException):
                raise result
            outcome += result
        return outcome

    async def _deliver_part(self, notices: Sequence[Notice]) -> Outcome:
        try:
            async with self._calls:
                await self._patiently(notices)
        except NoticeRefused as error:
            if len(notices) == 1:
                return Outcome((self._give_up(notices[0], error),))
            # One of them spoils the others.
            middle = len(notices) // 2
            return await self._deliver_part(notices[:middle]) + await self._deliver_part(notices[middle:])
        except ReceiverAway as error:
            return Outcome(tuple(self._give_up(notice, error) for notice in notices))
        except GivenBack:
            return Outcome(given_back=tuple(notices))
        now = time.time()
        for notice in notices:
            NOTICES.labels(self._receiver.name, notice.status).inc()
            NOTICE_DELAY.labels(self._receiver.name).observe(max(0.0, now - notice.updated_at / 1000))
        return Outcome()

    async def _patiently(self, notices: Sequence[Notice]) -> None:
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(ReceiverAway),
            wait=wait_exponential_jitter(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE),
            stop=self._is_last,
            sleep=self._pause,
            before_sleep=self._note_wait,
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                if not self._goes_on():
                    raise GivenBack
                await self.tell_once(notices)

    async def tell_once(self, notices: Sequence[Notice]) -> None:
        """One call. Raises `ReceiverAway` or `NoticeRefused`."""
        with DELIVERY_SECONDS.labels(self._receiver.name).time():
            try:
                await self._receiver.tell(notices)
                self._taken_at = time.monotonic()
            except (ReceiverAway, NoticeRefused):
                DELIVERY_FAILURES.labels(self._receiver.name).inc()
                raise

    def _is_last(self, state: RetryCallState) -> bool:
        most = self._receiver.attempts
        if most is None:
            return False
        # Who took others since is not away: what it does not take is this one.
        is_alone = self._taken_at > state.start_time
        return state.attempt_number >= (min(most, ALONE_ATTEMPTS) if is_alone else most)

    async def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._goes_on() and (left := until - time.monotonic()) > 0:  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(min(left, LOOK_SECONDS))

    def _note_wait(self, state: RetryCallState) -> None:
        if time.monotonic() - self._logged_at < LOG_EVERY_SECONDS:
            return
        self._logged_at = time.monotonic()
        error = state.outcome.exception() if state.outcome else None
        log.warning("waiting for a receiver of alerts", receiver=self._receiver.name, error=str(error))

    def _give_up(self, notice: Notice, error: Exception) -> Undelivered:
        log.error(
            "an alert was given up, and is kept on the topic undelivered",
            receiver=self._receiver.name,
            alert_id=notice.alert_id,
            version=notice.version,
            error=str(error),
        )
        return Undelivered(self._receiver.name, notice, str(error), now_ms())
