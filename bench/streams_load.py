"""The load of the streams' benchmark: touchpoints of all built-in channels, or their arrivals in order of time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

import msgspec
from aiokafka import AIOKafkaProducer

from schemas.decode import Decoder
from schemas.kafka_security import client_options
from schemas.topics import BUILT_IN_CHANNELS, Topics
from streams.agents.ingest import Ingest
from streams.batching import Batch, Outgoing, RecordSender

KeyValue = tuple[bytes | None, bytes | None]

DETAILS = {
    "mobile_app": {"app_version": "5.2", "os": "ios"},
    "online_banking": {"path": "/cards"},
    "wechat": {"surface": "mini_program"},
    "atm": {"terminal_id": "A-1", "service": "inquiry"},
    "hotline": {"call_id": "c-1", "ivr_path": ["2", "1"]},
    "branch": {"branch_id": "B-1", "desk": "counter"},
}
STAGES = ("enter", "identify", "inquire", "wait", "serve", "apply")
PER_SEND = 4_000


def touchpoints(count: int, customers: int) -> Iterator[tuple[str, bytes]]:
    """Channel and record of `count` touchpoints, in order of time, up to now; a customer visits channel by channel."""
    start = datetime.now(UTC) - timedelta(seconds=count / 10)
    encode = msgspec.json.Encoder().encode
    for number in range(count):
        customer, visit = number % customers, number // customers
        channel = BUILT_IN_CHANNELS[(customer + visit // 4) % len(BUILT_IN_CHANNELS)]
        yield (
            channel,
            encode(
                {
                    "schema_version": 1,
                    "event_id": f"event-{number:09}",
                    "channel": channel,
                    "occurred_at": (start + timedelta(milliseconds=100 * number)).isoformat(),
                    "identities": {"customer_no": f"C-{customer:07}"},
                    "session_id": f"s-{customer}-{visit // 4}",
                    "touchpoint": f"{channel}.step",
                    "stage": STAGES[visit % len(STAGES)],
                    "intent": "card_replacement",
                    "outcome": "succeeded" if visit % 12 == 11 else "progressed",
                    "details": DETAILS[channel],
                }
            ),
        )


@dataclass(frozen=True, slots=True)
class Received:
    """A record as ingest reads it."""

    offset: int
    value: bytes
    timestamp: int
    key: bytes | None = None
    timestamp_type: int = 1
    headers: tuple[tuple[str, bytes | None], ...] = ()


def arrivals(topics: Topics, chunk: list[tuple[str, bytes]], first: int, ingest: Ingest) -> Iterator[Outgoing]:
    """What ingest makes of a chunk in which nothing is out of order: offsets count through all channels."""
    now = time.time_ns() // 1_000_000
    for offset, (channel, value) in enumerate(chunk, first):
        batch = Batch(topics.touchpoints(channel), 0, [Received(offset, value, now)], offset + 1)
        yield from ingest.take(batch, now).effects.outputs


async def publish_arrivals(kafka: str, topics: Topics, count: int, customers: int, partitions: int) -> None:
    """Publish the load as arrivals, each customer's in its order of time: what live traffic looks like to stitch."""
    ingest = Ingest(topics, Decoder(topics.channels), partitions, None)
    async with sender(kafka) as send:
        records = touchpoints(count, customers)
        first = 0
        while chunk := list(islice(records, PER_SEND)):
            by_partition: defaultdict[int, list[KeyValue]] = defaultdict(list)
            for one in arrivals(topics, chunk, first, ingest):
                if one.topic == topics.customer:
                    by_partition[one.partition] += [record for group in one.groups for record in group]
            await send(Outgoing(topics.customer, partition, [values]) for partition, values in by_partition.items())
            first += len(chunk)


async def publish(kafka: str, topics: Topics, count: int, customers: int, partitions: int) -> None:
    """Publish the load in its order of time, spread over the partitions."""
    places = cycle(range(partitions))
    records = touchpoints(count, customers)
    async with sender(kafka) as send:
        while chunk := list(islice(records, PER_SEND)):
            partition = next(places)
            by_channel: dict[str, list[KeyValue]] = {
                channel: [(None, value) for one, value in chunk if one == channel] for channel in BUILT_IN_CHANNELS
            }
            await send(
                Outgoing(topics.touchpoints(channel), partition, [values]) for channel, values in by_channel.items()
            )


@asynccontextmanager
async def sender(kafka: str) -> AsyncIterator[Callable[[Iterable[Outgoing]], Awaitable[object]]]:
    producer = AIOKafkaProducer(**client_options(kafka), max_batch_size=1_000_000, acks=1)
    await producer.start()
    try:
        yield RecordSender(lambda: producer).send
    finally:
        await producer.stop()
