"""The handler of the batches of `alerts` for one receiver, and the refreshing of what fires."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec
import structlog

from omnitrack.notify.delivering import Deliverer
from omnitrack.notify.undelivered import encode_undelivered
from schemas.batched import batched
from schemas.rows import AlertRow
from schemas.topics import Topics
from sinks.meters import UNDELIVERED
from sinks.notices import NoticeRefused, Receiver, ReceiverAway, forget_before, read_news
from sinks.notices.telling import standing
from streams.batching import Batch, Delivery, Outgoing
from streams.checkpoint import Effects, Publisher, StateTable, checkpoint

FORGET_EVERY_SECONDS = 60.0

log = structlog.get_logger(__name__)
decode_row = msgspec.json.Decoder(AlertRow).decode


class Notify:
    """Tells, then keeps what was told, then acknowledges.

    Of a batch whose partition is given up meanwhile, what was told is kept, and the rest left to its next owner.
    """

    def __init__(
        self, receiver: Receiver, deliverer: Deliverer, states: StateTable, publisher: Publisher, topics: Topics
    ) -> None:
        self._receiver = receiver
        self._deliverer = deliverer
        self._states = states
        self._publisher = publisher
        self._topics = topics
        # A refresh between an end's being told and its being kept would make it fire again.
        self._telling: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._forgot_at: dict[int, float] = {}

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        """Tell the receiver what is news in one batch, one batch of a partition after the other.

        What it never takes goes to `undelivered`; what was told is remembered with the checkpoint.
        """
        async with self._telling[batch.partition]:
            told = self._states.partition(batch.partition)
            news = read_news(_rows(batch), told, self._receiver.is_news)
            outcome = await self._deliverer.deliver(news.notices)
            records = [(one.notice.fingerprint.encode(), encode_undelivered(one)) for one in outcome.undelivered]
            outputs = [Outgoing(self._topics.undelivered, batch.partition, (records,))] if records else []
            left = {notice.fingerprint.encode() for notice in outcome.given_back}
            kept = [(key, value) for key, value in news.writes if key not in left]
            writes = [[one] for one in (*kept, *self._forgotten(batch.partition, told))]
            effects = Effects(outputs, batch.partition, writes)
            if await checkpoint(effects, self._publisher, self._states, delivery, is_done=not left):
                UNDELIVERED.labels(self._receiver.name).inc(len(outcome.undelivered))

    async def refresh(self, partitions: Iterable[int]) -> None:
        """Tell once more all that fires in these partitions; what fails is made up for by the next round."""
        for partition in partitions:
            async with self._telling[partition]:
                firing = standing(self._states.partition(partition))
                try:
                    for part in batched(firing, self._receiver.most):
                        await self._deliverer.tell_once(part)
                except (ReceiverAway, NoticeRefused) as error:
                    log.warning("alerts are not refreshed", receiver=self._receiver.name, error=str(error))

    def _forgotten(self, partition: int, told: Mapping[bytes, bytes]) -> tuple[tuple[bytes, None], ...]:
        now = time.time()
        if now - self._forgot_at.get(partition, 0.0) < FORGET_EVERY_SECONDS:
            return ()
        self._forgot_at[partition] = now
        return forget_before(told, round(now * 1000))


def _rows(batch: Batch) -> list[AlertRow]:
    rows: list[AlertRow] = []
    for record in batch.records:
        try:
            rows.append(decode_row(record.value or b""))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            # The sink keeps it in rejected_rows.
            place = f"{batch.topic}:{batch.partition}:{record.offset}"
            log.warning("unreadable alert, told to nobody: a bug, please report it", record=place, error=str(error))
    return rows
