"""Sends records as whole record batches, and awaits that the broker has them durably."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from streams.meters import RECORDS_OUT

KeyValue = tuple[bytes | None, bytes | None]

BATCH_BYTES = 1_000_000
"""A record batch's limit: below what a broker takes by default (`message.max.bytes`, 1,048,588)."""

_RECORD_OVERHEAD = 32
"""At most so many bytes are added to a key and a value in a record batch."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Records for one partition, in order. A group is a sequence of records that shall become visible together."""

    topic: str
    partition: int
    groups: Iterable[Sequence[KeyValue]]


class RecordSender:
    """Sends through the driver's producer; everything it is given is durable when `send` returns.

    A group is never split over two record batches, and a broker keeps a record batch whole or not at all, so long as
    the group itself fits into one.
    """

    def __init__(self, producer: Callable[[], Any]) -> None:
        self._producer = producer
        # The driver lets those who wait for a partition overtake each other until they time out.
        self._queues: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, outgoing: Iterable[Outgoing]) -> dict[tuple[str, int], int]:
        """The offset of the last record, by topic and partition.

        Raises the first error of the driver (`KafkaError`) after all sends have ended; some of the records may then
        have been written.
        """
        sends = [self._send_partition(one) for one in outgoing]
        results = await asyncio.gather(*sends, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return {key: offset for key, offset in results if offset >= 0}  # type: ignore[misc]

    async def _send_partition(self, outgoing: Outgoing) -> tuple[tuple[str, int], int]:
        producer = self._producer()
        async with self._queues[outgoing.topic, outgoing.partition]:
            futures = [
                (batch, await producer.send_batch(batch, outgoing.topic, partition=outgoing.partition))
                for batch in _fill(producer.create_batch, outgoing.groups)
            ]
        results = await asyncio.gather(*(future for _, future in futures), return_exceptions=True)
        last = -1
        for (batch, _), result in zip(futures, results, strict=True):
            if isinstance(result, BaseException):
                raise result
            last = max(last, result.offset + batch.record_count() - 1)
        RECORDS_OUT.labels(outgoing.topic).inc(sum(batch.record_count() for batch, _ in futures))
        return (outgoing.topic, outgoing.partition), last


def _fill(create: Callable[[], Any], groups: Iterable[Sequence[KeyValue]]) -> Iterable[Any]:
    """Record batches with the groups in order, each closed as soon as the next group would not fit."""
    batch, room = create(), BATCH_BYTES
    for group in groups:
        if sum(map(_size, group)) > room and batch.record_count():
            yield batch
            batch, room = create(), BATCH_BYTES
        for record in group:
            key, value = record
            if batch.append(key=key, value=value, timestamp=None) is None:
                yield batch
                batch, room = create(), BATCH_BYTES
                batch.append(key=key, value=value, timestamp=None)
            room -= _size(record)
    if batch.record_count():
        yield batch


def _size(record: KeyValue) -> int:
    key, value = record
    return len(key or b"") + len(value or b"") + _RECORD_OVERHEAD
