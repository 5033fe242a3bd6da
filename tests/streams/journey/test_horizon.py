"""The horizon: a bounded state, and rows that stay (spec 2, "Horizon")."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from schemas.touchpoint import Touchpoint
from streams.journey import head_key, next_due, stitch
from streams.journey.state import Head, decode_head, encode_head, lasting_key
from tests.streams.journey.cases import CATALOGUE, DAY, HOUR, at, step, touchpoint
from tests.streams.journey.play import CUSTOMER, Player
from tests.streams.journey.strategies import (
    busy_morning,
    endings_and_feedback,
    endings_in_sessions,
    names_that_go_on,
    touchpoint_sets,
)

BOUNDED = replace(CATALOGUE, horizon=10 * DAY)
NEVER = encode_head(Head())


def without_names_that_outlive_the_horizon(touchpoints: list[Touchpoint]) -> list[Touchpoint]:
    """Cases and promise ids that come again after the horizon are new ones: neither is part of what must stay equal."""
    promised: set[str | None] = {None}
    found = []
    for each in touchpoints:
        if each.intent is None and each.referral_to is not None:
            continue
        again = {"promise_id": None, "promise_due_at": None} if each.promise_id in promised else {}
        promised.add(each.promise_id)
        found.append(replace_struct(each, case_id=None, **again))
    return found


def keeping_in_time(keeper: Touchpoint, due: dict[str | None, int | None], arrived_at: int) -> Touchpoint:
    """A promise that was due a horizon ago has left the state unkept."""
    due_at = due.get(keeper.keeps)
    is_over = due_at is not None and due_at < arrived_at - 10 * DAY
    return replace_struct(keeper, keeps=None) if is_over else keeper


def late(
    touchpoints: list[Touchpoint], lateness: st.SearchStrategy[int], data: st.DataObject
) -> list[tuple[int, Touchpoint]]:
    """The touchpoints with the time (ms) at which each arrives."""
    due = {each.promise_id: each.promise_due_at for each in touchpoints}
    return [
        (arrived_at, keeping_in_time(each, due, arrived_at))
        for each in touchpoints
        for arrived_at in [each.occurred_at + data.draw(lateness)]
    ]


def played(arriving: list[tuple[int, Touchpoint]]) -> tuple[Player, int]:
    """The player to whom each came at its time, and the clock afterwards."""
    player, clock = Player(BOUNDED), 0
    for arrived_at, arrived in sorted(arriving, key=lambda one: (one[0], one[1].order)):
        clock = arrived_at
        player.arrive(arrived, clock=clock)
    return player, clock


def with_names_of_their_own(touchpoints: list[Touchpoint]) -> list[Touchpoint]:
    """A case or promise that was last named half a horizon ago has another name from then on."""
    named: dict[str, tuple[int, int]] = {}

    def renamed(name: str | None, at: int) -> str | None:
        if name is None:
            return None
        first, last = named.get(name, (at, at))
        first = at if at - last > 5 * DAY else first
        named[name] = (first, at)
        return f"{name}{first}"

    return [
        replace_struct(
            each,
            case_id=renamed(each.case_id, each.occurred_at),
            promise_id=renamed(each.promise_id, each.occurred_at),
            keeps=renamed(each.keeps, each.occurred_at),
        )
        for each in touchpoints
    ]


@given(touchpoint_sets(), st.data())
def test_rows_are_those_of_the_whole_history_though_the_state_forgets_it(
    touchpoints: list[Touchpoint], data: st.DataObject
) -> None:
    touchpoints = without_names_that_outlive_the_horizon(touchpoints)
    lateness = st.integers(0, 10 * DAY - 1)
    arriving = late(touchpoints, lateness, data)
    player, clock = played(arriving)
    now = clock + 400 * DAY
    player.arrive(clock=now)
    assert player.differs_from(stitch([(CUSTOMER, each) for _, each in arriving], BOUNDED, now)) == []
    assert not player.too_late
    assert not player.state


def test_a_promise_stays_kept_though_the_touchpoint_that_kept_it_is_older_than_the_horizon() -> None:
    player = Player(BOUNDED)
    opened = step("1", "mobile_app", "2 09:00", promise_id="p", promise_due_at=at("2 10:00"))
    player.arrive(opened, clock=at("2 09:00"))
    player.arrive(touchpoint("2", "branch", "2 09:30", keeps="p"), clock=at("2 09:30"))
    # Its journey can still be joined when the horizon passes, and late ones have the head built anew from the log.
    player.arrive(step("3", "atm", "8 09:00", intent="transfer"), clock=at("8 09:00"))
    for number, late in (("4", "5 08:00"), ("5", "5 08:30")):
        player.arrive(touchpoint(number, "mobile_app", late), clock=at("12 14:00"))
    assert [promise.status for promise in player.promises.values()] == ["kept"]


def chain_of_promises() -> list[Touchpoint]:
    """A promise whose keeper opens another, which is kept as well; later only the first one's case goes on."""
    return [
        step("1", "hotline", "2 09:00", case_id="c1", promise_id="a", promise_due_at=at("3 09:00")),
        step("2", "hotline", "3 09:00", "loan", keeps="a", promise_id="b", promise_due_at=at("14 09:00")),
        step("3", "hotline", "4 09:00", "loan", keeps="b", outcome="succeeded"),
        step("4", "hotline", "10 09:00", case_id="c1"),
        step("5", "hotline", "16 09:00", case_id="c1", outcome="succeeded"),
        step("6", "hotline", "21 21:00", case_id="c1"),
    ]


@pytest.mark.parametrize(
    ("last", "arrives"),
    [
        (step("7", "hotline", "22 09:00", stage="feedback", case_id="c9"), "22 09:00"),
        (step("7", "hotline", "21 09:00", case_id="c1"), "22 09:00"),
    ],
    ids=["feedback of another case", "a late step"],
)
def test_a_promise_stays_kept_though_its_keeper_has_left_the_log(last: Touchpoint, arrives: str) -> None:
    player = Player(BOUNDED)
    for each in chain_of_promises():
        player.arrive(each, clock=each.occurred_at)
    player.arrive(last, clock=at(arrives))
    assert [promise.status for promise in player.promises.values()] == ["kept", "kept"]
    expected = stitch([(CUSTOMER, each) for each in [*chain_of_promises(), last]], BOUNDED, at(arrives))
    assert player.differs_from(expected) == []


def promise_named_again() -> list[Touchpoint]:
    """A promise that was kept long ago, and is named by later journeys, in time and late."""
    return [
        step("1", "hotline", "2 09:00", promise_id="p", promise_due_at=at("3 09:00")),
        step("2", "hotline", "2 10:00", keeps="p", outcome="succeeded"),
        step("3", "hotline", "8 09:00", "loan", promise_id="p", promise_due_at=at("9 09:00"), outcome="succeeded"),
        step("4", "hotline", "14 09:00", "transfer", promise_id="p", promise_due_at=at("15 09:00")),
        step("5", "hotline", "22 09:00", "transfer", outcome="succeeded"),
    ]


def case_of_a_feedback() -> list[Touchpoint]:
    """A case whose intent was told by feedback alone, before its first journey."""
    return [
        step("1", "hotline", "2 09:00", "loan", case_id="k", stage="feedback"),
        step("2", "hotline", "6 09:00", None, case_id="k"),
        step("3", "hotline", "13 09:00", None, case_id="k"),
        step("4", "hotline", "20 09:00", None, case_id="k", outcome="succeeded"),
    ]


@pytest.mark.parametrize("touchpoints", [promise_named_again(), case_of_a_feedback()], ids=["promise", "case"])
def test_a_late_touchpoint_changes_nothing_that_older_ones_gave_others(touchpoints: list[Touchpoint]) -> None:
    late = step("9", "hotline", "19 12:00", "withdraw")
    player = Player(BOUNDED)
    for each in touchpoints:
        player.arrive(each, clock=each.occurred_at)
    player.arrive(late, clock=at("22 10:00"))
    everything = [(CUSTOMER, each) for each in [*touchpoints, late]]
    assert player.differs_from(stitch(everything, BOUNDED, at("22 10:00"))) == []


@given(st.one_of(touchpoint_sets(), endings_and_feedback(), endings_in_sessions(), names_that_go_on()))
def test_in_order_cases_stay_what_they_are_though_the_state_forgets(touchpoints: list[Touchpoint]) -> None:
    touchpoints = with_names_of_their_own(touchpoints)
    player = Player(BOUNDED)
    for each in touchpoints:
        player.arrive(each, clock=each.occurred_at)
    now = max([each.occurred_at for each in touchpoints], default=0)
    assert player.differs_from(stitch([(CUSTOMER, each) for each in touchpoints], BOUNDED, now)) == []


@given(st.one_of(touchpoint_sets(), names_that_go_on()), st.data())
def test_late_cases_and_promises_are_what_they_would_have_been_in_time(
    touchpoints: list[Touchpoint], data: st.DataObject
) -> None:
    touchpoints = with_names_of_their_own(touchpoints)
    lateness = st.sampled_from((0, 0, HOUR, DAY, 4 * DAY))
    arriving = late(touchpoints, lateness, data)
    player, clock = played(arriving)
    assert player.differs_from(stitch([(CUSTOMER, each) for _, each in arriving], BOUNDED, clock)) == []


def test_a_touchpoint_exactly_at_the_horizon_is_taken_and_an_older_one_is_too_late() -> None:
    player, now = Player(BOUNDED), at("20 00:00")
    player.arrive(step("1", "atm", "10 00:00"), step("2", "atm", "9 23:59"), clock=now)
    assert [arrival.touchpoint.event_id for arrival in player.too_late] == ["2"]
    assert player.assignment.keys() == {("atm", "1")}


def test_a_replay_of_a_stored_touchpoint_is_no_dead_letter_however_late() -> None:
    player = Player(BOUNDED)
    arrivals = player.arrivals([step("1", "atm", "2 00:00", promise_id="p", promise_due_at=at("3 00:00"))])
    player.take(arrivals, clock=at("2 00:00"))
    player.take(arrivals, clock=at("30 00:00"))
    assert not player.too_late


def test_an_idle_customer_leaves_the_state_by_the_clock_alone() -> None:
    player = Player(BOUNDED)
    player.arrive(step("1", "hotline", "2 09:00", referral_to="branch", session_id="s"), clock=at("2 09:00"))
    player.arrive(step("2", "atm", "2 10:00", promise_id="p", promise_due_at=at("5 00:00")), clock=at("2 10:00"))
    clocks = 0
    while (due := next_due(head_key(CUSTOMER), player.state.get(head_key(CUSTOMER), NEVER))) is not None:
        player.arrive(clock=due)
        clocks += 1
    assert player.state == {}
    assert clocks < 10
    assert [row.status for row in player.promises.values()] == ["overdue"]


def test_a_head_in_two_parts_becomes_one_again_and_leaves_the_state() -> None:
    player = Player(BOUNDED)
    player.arrive(*busy_morning(), clock=at("2 09:00"))
    assert lasting_key(CUSTOMER) in player.state
    later = step("1", "atm", "8 09:00", outcome="succeeded")
    player.arrive(later, clock=at("8 09:00"))
    while player.state.keys() >= {lasting_key(CUSTOMER)}:
        player.arrive(clock=next_due(head_key(CUSTOMER), player.state[head_key(CUSTOMER)]) or 0)
    assert decode_head(player.state[head_key(CUSTOMER)]).newest == later.order
    while (due := next_due(head_key(CUSTOMER), player.state.get(head_key(CUSTOMER), NEVER))) is not None:
        player.arrive(clock=due)
    assert player.state == {}


def test_one_touchpoint_a_week_leaves_the_state_as_the_horizon_passes_it() -> None:
    player = Player(BOUNDED)
    for week in range(30):
        now = at("1 00:00") + week * 7 * DAY
        done = replace_struct(step(str(week), "atm", "1 00:00", outcome="succeeded"), occurred_at=now)
        player.arrive(done, clock=now)
        log = decode_head(player.state[head_key(CUSTOMER)]).segments
        assert sum(segment.count for segment in log) <= 4


def test_the_state_of_a_long_active_customer_is_bounded() -> None:
    player = Player(BOUNDED)
    start = at("1 00:00")
    sizes = []
    for index in range(300):
        now = start + index * 12 * HOUR
        visit = replace_struct(step(str(index), "atm", "1 00:00", outcome="succeeded"), occurred_at=now)
        player.arrive(visit, clock=now)
        sizes.append(sum(map(len, player.state.values())))
    assert max(sizes[150:]) < 1.2 * max(sizes[:150])
