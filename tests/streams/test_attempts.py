"""A replay has a checkpoint wherever an attempt ended, so rows that were sent before a crash are known to a state."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from schemas.catalogue import Catalogue
from streams.attempts import ATTEMPTS_KEY, Attempt, Attempts, attempt_at, cut, note, noted_clock, read_attempts
from streams.batching import Batch, Delivery, Write
from tests.streams.identity.world import NOW, PARTITIONS, TOPICS, Kept, World, payload


def batch(first: int, next_offset: int) -> Batch:
    return Batch("customer", 0, [Kept(offset, b"C-1", b"") for offset in range(first, next_offset)], next_offset)


def offsets(parts: Iterable[Batch]) -> list[tuple[list[int], int]]:
    return [([record.offset for record in part.records], part.next_offset) for part in parts]


def noted(*ends: int) -> tuple[Attempt, ...]:
    return tuple(Attempt(end, 10 * end) for end in ends)


@given(st.integers(0, 20), st.integers(0, 20), st.lists(st.integers(0, 50), unique=True).map(sorted))
def test_a_batch_is_cut_at_every_end_within_it_and_nowhere_else(first: int, count: int, ends: list[int]) -> None:
    whole = batch(first, first + count)
    parts = list(cut(whole, noted(*ends)))
    assert [record for part in parts for record in part.records] == list(whole.records)
    within = [end for end in ends if first < end < whole.next_offset]
    assert [part.next_offset for part in parts] == [*within, whole.next_offset]
    assert all(record.offset < part.next_offset for part in parts for record in part.records)


def after(state: dict[bytes, bytes], taken: Batch, clock: int = 0) -> list[tuple[int, int]]:
    """What is noted when a batch was begun, at `clock`."""
    before = read_attempts(state)
    key, value = note(before, taken, attempt_at(before, taken, lambda _: clock))
    state[key] = value or b""
    return [(attempt.end, attempt.clock) for attempt in read_attempts(state)]


def test_attempts_are_noted_until_the_input_has_passed_them() -> None:
    state: dict[bytes, bytes] = {}
    assert [end for end, _ in after(state, batch(0, 5))] == [5]
    assert [end for end, _ in after(state, batch(0, 3))] == [3, 5]
    assert [end for end, _ in after(state, batch(3, 8))] == [5, 8]
    assert [end for end, _ in after(state, batch(8, 9))] == [9]


def test_at_the_same_end_the_clock_is_the_same_and_it_never_turns_back() -> None:
    state: dict[bytes, bytes] = {}
    assert after(state, batch(0, 5), 100) == [(5, 100)]
    assert after(state, batch(0, 5), 200) == [(5, 100)]
    assert after(state, batch(5, 6), 50) == [(6, 100)]
    assert after(state, batch(6, 7), 300) == [(7, 300)]
    assert noted_clock(read_attempts(state)) == 300


def test_a_batch_without_records_goes_by_a_clock_that_is_noted() -> None:
    assert attempt_at(noted(5), Batch("customer", 0, (), 9), lambda _: 10_000).clock == 50


@dataclass(slots=True)
class Log:
    """A state table, and a handler, that tell what was done in which order."""

    done: list[str] = field(default_factory=list)
    state: dict[bytes, bytes] = field(default_factory=dict)
    fails_at: int | None = None
    current: bool = True
    stage: str = "stitch"

    def partition(self, partition: int) -> Mapping[bytes, bytes]:
        return self.state

    async def write_batch(self, partition: int, groups: Iterable[Sequence[Write]]) -> None:
        self.state.update((key, value) for group in groups for key, value in group if value is not None)
        self.done.append(f"noted {[attempt.end for attempt in read_attempts(self.state)]}")

    async def handle(self, batch: Batch, delivery: Delivery, clock: int) -> None:
        if batch.next_offset == self.fails_at:
            return
        self.done.append(f"took up to {batch.next_offset}")
        delivery.acknowledge()

    def is_current(self) -> bool:
        return self.current

    async def confirm(self) -> bool:
        return self.current

    def acknowledge(self) -> None:
        self.done.append("acknowledged")


def test_an_end_is_noted_before_its_batch_is_taken_and_the_input_acknowledged_once() -> None:
    log = Log()
    after(log.state, batch(0, 3))
    asyncio.run(Attempts(log.handle, log, lambda _: 0)(batch(0, 5), log))
    assert log.done == ["noted [3]", "took up to 3", "noted [5]", "took up to 5", "acknowledged"]


def test_what_follows_a_part_that_was_not_finished_waits_for_its_replay() -> None:
    log = Log(fails_at=3)
    after(log.state, batch(0, 3))
    asyncio.run(Attempts(log.handle, log, lambda _: 0)(batch(0, 5), log))
    assert log.done == ["noted [3]"]


def test_nothing_is_noted_for_a_partition_that_moved() -> None:
    log = Log(current=False)
    asyncio.run(Attempts(log.handle, log, lambda _: 0)(batch(0, 5), log))
    assert (log.done, ATTEMPTS_KEY in log.state) == ([], False)


def test_a_journey_sent_before_a_crash_does_not_outlive_the_one_that_an_earlier_touchpoint_makes_of_it() -> None:
    world = World(Catalogue(horizon=None))
    minutes = 60_000
    for number, ago in enumerate((0, 1)):
        value = payload("mobile_app", f"e{number}", NOW - ago * minutes, identities={"customer_no": "C1"})
        world.publish(value)
        world.work("ingest", 0)
        if number == 0:
            for partition in range(3):
                world.work("stitch", partition, crash="before the state")
    world.drain()
    shown = world.rows(TOPICS.journeys)
    assert list(shown) == [journey.journey_id for journey in world.expected().journeys]


def test_a_worker_starts_though_its_attempts_cannot_be_read_and_tells_of_it() -> None:
    world = World(Catalogue(horizon=None))
    for state in (world.states["stitch"].partitions[partition] for partition in range(PARTITIONS)):
        state[ATTEMPTS_KEY] = b"\xc1 junk"
    with capture_logs() as logged:
        world.stitch.recover(range(PARTITIONS))
        world.publish(payload("atm", "e1", identities={"customer_no": "C-1"}))
        world.drain()
    assert set(world.customers().values()) == {"C-1"}
    assert any("cannot be read" in one["event"] for one in logged)
