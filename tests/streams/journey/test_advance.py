"""Whatever the order, duplication and batching: the rows at rest are those of the pure function."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.touchpoint import Touchpoint
from streams.journey import Change, head_key, next_due, stitch
from streams.journey.log import LogDamaged
from streams.journey.packing import unpack
from streams.journey.state import decode_head, lasting_key
from tests.streams.journey.cases import CATALOGUE, DAY, HOUR, at, step, touchpoint
from tests.streams.journey.play import CUSTOMER, Player
from tests.streams.journey.strategies import (
    CHANNELS,
    busy_morning,
    endings_and_feedback,
    endings_in_sessions,
    touchpoint_sets,
)


def rows_of(touchpoints: list[Touchpoint], now: int) -> Player:
    player = Player(CATALOGUE)
    player.arrive(*touchpoints, clock=now)
    return player


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Touchpoint], list[list[Touchpoint]]]:
    """A set of touchpoints, and batches that deliver it: out of order to any degree, with duplicates."""
    touchpoints = draw(touchpoint_sets())
    order = draw(st.one_of(st.permutations(touchpoints), st.just(touchpoints)))
    delivered = [each for each in order for _ in range(draw(st.sampled_from((1, 1, 1, 2))))]
    cuts = sorted(draw(st.sets(st.integers(1, len(delivered)))) | {0, len(delivered)})
    return touchpoints, [delivered[a:b] for a, b in pairwise(cuts)]


@given(deliveries(), st.sampled_from((0, 1, HOUR, 3 * DAY, 400 * DAY)))
def test_any_order_duplicates_and_batches_give_the_rows_of_the_pure_function(
    delivery: tuple[list[Touchpoint], list[list[Touchpoint]]], wait: int
) -> None:
    touchpoints, batches = delivery
    player = Player(CATALOGUE)
    clock = 0
    for batch in batches:
        clock = max([clock, *[each.occurred_at for each in batch]])
        player.arrive(*batch, clock=clock)
    now = clock + wait
    player.arrive(clock=now)
    assert player.differs_from(stitch([(CUSTOMER, each) for each in touchpoints], CATALOGUE, now)) == []
    assert not player.conflicts
    assert len(player.duplicates) == sum(map(len, batches)) - len(touchpoints)


@given(deliveries())
def test_a_batch_that_is_replayed_after_its_state_was_stored_changes_nothing(
    delivery: tuple[list[Touchpoint], list[list[Touchpoint]]],
) -> None:
    _, batches = delivery
    player = Player(CATALOGUE)
    for batch in batches:
        arrivals = player.arrivals(batch)
        player.take(arrivals, clock=at("30 00:00"))
        duplicates = dict(player.duplicates)
        replay = player.take(arrivals, clock=at("30 00:00"))
        assert replace(replay, duplicates=[]) == Change(due_at=replay.due_at)
        assert player.duplicates == duplicates


@given(deliveries())
def test_a_batch_that_is_replayed_because_its_state_was_lost_ends_in_the_same_rows(
    delivery: tuple[list[Touchpoint], list[list[Touchpoint]]],
) -> None:
    touchpoints, batches = delivery
    now = at("30 00:00")
    player = Player(CATALOGUE)
    for batch in batches:
        arrivals, saved = player.arrivals(batch), dict(player.state)
        player.take(arrivals, clock=now)
        player.state, player.last_version = saved, 0
        player.take(arrivals, clock=now)
    assert player.differs_from(stitch([(CUSTOMER, each) for each in touchpoints], CATALOGUE, now)) == []


@given(touchpoint_sets(most=8), st.lists(st.sampled_from((1, HOUR, DAY, 30 * DAY)), max_size=4))
def test_rows_change_at_their_deadlines_and_only_then(touchpoints: list[Touchpoint], waits: list[int]) -> None:
    clock = touchpoints[-1].occurred_at
    player = rows_of(touchpoints, clock)
    for wait in waits:
        due = next_due(head_key(CUSTOMER), player.state[head_key(CUSTOMER)])
        clock += wait
        change = player.arrive(clock=clock)
        assert bool(change.writes) == (due is not None and due <= clock)
        assert player.differs_from(stitch([(CUSTOMER, each) for each in touchpoints], CATALOGUE, clock)) == []


@given(
    st.sampled_from(([], busy_morning())), st.one_of(endings_and_feedback(), endings_in_sessions(), touchpoint_sets())
)
def test_one_by_one_each_joins_the_journey_that_the_pure_function_gives_it(
    before: list[Touchpoint], touchpoints: list[Touchpoint]
) -> None:
    player = Player(CATALOGUE)
    player.arrive(*before, clock=touchpoints[0].occurred_at)
    for index, each in enumerate(touchpoints, start=1):
        player.arrive(each, clock=each.occurred_at)
        expected = stitch([(CUSTOMER, one) for one in before + touchpoints[:index]], CATALOGUE, each.occurred_at)
        assert player.differs_from(expected) == []


def test_a_journey_that_ended_leaves_the_state_with_the_next_of_its_intent() -> None:
    player = Player(CATALOGUE)
    sizes = []
    for index in range(20):
        ending = step(str(index), "hotline", f"2 {index:02}:00", outcome="succeeded")
        player.arrive(ending, clock=ending.occurred_at)
        sizes.append(len(unpack(player.state[head_key(CUSTOMER)][8:])))
    assert len(player.journeys) == 20
    assert sizes[-1] < sizes[1] + 400


def test_what_comes_in_the_session_of_a_journey_that_left_the_state_is_of_that_journey() -> None:
    player = Player(CATALOGUE)
    for index, session in enumerate(("first", "second", "third")):
        ending = step(session, "mobile_app", f"2 09:0{index}", outcome="succeeded", session_id=session)
        player.arrive(ending, clock=ending.occurred_at)
    head = decode_head(player.state[head_key(CUSTOMER)])
    assert [list(head.sessions), len(head.journeys)] == [["mobile_app\x1fthird"], 1]
    for index in range(2):
        ambient = touchpoint(f"logout {index}", "mobile_app", f"2 10:0{index}", session_id="first")
        player.arrive(ambient, clock=ambient.occurred_at)
        first = player.assignment["mobile_app", "first"]
        assert player.assignment["mobile_app", f"logout {index}"] == first
        assert [row.touchpoints for row in player.journeys.values()] == [2 + index, 1, 1]
    other = touchpoint("login", "mobile_app", "2 10:02", session_id="fourth")
    player.arrive(other, clock=other.occurred_at)
    assert player.assignment["mobile_app", "login"] is None


def test_a_session_of_a_journey_that_left_the_state_is_forgotten_after_the_contact_gap() -> None:
    player = Player(CATALOGUE)
    for index, when in enumerate(("2 09:00", "2 09:01", "2 14:00")):
        ending = step(str(index), "hotline", when, outcome="succeeded", session_id=str(index))
        player.arrive(ending, clock=ending.occurred_at)
        departed = decode_head(player.state[head_key(CUSTOMER)]).departed
        assert [one.at for one in departed] == ([at("2 09:00")] if when == "2 09:01" else [])


def test_what_a_touchpoint_writes_of_the_head_does_not_grow_with_those_of_the_day() -> None:
    player = Player(CATALOGUE)
    written = []
    for number in range(192):
        ended = "succeeded" if number % 12 == 11 else "progressed"
        fields = {"session_id": f"s{number // 4}", "outcome": ended}
        each = step(str(number), CHANNELS[number // 4 % 4], f"2 {9 + number // 60:02}:{number % 60:02}", **fields)
        writes = player.arrive(each, clock=each.occurred_at).writes
        of_head = [writes[key] or b"" for key in (head_key(CUSTOMER), lasting_key(CUSTOMER)) if key in writes]
        written.append(sum(map(len, of_head)))
    quarters = [sum(written[start : start + 48]) for start in range(0, 192, 48)]
    assert quarters[3] < 1.5 * quarters[0]
    assert [lasting_key(CUSTOMER) in player.state, len(player.journeys)] == [True, 16]


def test_feedback_of_a_case_passes_over_a_later_journey_of_another_case() -> None:
    player = Player(CATALOGUE)
    first = step("1", "hotline", "2 09:00", outcome="succeeded")
    second = step("2", "branch", "2 10:00", outcome="succeeded", case_id="k1")
    feedback = step("3", "mobile_app", "2 12:00", stage="feedback", case_id="k2")
    for each in (first, second, feedback):
        player.arrive(each, clock=each.occurred_at)
    assert player.assignment["mobile_app", "3"] == player.assignment["hotline", "1"]


def test_the_same_content_twice_is_a_duplicate_with_a_fate_of_its_own() -> None:
    player = rows_of([step("1", "hotline", "2 09:00"), step("1", "hotline", "2 09:00")], at("2 10:00"))
    assert list(player.duplicates) == ["touchpoints:0:1"]
    assert player.assignment.keys() == {("hotline", "1")}


def test_other_content_under_a_known_event_id_is_a_conflict_and_the_first_received_stays() -> None:
    player = rows_of([step("1", "hotline", "2 09:00")], at("2 10:00"))
    player.arrive(step("1", "hotline", "1 08:00", wait_seconds=5.0), clock=at("2 11:00"))
    assert [str(arrival.origin) for arrival in player.conflicts] == ["touchpoints:0:1"]
    (journey,) = player.journeys.values()
    assert (journey.started_at, journey.touchpoints) == (at("2 09:00"), 1)


def test_an_in_order_touchpoint_does_not_read_the_log() -> None:
    player = rows_of([step(str(hour), "hotline", f"2 {hour:02}:00") for hour in range(24)], at("2 23:00"))
    player.state = {head_key(CUSTOMER): player.state[head_key(CUSTOMER)]}
    change = player.arrive(step("new", "branch", "3 00:00"), clock=at("3 00:00"))
    assert [row.handoffs for row in change.journeys] == [1]


def test_unchanged_rows_are_not_sent_again() -> None:
    player = rows_of([step("1", "hotline", "2 09:00"), step("2", "branch", "2 10:00")], at("2 11:00"))
    change = player.arrive(step("3", "mobile_app", "2 12:00"), clock=at("2 12:00"))
    assert [row.to_channel for row in change.handoffs] == ["mobile_app"]


def test_a_first_step_that_comes_late_replaces_the_journey_by_a_tombstone_and_a_new_id() -> None:
    player = rows_of([step("2", "hotline", "2 09:00"), step("3", "branch", "2 10:00")], at("2 11:00"))
    old = set(player.journeys)
    change = player.arrive(step("1", "wechat", "2 08:00"), clock=at("2 11:00"))
    assert {row.journey_id for row in change.journeys if row.is_deleted} == old
    assert [row.channels for row in change.journeys if not row.is_deleted] == [("wechat", "hotline", "branch")]
    assert len(change.touchpoints) == 3


def test_a_head_without_the_part_that_lasts_is_damaged() -> None:
    player = rows_of(busy_morning(), at("2 09:00"))
    del player.state[lasting_key(CUSTOMER)]
    with pytest.raises(LogDamaged, match="C-1: the state table lacks the part of the head that lasts"):
        player.arrive(clock=at("2 09:00"))


def test_a_long_history_is_kept_in_few_segments() -> None:
    player = Player(CATALOGUE)
    for index in range(200):
        player.arrive(touchpoint(str(index), "atm", "2 09:00"), clock=at("2 09:00"))
    assert len(player.state) < 40
    again = player.arrive(touchpoint("7", "atm", "2 09:00"), clock=at("2 09:00"))
    assert [row.event_id for row in again.duplicates] == ["7"]


def test_a_head_that_is_cut_off_is_never_due_by_itself() -> None:
    assert next_due(head_key(CUSTOMER), b"\x00\x01") is None
