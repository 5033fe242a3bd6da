"""Arrivals become rows, states and dead letters, by the clock of their partition."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec
import pytest

from schemas.catalogue import Catalogue
from schemas.rows import DeadLetter, DuplicateRow, HandoffRow, JourneyRow, TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, Tick, Touchpoint, encode_customer_record
from streams.agents.stitch import Stitch
from streams.agents.ticks import TICKS_PER_ROUND, send_ticks
from streams.batching import Batch, Outgoing
from streams.checkpoint import Write

Row = TypeVar("Row")

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_790_000_000_000
TOPICS = Topics("t.")


@dataclass(frozen=True, slots=True)
class FakeRecord:
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = NOW
    timestamp_type: int = 0


@dataclass(slots=True)
class FakeStates:
    data: dict[int, dict[bytes, bytes]] = field(default_factory=dict)

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        return self.data.setdefault(partition, {})

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        state = self.data.setdefault(partition, {})
        for key, value in (write for group in groups for write in group):
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value


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

    def is_current(self) -> bool:
        return True

    async def confirm(self) -> bool:
        return True

    def acknowledge(self) -> None:
        self.acknowledged = True


@dataclass(slots=True)
class Bench:
    """A stitch agent over fakes that keep what they are given; `now` is its wall clock."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    states: FakeStates = field(default_factory=FakeStates)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    now: int = NOW
    offset: int = 0

    def __post_init__(self) -> None:
        self.stitch = Stitch(TOPICS, self.catalogue, self.states, self.publisher, lambda: self.now)

    stitch: Stitch = field(init=False)

    def feed(self, *records: tuple[str, Arrival | Tick | bytes], behind: int = 0) -> bool:
        items = []
        for customer, item in records:
            value = item if isinstance(item, bytes) else encode_customer_record(item)
            items.append(FakeRecord(self.offset, customer.encode(), value))
            self.offset += 1
        delivery = FakeDelivery()
        batch = Batch(TOPICS.customer, 1, items, self.offset, self.offset + behind)
        asyncio.run(self.stitch(batch, delivery))
        return delivery.acknowledged

    def rows(self, topic: str, kind: type[Row]) -> list[Row]:
        return [msgspec.json.decode(value, type=kind) for _, value in self.publisher.records(topic)]

    def letters(self) -> list[DeadLetter]:
        return self.rows(TOPICS.dead, DeadLetter)


def arrival(event_id: str, at: int, offset: int = 0, **fields: Any) -> Arrival:
    touchpoint = Touchpoint("mobile_app", event_id, at, "x.y", "apply", intent="card_replacement")
    touchpoint = msgspec.structs.replace(touchpoint, **fields)
    return Arrival(touchpoint, Origin("t.touchpoints.mobile_app", 0, offset), at, b"key", b"payload")


def test_rows_go_out_by_customer_and_in_the_encoding_of_their_topic() -> None:
    bench = Bench()
    assert bench.feed(("C-1", arrival("e1", NOW)), ("C-2", arrival("e2", NOW, 1)))
    stitched = bench.publisher.records(TOPICS.stitched)
    rows = [msgspec.msgpack.decode(value, type=TouchpointRow) for _, value in stitched]
    assert [(key, row.customer_id) for (key, _), row in zip(stitched, rows, strict=True)] == [
        (b"C-1", "C-1"),
        (b"C-2", "C-2"),
    ]
    journeys = bench.rows(TOPICS.journeys, JourneyRow)
    assert [row.journey_id for row in journeys] == [row.journey_id for row in rows]
    assert {one.partition for one in bench.publisher.sent} == {1}


def test_a_replay_of_the_batch_leads_to_no_new_rows() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    bench.publisher.sent.clear()
    assert bench.feed(("C-1", arrival("e1", NOW)))
    assert bench.publisher.sent == []


def test_a_duplicate_is_told_from_a_replay_and_a_conflict_becomes_a_dead_letter() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    bench.feed(("C-1", arrival("e1", NOW, 5)), ("C-1", arrival("e1", NOW + 1, 6)))
    [(_, duplicate)] = bench.publisher.records(TOPICS.duplicates)
    assert msgspec.msgpack.decode(duplicate, type=DuplicateRow).origin.offset == 5
    [letter] = bench.letters()
    assert (letter.reason, letter.dead_letter_id) == ("conflict", "t.touchpoints.mobile_app:0:6")
    assert (b64decode(letter.payload), b64decode(letter.key or "")) == (b"payload", b"key")


def test_a_record_that_ingest_did_not_write_blocks_nothing() -> None:
    bench = Bench()
    assert bench.feed(("C-1", b"\xc1 junk"), ("C-2", arrival("e2", NOW)))
    [letter] = bench.letters()
    assert (letter.reason, letter.topic, b64decode(letter.payload)) == ("schema", TOPICS.customer, b"\xc1 junk")
    assert len(bench.publisher.records(TOPICS.stitched)) == 1


@pytest.mark.parametrize(("behind", "status"), [(1, "pending"), (0, "failed")])
def test_a_backlog_raises_no_false_alarm_and_being_caught_up_does(behind: int, status: str) -> None:
    bench = Bench(Catalogue(horizon=None))
    referred = arrival("e1", NOW - 90 * DAY, outcome="referred", referral_to="branch")
    bench.feed(("C-1", referred), behind=behind)
    [handoff] = bench.rows(TOPICS.handoffs, HandoffRow)
    assert handoff.result == status


def test_beyond_the_horizon_of_the_clock_is_too_late() -> None:
    bench = Bench(replace(Catalogue(), horizon=45 * DAY))
    old, fresh = arrival("old", NOW - 46 * DAY), arrival("fresh", NOW - 44 * DAY, 1)
    bench.feed(("C-1", old), ("C-1", fresh))
    assert [(one.reason, one.offset) for one in bench.letters()] == [("too_late", 0)]
    assert len(bench.publisher.records(TOPICS.stitched)) == 1


def test_in_a_backlog_the_horizon_counts_from_what_was_seen() -> None:
    bench = Bench(replace(Catalogue(), horizon=45 * DAY))
    bench.feed(("C-1", arrival("before", NOW - 400 * DAY)), behind=10)
    bench.feed(("C-2", arrival("later", NOW - 300 * DAY, 1)), ("C-3", arrival("again", NOW - 400 * DAY, 2)), behind=8)
    assert [(one.reason, one.offset) for one in bench.letters()] == [("too_late", 2)]


def test_a_tick_in_a_backlog_keeps_the_clock_where_it_was() -> None:
    bench = Bench()
    bench.feed(("C-2", Tick(NOW)), behind=10)
    bench.feed(
        ("C-1", arrival("e1", NOW - 2 * DAY, outcome="referred", referral_to="branch", referral_due_at=NOW - HOUR)),
        behind=9,
    )
    assert [row.result for row in bench.rows(TOPICS.handoffs, HandoffRow)] == ["failed"]


def test_a_tick_changes_rows_whose_deadline_has_passed() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW, outcome="referred", referral_to="branch", referral_due_at=NOW + HOUR)))
    bench.now = NOW + HOUR + 1
    assert send(bench) == 1
    [(key, value)] = bench.publisher.records(TOPICS.customer)
    bench.feed(((key or b"").decode(), value))
    assert [row.result for row in bench.rows(TOPICS.handoffs, HandoffRow)] == ["pending", "failed"]


def send(bench: Bench, *, caught_up: bool = True) -> int:
    return asyncio.run(send_ticks(bench.stitch, TOPICS, bench.publisher, lambda _: caught_up, lambda: bench.now))


def test_no_tick_is_sent_before_the_deadline_nor_while_behind() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    assert send(bench) == 0
    bench.now = NOW + 400 * DAY
    assert send(bench, caught_up=False) == 0
    assert send(bench) == 1


def test_ticks_that_could_not_be_sent_are_sent_in_the_next_round() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    bench.now = NOW + 400 * DAY
    bench.publisher.failing = True
    with pytest.raises(ConnectionError):
        send(bench)
    bench.publisher.failing = False
    assert send(bench) == 1


def test_a_round_of_ticks_is_bounded() -> None:
    bench = Bench()
    bench.feed(*((f"C-{number}", arrival("e1", NOW, number)) for number in range(TICKS_PER_ROUND + 7)))
    bench.now = NOW + 400 * DAY
    assert [send(bench) for _ in range(3)] == [TICKS_PER_ROUND, 7, 0]


def test_who_is_due_is_learnt_anew_from_the_states() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    heir = Bench(states=bench.states, now=NOW + 400 * DAY)
    heir.stitch.recover([0, 1])
    assert send(heir) == 1
    assert heir.publisher.records(TOPICS.customer)[0][0] == b"C-1"


def test_a_partition_that_was_given_up_is_forgotten() -> None:
    bench = Bench(now=NOW)
    bench.feed(("C-1", arrival("e1", NOW)))
    bench.stitch.recover([0])
    bench.now = NOW + 400 * DAY
    assert send(bench) == 0
