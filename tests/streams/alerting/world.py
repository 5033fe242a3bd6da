"""Alerting on topics and states in memory, which may crash at any step of the checkpoint and go on after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas.catalogue import Catalogue
from schemas.rows import AlertRow, HandoffRow, JourneyRow, PromiseRow, TouchpointRow
from schemas.topics import Topics
from streams.agents.alert import Alerting
from streams.alerting.facts import CustomerRow, JourneyNews
from streams.batching import Batch, Outgoing, Write
from streams.compiled import quiet_for
from streams.placing import place
from streams.settings import CoreChoice

PARTITIONS = 2
TOPICS = Topics()


class Crash(BaseException):
    """The process ends here."""


class FakeRecord(msgspec.Struct, frozen=True):
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = 0
    timestamp_type: int = 0
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(slots=True)
class Steps:
    """Crashes at the step that is `left` steps ahead; None: never."""

    left: int | None = None

    def take(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash


@dataclass(slots=True)
class FakeStates:
    steps: Steps
    partitions: defaultdict[int, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))
    largest: int = 0
    """Bytes of the largest value that was written."""

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        return self.partitions[partition]

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        for group in groups:
            self.steps.take()
            for key, value in group:
                if value is None:
                    self.partitions[partition].pop(key, None)
                else:
                    self.partitions[partition][key] = value
                    self.largest = max(self.largest, len(value))


@dataclass(slots=True)
class FakeDelivery:
    steps: Steps
    acknowledged: bool = False
    stage: str = "alert"

    def is_current(self) -> bool:
        return True

    async def confirm(self) -> bool:
        return True

    def acknowledge(self) -> None:
        self.steps.take()
        self.acknowledged = True


class World:
    """Rows go in with `publish`, batches are taken with `take`, and `alerts` is what readers see."""

    def __init__(self, catalogue: Catalogue, now: int, core: CoreChoice = "auto") -> None:
        self.catalogue = catalogue
        self.quiet = quiet_for(core, catalogue)
        self.now = now
        self.steps = Steps()
        self.states = FakeStates(self.steps)
        self.logs: defaultdict[tuple[str, int], list[tuple[bytes | None, bytes | None]]] = defaultdict(list)
        self.committed: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.sent: list[bytes] = []
        self.alerting = self._start()

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        for one in outgoing:
            for records in one.groups:
                for record in records:
                    self.steps.take()
                    self.logs[one.topic, one.partition].append(record)
                    if one.topic == TOPICS.alerts and record[1] is not None:
                        self.sent.append(record[1])

    def publish(self, row: CustomerRow) -> None:
        topic, value = _encoded(row)
        key, partition = place(row.customer_id, PARTITIONS)
        self.logs[topic, partition].append((key, value))

    @property
    def behind(self) -> list[tuple[str, int]]:
        """The partitions that hold what was not taken yet."""
        return sorted(tp for tp, log in self.logs.items() if tp[0] != TOPICS.alerts and self.committed[tp] < len(log))

    def take(self, topic: str, partition: int, most: int = 1_000) -> bool:
        """Take a batch; False if the process crashed over it, and was started again."""
        log, begin = self.logs[topic, partition], self.committed[topic, partition]
        end = min(begin + most, len(log))
        records = [FakeRecord(offset, *log[offset]) for offset in range(begin, end)]
        delivery = FakeDelivery(self.steps)
        try:
            _run(self.alerting(Batch(topic, partition, records, end), delivery))
        except Crash:
            self.alerting = self._start()
            return False
        self.committed[topic, partition] = end
        return True

    def settle(self, clock: int | None = None) -> None:
        """Take all there is, with ticks until nobody is due, when all before `clock` (ms; None: `now`) has come."""
        for partition in range(PARTITIONS):
            self.alerting.reach(partition, self.now if clock is None else clock)
        for _ in range(100):
            for topic, partition in self.behind:
                self.take(topic, partition)
            due = [partition for partition in range(PARTITIONS) if self.alerting.is_due(partition)]
            if not due and not self.behind:
                return
            for partition in due:
                self.logs[TOPICS.alerting, partition].append((b"", b""))
        raise AssertionError("somebody is due again and again")

    def said(self) -> list[AlertRow]:
        """All that was said, in order."""
        return [msgspec.json.decode(value, type=AlertRow) for value in self.sent]

    def alerts(self) -> list[AlertRow]:
        """What `FINAL` shows."""
        newest: dict[str, AlertRow] = {}
        for row in self.said():
            rival = newest.get(row.alert_id)
            if rival is None or row.version >= rival.version:
                newest[row.alert_id] = row
        return [row for row in newest.values() if not row.is_deleted]

    def _start(self) -> Alerting:
        alerting = Alerting(TOPICS, self.catalogue, PARTITIONS, self.states, self, lambda: self.now, self.quiet)
        alerting.recover(range(PARTITIONS))
        return alerting


def _encoded(row: CustomerRow) -> tuple[str, bytes]:
    match row:
        case HandoffRow():
            return TOPICS.handoffs, msgspec.json.encode(row)
        case PromiseRow():
            return TOPICS.promises, msgspec.json.encode(row)
        case JourneyRow() | JourneyNews():
            return TOPICS.journeys, msgspec.json.encode(row)
        case TouchpointRow():
            return TOPICS.stitched, msgspec.msgpack.encode(row)


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what never waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")


def tell(world: World, *rows: CustomerRow, clock: int | None = None) -> list[AlertRow]:
    """What is said of the rows."""
    before = len(world.said())
    for row in rows:
        world.publish(row)
    world.settle(clock)
    return world.said()[before:]


def at(world: World, now: int, clock: int | None = None) -> list[AlertRow]:
    """What is said because it is `now`."""
    world.now = now
    return tell(world, clock=clock)
