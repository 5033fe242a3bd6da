"""Deadlines pass without touchpoints: ticks are sent for those who are due, and no others."""

from __future__ import annotations

import asyncio

import pytest

from schemas.rows import HandoffRow, JourneyRow
from schemas.touchpoint import Tick
from streams.agents.ticks import send_ticks
from tests.streams.agents.fake_record import NOW
from tests.streams.agents.stitch_bench import DAY, HOUR, PARTITION, TOPICS, Bench, arrival


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
