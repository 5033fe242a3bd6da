"""Sends records as whole record batches, and awaits that the broker has them durably."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.batching.filling import Filler, Groups, KeyValue, count_records, filler, kept
from streams.meters import count_sent

Place = tuple[str, int]
"""A topic and a partition of it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Records for one partition, in order. A group is a sequence of records that shall become visible together."""

    topic: str
    partition: int
    groups: Iterable[Sequence[KeyValue]]


@dataclass(slots=True, eq=False)
class _Given:
    """What was given at once, for so many partitions of which nothing was told yet; and who waits for all of them."""

    left: int
    outcome: asyncio.Future[dict[Place, int]]
    sent: dict[Place, int] = field(default_factory=dict)
    error: BaseException | None = None

    def tell(self, place: Place, last: int | BaseException) -> None:
        """The offset of a partition's last record (-1: there are none), or why some may not have been written."""
        self.left -= 1
        if isinstance(last, BaseException):
            self.error = self.error or last
        elif last >= 0:
            self.sent[place] = last
        if self.left or self.outcome.done():
            return
        if self.error is not None:
            self.outcome.set_exception(self.error)
        else:
            self.outcome.set_result(self.sent)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Records that wait to be sent to a partition, and of whom."""

    groups: Groups
    count: int
    given: _Given


@dataclass(frozen=True, slots=True)
class _Sent:
    """A record batch: how many records it has, and the offset of the first, or why they may not have been written."""

    count: int
    first: int | BaseException


class RecordSender:
    """Sends through the driver's producer; everything it is given is durable when `send` returns.

    A group is never split over two record batches, and a broker keeps a record batch whole or not at all, so long as
    the group itself fits into one. What is given while a partition's records are on their way goes together: a broker
    takes one record batch of a partition at a time.
    """

    def __init__(self, producer: Callable[[], Any], fill: Filler | None = None) -> None:
        self._producer = producer
        self._fill = fill or filler()
        self._waiting: defaultdict[Place, list[_Waiting]] = defaultdict(list)
        self._on_the_way: dict[Place, asyncio.Task[None]] = {}

    async def send(self, outgoing: Iterable[Outgoing]) -> dict[Place, int]:
        """The offset of the last record, by topic and partition.

        Raises the first error of the driver (`KafkaError`) after all sends have ended; some of the records may then
        have been written.
        """
        waiting = [((one.topic, one.partition), kept(one.groups)) for one in outgoing]
        given = _Given(len(waiting), asyncio.get_running_loop().create_future())
        for place, groups in waiting:
            self._waiting[place].append(_Waiting(groups, count_records(groups), given))
            if place not in self._on_the_way:
                self._on_the_way[place] = asyncio.create_task(self._send_waiting(place))
        return await given.outcome if waiting else {}

    async def _send_waiting(self, place: Place) -> None:
        # One after the other: the driver lets those who wait for a partition overtake each other until they time out.
        try:
            while waiting := self._waiting.pop(place, None):
                await self._send_together(place, [one for one in waiting if not one.given.outcome.cancelled()])
        finally:
            del self._on_the_way[place]

    async def _send_together(self, place: Place, waiting: Sequence[_Waiting]) -> None:
        count = sum(one.count for one in waiting)
        try:
            sent = await self._send_groups(place, [one.groups for one in waiting])
        except asyncio.CancelledError:
            for one in waiting:
                one.given.outcome.cancel()
            raise
        except Exception as error:  # noqa: BLE001 -- whatever the driver raises, it is theirs who wait
            sent = [_Sent(count, error)]
        end = 0
        for one in waiting:
            begin, end = end, end + one.count
            one.given.tell(place, _last(sent, begin, end))

    async def _send_groups(self, place: Place, parts: Sequence[Groups]) -> list[_Sent]:
        producer = self._producer()
        topic, partition = place
        sent: list[tuple[Any, asyncio.Future[Any]]] = []
        try:
            for batch in self._fill(producer.create_batch, parts, time.time_ns() // 1_000_000):
                on_its_way = await producer.send_batch(batch, topic, partition=partition)
                sent.append((batch, on_its_way))
        except Exception:
            # What the driver took before it refused one is still on its way, and nothing may follow it until it ended.
            await asyncio.gather(*(future for _, future in sent), return_exceptions=True)
            raise
        results = await asyncio.gather(*(future for _, future in sent), return_exceptions=True)
        written: list[_Sent] = []
        for (batch, _), result in zip(sent, results, strict=True):
            count = batch.record_count()
            if isinstance(result, BaseException):
                written.append(_Sent(count, result))
            else:
                written.append(_Sent(count, result.offset))
                count_sent(topic, count)
        return written


def _last(sent: Sequence[_Sent], begin: int, end: int) -> int | BaseException:
    """The offset of the last of the records from the `begin`-th to before the `end`-th, or the first error of any."""
    last, place = -1, 0
    for one in sent:
        before, place = place, place + one.count
        if max(before, begin) < min(place, end):
            if isinstance(one.first, BaseException):
                return one.first
            last = one.first + min(end, place) - before - 1
    return last
