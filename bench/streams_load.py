"""The load of the streams' benchmark: touchpoints of all built-in channels, or their arrivals in order of time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle

import msgspec
from aiokafka import AIOKafkaProducer

from schemas.batched import batched
from schemas.decode import Decoder
from schemas.kafka_security import client_options
from schemas.topics import BUILT_IN_CHANNELS, Topics
from streams.agents.ingest import Ingest
from streams.batching import Batch, KeyValue, Outgoing, RecordSender
from streams.compiled import intake_for

Arrived = tuple[int, bytes, bytes]
"""A record of `customer`: partition, key and value."""

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
                    "identities": {"customer_no": customer_of(number, customers)},
                    "session_id": f"s-{customer}-{visit // 4}",
                    "touchpoint": f"{channel}.step",
                    "stage": STAGES[visit % len(STAGES)],
                    "intent": "card_replacement",
                    "outcome": "succeeded" if visit % 12 == 11 else "progressed",
                    "details": DETAILS[channel],
                }
            ),
        )


def customer_of(number: int, customers: int) -> str:
    """Whose the touchpoint of that number is."""
    return f"C-{number % customers:07}"


@dataclass(frozen=True, slots=True)
class Received:
    """A record as ingest reads it."""

    offset: int
    value: bytes
    timestamp: int
    key: bytes | None = None
    timestamp_type: int = 1
    headers: tuple[tuple[str, bytes | None], ...] = ()


def arrivals(topics: Topics, count: int, customers: int, partitions: int) -> Iterator[list[Arrived]]:
    """What ingest makes of the load if nothing comes out of order, in chunks; offsets count through all channels."""
    core = intake_for("auto", topics, partitions)
    ingest = Ingest(topics, Decoder(topics.channels), partitions, None, core=core)
    numbered = enumerate(touchpoints(count, customers))
    # A customer comes once in a chunk: what ingest makes of each channel is put in order by the customers.
    for chunk in batched(numbered, min(PER_SEND, customers)):
        now = time.time_ns() // 1_000_000
        by_channel: defaultdict[str, list[Received]] = defaultdict(list)
        for number, (channel, value) in chunk:
            by_channel[channel].append(Received(number, value, now))
        made: dict[bytes, Arrived] = {}
        for channel, records in by_channel.items():
            batch = Batch(topics.touchpoints(channel), 0, records, records[-1].offset + 1)
            for one in ingest.take(batch, now).effects.outputs:
                if one.topic == topics.customer:
                    pairs = (record for group in one.groups for record in group)
                    made |= {key: (one.partition, key, value) for key, value in pairs if key and value}
        yield [made[customer_of(number, customers).encode()] for number, _ in chunk]


async def publish_arrivals(kafka: str, topics: Topics, count: int, customers: int, partitions: int) -> None:
    """Publish the load as arrivals, each customer's in its order of time: what live traffic looks like to stitch."""
    async with sender(kafka) as send:
        for chunk in arrivals(topics, count, customers, partitions):
            by_partition: defaultdict[int, list[KeyValue]] = defaultdict(list)
            for partition, key, value in chunk:
                by_partition[partition].append((key, value))
            await send(Outgoing(topics.customer, partition, [values]) for partition, values in by_partition.items())


async def publish(kafka: str, topics: Topics, count: int, customers: int, partitions: int) -> None:
    """Publish the load in its order of time, spread over the partitions."""
    places = cycle(range(partitions))
    async with sender(kafka) as send:
        for chunk in batched(touchpoints(count, customers), PER_SEND):
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
