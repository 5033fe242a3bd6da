"""Arrivals become rows, states and dead letters, by the clock of their partition."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import msgspec
import pytest

from schemas.catalogue import Catalogue
from schemas.rows import DuplicateRow, HandoffRow, JourneyRow, TouchpointRow
from tests.streams.agents.fake_record import NOW
from tests.streams.agents.stitch_bench import DAY, HOUR, PARTITION, TOPICS, Bench, arrival


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
