"""From what the broker tells: whether touchpoints that would come too late are still on their way."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace

import pytest

from streams.app import TICK_SECONDS
from streams.clock import PartitionClock
from streams.upstream import LIVE_MS, Mark, Offsets, Reading, Source, Upstream, partitions_of

INPUTS, IDENTITY, CUSTOMER = (
    partitions_of(("app", "atm"), 1),
    partitions_of(("identity",), 2),
    partitions_of(("customer",), 2),
)
NOTHING: Offsets = {}


def upstream() -> Upstream:
    return Upstream(INPUTS, IDENTITY, CUSTOMER)


def reading(at: int, ends: Offsets = NOTHING, committed: Offsets = NOTHING) -> Reading:
    return Reading(at, ends, committed)


def read(follower: Upstream, *readings: Reading) -> list[Mark]:
    return [mark for one in readings if (mark := follower.read(one)) is not None]


def test_an_idle_deployment_is_known_to_be_up_to_date_one_reading_later() -> None:
    ends = {("app", 0): 5, ("identity", 1): 3, ("customer", 0): 7}
    [mark] = read(upstream(), reading(1_000, ends, ends), reading(2_000, ends, ends))
    assert mark.ends == {0: 7, 1: 0}
    assert mark.fresh == {("app", 0): 1_000, ("atm", 0): 1_000}


def test_a_deadline_is_seen_within_five_seconds_while_nothing_comes() -> None:
    ends = {("app", 0): 5, ("identity", 1): 3, ("customer", 0): 7}
    follower, clock, waits = upstream(), PartitionClock(), []
    for at in range(100_000, 200_000, round(1_000 * TICK_SECONDS)):
        before = clock.reached
        if (mark := follower.read(reading(at, ends, ends))) is not None:
            clock = clock.expect(mark, 0)
        clock = clock.take(7, {}, INPUTS, at)
        waits += [at - before] if before and clock.reached > before else []
    assert len(waits) > 100
    assert max(waits) <= 5_000


def test_a_source_that_lags_is_not_up_to_date_and_does_not_keep_others_from_being() -> None:
    ends, committed = {("app", 0): 5, ("atm", 0): 9}, {("app", 0): 5, ("atm", 0): 8}
    [mark] = read(upstream(), reading(1_000, ends, committed), reading(2_000, ends, committed))
    assert mark.fresh == {("app", 0): 1_000}


def test_a_source_that_is_always_written_to_is_up_to_date_with_what_it_held_a_moment_ago() -> None:
    [mark, *_] = read(
        upstream(),
        reading(1_000, {("app", 0): 10}, {("app", 0): 8}),
        reading(2_000, {("app", 0): 20}, {("app", 0): 13}),
        reading(3_000, {("app", 0): 30}, {("app", 0): 23}),
    )
    assert ("app", 0) not in mark.fresh
    follower = upstream()
    marks = read(follower, *(reading(at, {("app", 0): at}, {("app", 0): at - 900}) for at in range(1_000, 6_000, 500)))
    assert marks[-1].fresh[("app", 0)] == 4_000


def test_what_a_source_held_long_ago_does_not_make_it_live() -> None:
    slow = [reading(at, {("app", 0): at}, {("app", 0): at - LIVE_MS - 1}) for at in range(10_000, 30_000, 500)]
    assert all(("app", 0) not in mark.fresh for mark in read(upstream(), *slow))


def test_a_chain_in_the_identity_topic_is_waited_for_even_if_others_never_end() -> None:
    """Something held, what it asks and what it is answered: each is written when the one before is read."""
    place, follower = ("identity", 0), upstream()
    busy = [reading(at, {place: 10 * at}, {place: 10 * at - 5}) for at in range(1, 9)]
    assert read(follower, *busy[:7]) == []
    [mark] = read(follower, busy[7])
    assert set(mark.fresh.values()) == {1}


@dataclass(frozen=True, slots=True)
class Sent:
    """A touchpoint on its way; `steps` are those it has still to go in the identity topic, from partition `via`."""

    at: int
    source: Source
    customer: int
    via: int
    steps: int


@dataclass(slots=True)
class Log:
    records: list[Sent] = field(default_factory=list)
    read: int = 0
    committed: int = 0


class Flow:
    """Sources with a backlog of their own, workers that take up any of it in any order, and one that keeps the clock.

    The touchpoints of a source come in the order of their times, and those that are new at once.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = 1_000
        self.logs: defaultdict[Source, Log] = defaultdict(Log)
        self.upstream = upstream()
        self.clocks = {number: PartitionClock() for _, number in CUSTOMER}
        self.asked: tuple[int, Offsets] | None = None
        anonymous = self.chance.choice((0.0, 0.2, 1.0))
        for source in INPUTS:
            for at in sorted(self.chance.choices(range(self.now), k=self.chance.randrange(40))):
                self.append(source, self.touchpoint(source, at, anonymous))

    def touchpoint(self, source: Source, at: int, anonymous: float) -> Sent:
        steps = 3 if self.chance.random() < anonymous else 0
        return Sent(at, source, self.chance.randrange(2), self.chance.randrange(2), steps)

    def append(self, place: Source, sent: Sent) -> None:
        self.logs[place].records.append(sent)

    def publish(self) -> None:
        source = self.chance.choice(INPUTS)
        self.append(source, self.touchpoint(source, self.now, 0.5))

    def wait(self) -> None:
        self.now += self.chance.randrange(2_000)

    def take(self, place: Source, count: int) -> None:
        """A worker takes some records of a partition, and has yet to commit them."""
        log = self.logs[place]
        for sent in log.records[log.read : log.read + count]:
            log.read += 1
            if sent.steps:
                self.append(("identity", sent.via ^ (sent.steps % 2)), replace(sent, steps=sent.steps - 1))
            else:
                self.append(("customer", sent.customer), sent)

    def work(self) -> None:
        place = self.chance.choice((*INPUTS, *IDENTITY))
        self.take(place, self.chance.choice((1, 3, 10)))

    def commit(self) -> None:
        log = self.logs[self.chance.choice((*INPUTS, *IDENTITY))]
        log.committed = log.read

    def ask(self) -> None:
        """Ask the broker: first for ends, and when called again for what is committed."""
        if self.asked is None:
            self.asked = (self.now, {place: len(self.logs[place].records) for place in self.upstream.partitions})
            return
        (at, ends), self.asked = self.asked, None
        committed = {place: self.logs[place].committed for place in self.upstream.partitions}
        mark = self.upstream.read(Reading(at, ends, committed))
        if mark is not None:
            self.clocks = {number: clock.expect(mark, number) for number, clock in self.clocks.items()}

    def stitch(self) -> None:
        customer = self.chance.randrange(2)
        log = self.logs["customer", customer]
        seen: dict[Source, int] = {}
        for sent in log.records[log.read : log.read + self.chance.choice((0, 1, 4, 100))]:
            seen[sent.source] = max(sent.at, seen.get(sent.source, 0))
            log.read += 1
        self.clocks[customer] = self.clocks[customer].take(log.read, seen, INPUTS, self.now)

    def check(self) -> None:
        """Nothing older than its partition's clock is on its way."""
        for place in self.upstream.partitions:
            log = self.logs[place]
            for sent in log.records[log.read :]:
                assert self.clocks[sent.customer].reached <= sent.at, (place, sent, self.clocks[sent.customer])

    def settle(self) -> None:
        """Work off everything, and keep the clock for a while."""
        for _ in range(4):
            for place in (*INPUTS, *IDENTITY):
                self.take(place, 1_000)
                self.logs[place].committed = self.logs[place].read
        for _ in range(200):
            self.now += 10
            self.ask()
            self.stitch()


@pytest.mark.parametrize("seeds", [range(start, start + 50) for start in range(0, 400, 50)], ids=str)
def test_whoever_works_at_what_nothing_older_than_the_clock_is_ever_on_its_way(seeds: range) -> None:
    for seed in seeds:
        flow = Flow(seed)
        steps = (flow.publish, flow.wait, flow.work, flow.work, flow.work, flow.commit, flow.commit, flow.commit)
        for _ in range(150):
            flow.chance.choice((*steps, flow.ask, flow.ask, flow.ask, flow.ask, flow.stitch, flow.stitch))()
            flow.check()
        flow.settle()
        assert all(flow.now - 200 <= clock.reached <= flow.now for clock in flow.clocks.values())


def test_in_a_backlog_the_clock_moves_on_with_what_is_seen() -> None:
    moved = 0
    for seed in range(50):
        flow = Flow(seed)
        for _ in range(100):
            flow.chance.choice((flow.work, flow.commit, flow.ask, flow.stitch))()
        moved += any(0 < clock.reached < 1_000 for clock in flow.clocks.values())
    assert moved > 10
