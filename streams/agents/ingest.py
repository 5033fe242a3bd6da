"""Agent `ingest`: records of the channels become arrivals of customers, or dead letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

from aiokafka.partitioner import murmur2

from schemas.decode import Decoder, Refusal
from schemas.rows import DeadReason
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, Touchpoint, encode_customer_record
from streams.agents.identity import customer_of
from streams.agents.letters import dead_letter
from streams.batching import Batch, Delivery, Outgoing, Record
from streams.checkpoint import Effects, Publisher, checkpoint
from streams.pseudonym import Pseudonyms

LOG_APPEND_TIME = 1
KeyValue = tuple[bytes | None, bytes | None]


class Ingest:
    """Turns batches of `touchpoints.*` into effects; `partitions` is that of every keyed topic."""

    def __init__(self, topics: Topics, decoder: Decoder, partitions: int, pseudonyms: Pseudonyms | None) -> None:
        self._topics = topics
        self._decode = decoder.decode
        self._pseudonyms = pseudonyms
        self._place = lru_cache(maxsize=262_144)(lambda customer_id: place(customer_id, partitions))

    def effects(self, batch: Batch, now: int) -> Effects:
        """Arrivals to `customer` by customer, refusals to `dead`; `now` in ms is the time of receipt if the broker
        does not stamp it."""
        channel = self._topics.channel_of(batch.topic)
        arrivals: defaultdict[int, list[KeyValue]] = defaultdict(list)
        letters: list[KeyValue] = []
        for record in batch.records:
            received_at = record.timestamp if record.timestamp_type == LOG_APPEND_TIME else now
            origin = Origin(batch.topic, batch.partition, record.offset)
            decoded = self._decode(record.value, channel, received_at)
            if isinstance(decoded, Refusal):
                letters.append(self._refuse(record, origin, received_at, decoded.reason, decoded.errors))
            else:
                key, partition, value = self._resolve(decoded, record, origin, received_at)
                arrivals[partition].append((key, value))
        outputs = [Outgoing(self._topics.customer, partition, (records,)) for partition, records in arrivals.items()]
        if letters:
            outputs.append(Outgoing(self._topics.dead, batch.partition, (letters,)))
        return Effects(outputs)

    def _resolve(
        self, touchpoint: Touchpoint, record: Record, origin: Origin, received_at: int
    ) -> tuple[bytes, int, bytes]:
        pseudonyms = self._pseudonyms
        key, partition = self._place(customer_of(touchpoint, pseudonyms))
        record_key, payload = record.key, record.value or b""
        if pseudonyms is not None:
            touchpoint = pseudonyms.touchpoint(touchpoint)
            record_key, payload = pseudonyms.record_key(record_key, payload), pseudonyms.payload(payload)
        return key, partition, encode_customer_record(Arrival(touchpoint, origin, received_at, record_key, payload))

    def _refuse(
        self, record: Record, origin: Origin, received_at: int, reason: DeadReason, errors: tuple[str, ...]
    ) -> tuple[bytes | None, bytes]:
        key, payload = record.key, record.value or b""
        if self._pseudonyms is not None:
            key, payload = self._pseudonyms.record_key(key, payload), self._pseudonyms.payload(payload)
        return dead_letter(origin, received_at, key, payload, reason, errors)


class IngestAgent:
    """The handler of the batches of `touchpoints.*`; `now` tells the time in ms."""

    def __init__(self, ingest: Ingest, publisher: Publisher, now: Callable[[], int]) -> None:
        self._ingest = ingest
        self._publisher = publisher
        self._now = now

    async def __call__(self, batch: Batch, delivery: Delivery) -> None:
        await checkpoint(self._ingest.effects(batch, self._now()), self._publisher, None, delivery)


def place(customer_id: str, partitions: int) -> tuple[bytes, int]:
    """The key of the customer's records, and their partition: that of Kafka's own default partitioner."""
    key = customer_id.encode()
    return key, (murmur2(key) & 0x7FFFFFFF) % partitions
