"""The limit: a bare loop of aiokafka that keeps sessions in a dictionary, without changelog, output or commits.

`python bench/peers/bare.py KAFKA EVENTS COUNT`
"""

from __future__ import annotations

import asyncio
import sys

import msgspec
from aiokafka import AIOKafkaConsumer

GAP = 30 * 60_000


class Touchpoint(msgspec.Struct):
    occurred_at: int
    wait_seconds: int


async def read(kafka: str, events: str, count: int) -> None:
    decode = msgspec.json.Decoder(Touchpoint).decode
    sessions: dict[bytes, list[int]] = {}
    over = seen = 0
    consumer = AIOKafkaConsumer(events, bootstrap_servers=kafka, auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        while seen < count:
            fetched = await consumer.getmany(timeout_ms=1_000, max_records=10_000)
            if fetched and not seen:
                print("begin", flush=True)
            for records in fetched.values():
                seen += len(records)
                for record in records:
                    touchpoint = decode(record.value)
                    at = touchpoint.occurred_at
                    session = sessions.get(record.key)
                    if session is None or at - session[1] > GAP:
                        over += session is not None
                        session = sessions[record.key] = [at, at, 0, 0]
                    session[1] = at
                    session[2] += 1
                    session[3] += touchpoint.wait_seconds
        print("end", over, flush=True)
        # What it has used is read from outside.
        await asyncio.sleep(60)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], sys.argv[2], int(sys.argv[3])))
