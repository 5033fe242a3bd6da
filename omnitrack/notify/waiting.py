"""The topic `undelivered` as a queue: what waits in it, and how it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from omnitrack.broker_reader import BrokerReader, BrokerUnavailableError
from omnitrack.notify.delivering import Deliverer
from omnitrack.notify.undelivered import Undelivered, decode_undelivered, encode_undelivered
from omnitrack.offsets import Partition
from omnitrack.sending import RecordSender
from omnitrack.settings import Endpoints
from schemas.kafka_obstacle import ANSWER_SECONDS, why_unreachable
from schemas.kafka_security import client_options
from sinks.notices import Receiver

ROLE = "undelivered"
_POLL_MS = 500


@dataclass(slots=True)
class Waiting:
    """What waited when it was read, and the offsets behind it."""

    records: list[Undelivered] = field(default_factory=list)
    ends: dict[Partition, int] = field(default_factory=dict)


class Queue:
    """The topic as a group of its own reads it, in a `with` block. Raises `BrokerUnavailableError`."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._topic = endpoints.topics.undelivered
        options: dict[str, Any] = {
            **client_options(endpoints.kafka),
            "group_id": endpoints.group(ROLE),
            "bootstrap_timeout_ms": int(ANSWER_SECONDS * 1000),
        }
        try:
            self._consumer = KafkaConsumer(**options, enable_auto_commit=False, auto_offset_reset="earliest")
        except (KafkaError, OSError) as error:
            raise BrokerUnavailableError(endpoints.kafka, why_unreachable(endpoints.kafka, error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._consumer.close()
        if isinstance(error, KafkaError | OSError):
            raise BrokerUnavailableError(self._endpoints.kafka, str(error) or type(error).__name__) from error

    def read(self) -> Waiting:
        """All that waits now, in order."""
        with BrokerReader(self._endpoints.kafka) as reader:
            ends = reader.end_offsets([self._topic])
        waiting = Waiting(ends=dict(ends))
        partitions = {TopicPartition(place.topic, place.number): end for place, end in ends.items() if end}
        self._consumer.assign(list(partitions))
        while any(self._consumer.position(tp) < end for tp, end in partitions.items()):
            for records in self._consumer.poll(timeout_ms=_POLL_MS).values():
                waiting.records += [decode_undelivered(record.value) for record in records]
        return waiting

    def finish(self, waiting: Waiting, again: Iterable[Undelivered]) -> None:
        """Let what was read leave, and what could not be delivered again wait behind all others.

        Raises `NotSentError`; nothing has left then.
        """
        with RecordSender(self._endpoints.kafka) as sender:
            for one in again:
                sender.send(self._topic, one.notice.fingerprint.encode(), encode_undelivered(one))
            sender.flush()
        ends = {
            TopicPartition(place.topic, place.number): OffsetAndMetadata(end, "", -1)
            for place, end in waiting.ends.items()
        }
        self._consumer.commit(ends)


def send_again(receiver: Receiver, waiting: Iterable[Undelivered]) -> list[Undelivered]:
    """Tell the receiver each notice once more, and close it; returns what it did not take."""
    receiver.attempts = 1

    async def tell() -> list[Undelivered]:
        try:
            outcome = await Deliverer(receiver, lambda: True).deliver([one.notice for one in waiting])
            return list(outcome.undelivered)
        finally:
            await receiver.close()

    return asyncio.run(tell())
