"""The load of the streams' benchmark: valid touchpoints on all built-in channels, published as whole record batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

import msgspec
from aiokafka import AIOKafkaProducer

from schemas.topics import BUILT_IN_CHANNELS, Topics
from streams.batching import Outgoing, RecordSender

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


async def publish(kafka: str, topics: Topics, count: int, customers: int, partitions: int) -> None:
    """Publish the load in its order of time, spread over the partitions."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, max_batch_size=1_000_000, acks=1)
    await producer.start()
    sender = RecordSender(lambda: producer)
    places = cycle(range(partitions))
    records = touchpoints(count, customers)
    try:
        while chunk := list(islice(records, PER_SEND)):
            partition = next(places)
            by_channel = {
                channel: [(None, value) for one, value in chunk if one == channel] for channel in BUILT_IN_CHANNELS
            }
            await sender.send(
                Outgoing(topics.touchpoints(channel), partition, [values]) for channel, values in by_channel.items()
            )
    finally:
        await producer.stop()
