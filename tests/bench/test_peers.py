"""The comparison with other stream processors: its job, its load, and that our Faust does it on a real Kafka."""

from __future__ import annotations

import uuid
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.peers import __main__ as peers
from bench.peers.job import ACTIVE_SLOTS, GAP, Session, Touched, sessions, touchpoints, value_of
from bench.peers.measure import Load, Taken, WrongSessions, check, measure, session_of
from bench.peers.ours import advance, decode_touchpoint
from bench.report import Report
from tests.support.brokers import Broker

UNTIL = 1_790_000_000_000


def test_a_session_lasts_as_long_as_no_gap_is_longer_than_thirty_minutes() -> None:
    made = [Touched("a", 0, 1), Touched("b", 5, 9), Touched("a", GAP, 2), Touched("a", 2 * GAP + 1, 4)]

    assert list(sessions(made)) == [Session("a", 0, GAP, 2, 3)]


def test_the_load_ends_every_session_but_the_closing_ones() -> None:
    made = touchpoints(3_000, 50, UNTIL)

    over = list(sessions(made))

    assert sum(session.touchpoints for session in over) == len(made) - 50
    assert max(session.touchpoints for session in over) == ACTIVE_SLOTS
    assert made == sorted(made, key=lambda touched: touched.at)
    assert made[-1].at == UNTIL


@given(gaps=st.lists(st.tuples(st.integers(1, 2 * GAP), st.integers(0, 90)), min_size=1), cut=st.integers(0, 20))
def test_our_sessions_are_the_jobs_however_the_batches_fall(gaps: list[tuple[int, int]], cut: int) -> None:
    at, made = UNTIL, []
    for gap, waited in gaps:
        at += gap
        made.append(Touched("C-1", at, waited))
    values: list[bytes | None] = [value_of(touched) for touched in made]
    closed: list[tuple[bytes, bytes]] = []
    state: bytes | None = None

    for batch in (values[:cut], values[cut:]):
        if batch:
            state = advance(b"C-1", batch, state, closed)

    assert [session_of(value) for _, value in closed] == list(sessions(made))


def test_a_records_value_is_a_touchpoint_of_about_250_bytes() -> None:
    value = value_of(Touched("C-0000001", UNTIL, 7))

    assert (decode_touchpoint(value).occurred_at, decode_touchpoint(value).wait_seconds) == (UNTIL, 7)
    assert 230 < len(value) < 330


def test_our_faust_gives_exactly_the_sessions_of_the_events(apache_kafka: Broker) -> None:
    load = peers.prepare(apache_kafka.bootstrap, 4_000, 100)
    topic = f"sessions-{uuid.uuid4().hex[:8]}"
    peers.create_topics(apache_kafka.bootstrap, topic, f"{topic}-changelog")
    ours = next(peer for peer in peers.PEERS if peer.name == peers.OURS)

    taken = measure(ours.command(apache_kafka.bootstrap, load, topic), apache_kafka.bootstrap, load, topic)

    assert taken.wall > 0
    fewer = Load(load.topic, load.touchpoints, load.sessions[1:])
    with pytest.raises(WrongSessions, match=load.sessions[0].customer):
        check(apache_kafka.bootstrap, topic, fewer)


def test_a_peer_that_ends_early_is_told_with_its_last_words(apache_kafka: Broker) -> None:
    load = Load("none", [], [])

    with pytest.raises(RuntimeError, match=r"ended with status 1(.|\n)*FileNotFoundError"):
        measure(["python3", "-c", "open('missing')"], apache_kafka.bootstrap, load, None)


def test_rates_are_compared_within_a_round() -> None:
    report = Report("peers", {})
    chosen = [peer for peer in peers.PEERS if peer.name in (peers.OURS, "stock Faust")]
    taken = defaultdict(list, {peers.OURS: [Taken(1, 1), Taken(4, 4)]})
    taken["stock Faust"] = [Taken(5, 5), Taken(20, 20)]

    peers.tell(chosen, {1: 1_000, 10: 100}, taken, report)

    assert [row["ours_times_as_fast"] for row in report.rows] == [1.0, 50.0]
