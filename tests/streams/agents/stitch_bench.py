"""Agent `stitch` with states, a publisher and a delivery in memory, fed record by record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from schemas.catalogue import Catalogue
from schemas.rows import DeadLetter
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, Tick, Touchpoint, encode_customer_record
from streams.agents.stitch import PartitionTimes, Stitch
from streams.attempts import Attempts
from streams.batching import Batch, Outgoing, Write
from streams.batching.table import States
from streams.compiled import compiled_core
from streams.upstream import Mark, Source
from tests.streams.agents.fake_record import NOW, FakeRecord

Row = TypeVar("Row")

HOUR = 3_600_000
DAY = 24 * HOUR
TOPICS = Topics("t.")
PARTITION = 1
SOURCE = (TOPICS.touchpoints("mobile_app"), 0)


@dataclass(slots=True)
class FakeStates:
    data: dict[int, States] = field(default_factory=dict)

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        return self.data.setdefault(partition, {})

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        state = self.data.setdefault(partition, {})
        for key, value in (write for group in groups for write in group):
            if value is not None:
                state[key] = value
            elif key in state:
                del state[key]


@dataclass(slots=True)
class FakePublisher:
    sent: list[Outgoing] = field(default_factory=list)
    failing: bool = False

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        taken = list(outgoing)
        if self.failing:
            raise ConnectionError("no broker")
        self.sent += taken

    def records(self, topic: str) -> list[tuple[bytes | None, bytes]]:
        return [(k, v or b"") for one in self.sent if one.topic == topic for group in one.groups for k, v in group]


@dataclass(slots=True)
class FakeDelivery:
    acknowledged: bool = False
    stage: str = "stitch"

    def is_current(self) -> bool:
        return True

    async def confirm(self) -> bool:
        return True

    def acknowledge(self) -> None:
        self.acknowledged = True


@dataclass(slots=True)
class Bench:
    """A stitch agent over fakes that keep what they are given; `now` is its wall clock.

    It has the compiled core where there is one, unless told otherwise.
    """

    catalogue: Catalogue = field(default_factory=Catalogue)
    states: FakeStates = field(default_factory=FakeStates)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    now: int = NOW
    offset: int = 0
    compiled: bool = True

    def __post_init__(self) -> None:
        core = compiled_core(self.catalogue) if self.compiled else None
        self.stitch = Stitch(TOPICS, self.catalogue, self.states, self.publisher, lambda: self.now, [SOURCE], core)

    stitch: Stitch = field(init=False)

    def feed(self, *records: tuple[str, Arrival | Tick | bytes], behind: bool = False) -> bool:
        """Stitch a batch; `behind` tells that its source holds more."""
        items = []
        for customer, item in records:
            value = item if isinstance(item, bytes) else encode_customer_record(item)
            items.append(FakeRecord(self.offset, customer.encode(), value))
            self.offset += 1
        if behind:
            self.expect(self.offset, {})
        else:
            self.catch_up()
        delivery = FakeDelivery()
        batch = Batch(TOPICS.customer, PARTITION, items, self.offset)
        asyncio.run(Attempts(self.stitch, self.states, self.stitch.clock_of)(batch, delivery))
        return delivery.acknowledged

    def catch_up(self) -> None:
        """All that the source holds now is in front of the place that has been reached."""
        self.stitch.times.setdefault(PARTITION, PartitionTimes())
        self.expect(self.offset, {SOURCE: self.now})

    def expect(self, end: int, fresh: dict[Source, int]) -> None:
        """What came through the identity topic has come, up to `end`."""
        ends = dict.fromkeys(self.stitch.times, end)
        self.stitch.expect(Mark(ends, ends, fresh))

    def rows(self, topic: str, kind: type[Row]) -> list[Row]:
        return [msgspec.json.decode(value, type=kind) for _, value in self.publisher.records(topic)]

    def letters(self) -> list[DeadLetter]:
        return self.rows(TOPICS.dead, DeadLetter)


def arrival(event_id: str, at: int, offset: int = 0, **fields: Any) -> Arrival:
    touchpoint = Touchpoint("mobile_app", event_id, at, "x.y", "apply", intent="card_replacement")
    touchpoint = msgspec.structs.replace(touchpoint, **fields)
    return Arrival(touchpoint, Origin("t.touchpoints.mobile_app", 0, offset), at, b"key", b"payload")
