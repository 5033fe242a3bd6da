"""Arrivals become rows, states and dead letters, by the clock of their partition."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec
import pytest

from schemas.catalogue import Catalogue
from schemas.rows import DeadLetter, DuplicateRow, HandoffRow, JourneyRow, TouchpointRow
from schemas.topics import Topics
from schemas.touchpoint import Arrival, Origin, Tick, Touchpoint, encode_customer_record
from streams.agents import stitch as stitching
from streams.agents.stitch import PartitionTimes, Stitch
from streams.agents.ticks import send_ticks
from streams.attempts import Attempts
from streams.batching import Batch, Outgoing
from streams.checkpoint import Write
from streams.journey import Change, advance_through
from streams.poison import MostlyPoison
from streams.upstream import Mark, Source

Row = TypeVar("Row")

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_790_000_000_000
TOPICS = Topics("t.")
PARTITION = 1
SOURCE = (TOPICS.touchpoints("mobile_app"), 0)


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
    stage: str = "stitch"

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
        self.stitch = Stitch(TOPICS, self.catalogue, self.states, self.publisher, lambda: self.now, [SOURCE])

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


@pytest.mark.parametrize(("behind", "status"), [(True, "pending"), (False, "failed")])
def test_a_backlog_raises_no_false_alarm_and_being_caught_up_does(behind: bool, status: str) -> None:
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
    bench.feed(("C-1", arrival("before", NOW - 400 * DAY)), behind=True)
    bench.feed(("C-2", arrival("later", NOW - 300 * DAY, 1)), behind=True)
    bench.feed(("C-3", arrival("again", NOW - 400 * DAY, 2)), behind=True)
    assert [(one.reason, one.offset) for one in bench.letters()] == [("too_late", 2)]


def test_in_a_backlog_rows_whose_deadline_has_passed_change_with_the_next_batch_of_any_customer() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW - 90 * DAY, outcome="referred", referral_to="branch")), behind=True)
    bench.feed(("C-2", arrival("e2", NOW - 50 * DAY, 1)), behind=True)
    bench.feed(("C-2", arrival("e3", NOW - 50 * DAY, 2)), behind=True)
    assert [row.result for row in bench.rows(TOPICS.handoffs, HandoffRow)] == ["pending", "failed"]


def test_an_heir_goes_on_from_the_clock_that_the_states_tell() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    heir = Bench(states=bench.states, offset=bench.offset)
    heir.stitch.recover([PARTITION])
    assert heir.stitch.times[PARTITION].clock.reached == NOW
    referred = arrival("e2", NOW - 2 * DAY, 1, outcome="referred", referral_to="branch", referral_due_at=NOW - HOUR)
    heir.feed(("C-2", referred), behind=True)
    assert [row.result for row in heir.rows(TOPICS.handoffs, HandoffRow)] == ["failed"]


def test_a_replay_goes_by_the_clock_of_the_attempt_even_if_another_worker_does_it() -> None:
    """By a later one what was sent as stored would be too late; by an earlier one an alarm would be taken back."""
    bench = Bench(replace(Catalogue(), horizon=45 * DAY))
    old = arrival("e1", NOW - 45 * DAY)
    bench.publisher.failing = True
    with pytest.raises(ConnectionError):
        bench.feed(("C-1", old))
    heir = Bench(bench.catalogue, bench.states, now=NOW + DAY)
    heir.stitch.recover([PARTITION])
    heir.feed(("C-1", old))
    assert heir.letters() == []
    heir.feed(("C-2", old))
    assert [letter.reason for letter in heir.letters()] == ["too_late"]


def test_a_batch_that_was_not_delivered_tells_nothing_of_its_source() -> None:
    """Its partition may come back with earlier records, for which nothing of it counts."""
    bench = Bench()
    bench.stitch.recover([PARTITION])
    bench.publisher.failing = True
    with pytest.raises(ConnectionError):
        bench.feed(("C-1", arrival("e1", NOW)))
    assert bench.stitch.times[PARTITION].clock.seen == {}


def test_a_tick_changes_rows_whose_deadline_has_passed() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW, outcome="referred", referral_to="branch", referral_due_at=NOW + HOUR)))
    bench.now = NOW + HOUR + 1
    assert send(bench) == 1
    [(_, value)] = bench.publisher.records(TOPICS.customer)
    bench.feed(("", value))
    assert [row.result for row in bench.rows(TOPICS.handoffs, HandoffRow)] == ["pending", "failed"]


def send(bench: Bench, *, idle: bool = True) -> int:
    bench.catch_up()
    return asyncio.run(send_ticks(bench.stitch, TOPICS, bench.publisher, lambda _: bench.offset if idle else None))


def test_no_tick_is_sent_before_the_deadline_nor_to_a_partition_with_work() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    assert send(bench) == 0
    bench.now = NOW + 400 * DAY
    assert send(bench, idle=False) == 0
    assert send(bench) == 1


def test_however_many_are_due_one_tick_does() -> None:
    bench = Bench()
    bench.feed(*((f"C-{number}", arrival("e1", NOW, number)) for number in range(50)))
    bench.now = NOW + 400 * DAY
    assert send(bench) == 1
    bench.feed(("", Tick()))
    assert {row.status for row in bench.rows(TOPICS.journeys, JourneyRow)[50:]} == {"abandoned"}
    assert send(bench) == 0


def test_a_tick_that_could_not_be_sent_is_sent_in_the_next_round() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    bench.now = NOW + 400 * DAY
    bench.publisher.failing = True
    with pytest.raises(ConnectionError):
        send(bench)
    bench.publisher.failing = False
    assert send(bench) == 1


def test_who_is_due_is_learnt_anew_from_the_states() -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e1", NOW)))
    heir = Bench(states=bench.states, now=NOW + 400 * DAY, offset=bench.offset)
    heir.stitch.recover([0, PARTITION])
    assert send(heir) == 1
    heir.feed(("", Tick()))
    assert [row.status for row in heir.rows(TOPICS.journeys, JourneyRow)] == ["abandoned"]


def test_a_partition_that_was_given_up_is_forgotten() -> None:
    bench = Bench(now=NOW)
    bench.feed(("C-1", arrival("e1", NOW)))
    bench.stitch.recover([0])
    bench.now = NOW + 400 * DAY
    assert send(bench) == 0


class Defect(Exception):
    """Raised by the core, on records that a test names."""


@pytest.fixture
def defect(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the core fail on every touchpoint with this event_id, whatever comes with it; `state`: on any state."""

    def fail_on(event_id: str) -> None:
        def advance(customer_id: str, get: Any, items: Sequence[Any], *times: Any) -> Change:
            if event_id == "state" or any(item.touchpoint.event_id == event_id for item in items):
                raise Defect(f"the secret of {customer_id}")
            return advance_through(customer_id, get, items, *times)

        monkeypatch.setattr(stitching, "advance_through", advance)

    return fail_on


def test_a_record_on_which_the_core_fails_becomes_a_dead_letter_and_all_others_are_stitched(
    defect: Callable[[str], None],
) -> None:
    defect("e7")
    bench = Bench()
    assert bench.feed(
        *(("C-1", arrival(f"e{number}", NOW + number, number)) for number in range(20)), ("C-2", arrival("x", NOW, 99))
    )
    [letter] = bench.letters()
    assert (letter.reason, letter.offset, b64decode(letter.payload)) == ("internal", 7, b"payload")
    assert letter.errors[0].startswith("stitching failed with Defect in test_stitch.py:")
    assert len(bench.publisher.records(TOPICS.stitched)) == 20


def test_neither_a_customer_nor_what_an_error_says_gets_into_a_letter_or_a_log(
    defect: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    defect("e1")
    bench = Bench()
    bench.feed(("C-12345", arrival("e1", NOW)))
    output = capsys.readouterr()
    assert "Defect in" in output.out + output.err
    assert "C-12345" not in output.out + output.err + str(bench.letters()[0].errors)


def test_a_state_that_is_at_fault_turns_its_customer_s_records_into_dead_letters_and_no_others(
    defect: Callable[[str], None],
) -> None:
    bench = Bench()
    bench.feed(("C-1", arrival("e0", NOW)), ("C-2", arrival("e0", NOW)))
    bench.states.data[PARTITION][b"C-1"] = b"junk"
    bench.feed(*(("C-1", arrival(f"e{number}", NOW, number)) for number in (1, 2)), ("C-2", arrival("e3", NOW, 3)))
    assert [(letter.reason, letter.offset) for letter in bench.letters()] == [("internal", 1), ("internal", 2)]
    assert len(bench.publisher.records(TOPICS.stitched)) == 3
    assert bench.states.data[PARTITION][b"C-1"] == b"junk"


def test_when_nearly_everything_fails_the_worker_ends_and_acknowledges_nothing(defect: Callable[[str], None]) -> None:
    defect("state")
    bench = Bench()
    with pytest.raises(MostlyPoison, match="stitching fails on 100 of 100 records"):
        bench.feed(*((f"C-{number}", arrival("e1", NOW, number)) for number in range(100)))
    assert bench.publisher.sent == []


def test_a_record_whose_key_is_no_text_is_kept_and_stops_nobody() -> None:
    bench = Bench()
    batch = Batch(TOPICS.customer, PARTITION, [FakeRecord(0, b"\xff", encode_customer_record(arrival("e1", NOW)))], 1)
    asyncio.run(bench.stitch(batch, FakeDelivery(), NOW))
    assert [letter.reason for letter in bench.letters()] == ["schema"]


def test_a_state_that_outgrows_the_changelog_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stitching, "GREATEST_STATE", 400)
    bench = Bench()
    for number in range(60):
        bench.feed(("C-1", arrival(f"e{number}", NOW + number, number)))
    assert {letter.reason for letter in bench.letters()} == {"internal"}
    assert max(map(len, bench.states.data[PARTITION].values())) <= 400
