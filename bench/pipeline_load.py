"""Publishes touchpoints at a held rate, in a process of its own, and prints as JSON how that went.

`python -m bench.pipeline_load KAFKA PREFIX PARTITIONS RATE SECONDS CUSTOMERS [BEGIN]`: touchpoints of all built-in
channels, each of which happens at the moment at which it is due to be published, whether it is published then or
later: a publisher that falls behind makes them older, not fewer. `BEGIN` is when to begin (epoch, in seconds); with
the word `backlog` instead they have happened already, and nothing is waited for.

Beside the load go probes, `PROBES_PER_SECOND` touchpoints of customers of their own, whose way can be watched.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import msgspec

from bench.streams_load import DETAILS, STAGES, sender
from schemas.topics import BUILT_IN_CHANNELS, Topics
from streams.batching import KeyValue, Outgoing
from streams.placing import place

TICK_SECONDS = 0.05
PROBES_PER_SECOND = round(1 / TICK_SECONDS)
PROBE = "probe-"
MOST_UNDER_WAY = 200
"""Ticks whose records the broker has not acknowledged: ten seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`begin` None: a backlog, published as fast as the broker takes it."""

    rate: int
    seconds: float
    customers: int
    partitions: int
    begin: float | None

    @property
    def ticks(self) -> int:
        return round(self.seconds / TICK_SECONDS)

    @property
    def per_tick(self) -> int:
        return round(self.rate * TICK_SECONDS)

    @property
    def published(self) -> int:
        """All touchpoints, the probes among them."""
        return self.ticks * self.per_tick


def template(channel: str) -> bytes:
    """A touchpoint's JSON with places for its number, time, customer, session and stage."""
    fields = {
        "schema_version": 1,
        "event_id": "%s",
        "channel": channel,
        "occurred_at": "%s",
        "identities": {"customer_no": "%s"},
        "session_id": "s-%s",
        "touchpoint": f"{channel}.step",
        "stage": "%s",
        "intent": "card_replacement",
        "outcome": "%s",
        "details": DETAILS[channel],
    }
    return msgspec.json.encode(fields).replace(b'"%s"', b'"%b"').replace(b"s-%s", b"s-%b")


TEMPLATES = tuple(template(channel) for channel in BUILT_IN_CHANNELS)
STAGE_NAMES = tuple(stage.encode() for stage in STAGES)


class Load:
    """The touchpoints of one tick after the other; a customer visits channel by channel, four touchpoints each."""

    def __init__(self, plan: Plan, topics: Topics) -> None:
        self._plan = plan
        self._names = [topics.touchpoints(channel) for channel in BUILT_IN_CHANNELS]
        self._keys = [place(f"C-{number:07}", plan.partitions) for number in range(plan.customers)]
        self._numbers = count()

    def tick(self, number: int, at: float) -> Iterator[Outgoing]:
        """The touchpoints of a tick, all of which happen `at` (epoch, in seconds), the last of them a probe."""
        time_text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").encode()
        records: dict[tuple[int, int], list[KeyValue]] = {}
        for _ in range(self._plan.per_tick - 1):
            visit, customer = divmod(next(self._numbers), self._plan.customers)
            session = visit // 4
            channel = (customer + session) % len(TEMPLATES)
            key, partition = self._keys[customer]
            value = TEMPLATES[channel] % (
                b"event-%d-%d" % (customer, visit),
                time_text,
                key,
                b"%d-%d" % (customer, session),
                STAGE_NAMES[visit % len(STAGE_NAMES)],
                b"succeeded" if visit % 12 == 11 else b"progressed",
            )
            records.setdefault((channel, partition), []).append((key, value))
        key, partition = place(f"{PROBE}{number:06}", self._plan.partitions)
        channel = number % len(TEMPLATES)
        probe = TEMPLATES[channel] % (key, time_text, key, key, b"serve", b"progressed")
        records.setdefault((channel, partition), []).append((key, probe))
        for (channel, partition), values in records.items():
            yield Outgoing(self._names[channel], partition, (values,))


async def publish(kafka: str, topics: Topics, plan: Plan) -> dict[str, float]:
    """Publish the plan; returns what came of it, times in seconds."""
    load = Load(plan, topics)
    begin = time.time() - plan.seconds if plan.begin is None else plan.begin
    room = asyncio.Semaphore(MOST_UNDER_WAY)
    latest, processor = 0.0, time.process_time()
    async with sender(kafka) as send, asyncio.TaskGroup() as sending:
        for number in range(plan.ticks):
            at = begin + number * TICK_SECONDS
            if plan.begin is not None:
                await asyncio.sleep(max(0.0, at - time.time()))
                latest = max(latest, time.time() - at)
            await room.acquire()
            task = sending.create_task(_send(send, load.tick(number, at)))
            task.add_done_callback(lambda _: room.release())
    return {
        "published": plan.published,
        "begin": begin,
        "late": latest,
        "processor": time.process_time() - processor,
    }


async def _send(send: Callable[[Iterable[Outgoing]], Awaitable[object]], outgoing: Iterator[Outgoing]) -> None:
    await send(outgoing)


def main() -> None:
    kafka, prefix, partitions, rate, seconds, customers, begin = sys.argv[1:]
    plan = Plan(
        int(rate), float(seconds), int(customers), int(partitions), None if begin == "backlog" else float(begin)
    )
    print(json.dumps(asyncio.run(publish(kafka, Topics(prefix), plan))))


if __name__ == "__main__":
    main()
