"""The horizon: a bounded state, and rows that stay (spec 2, "Horizon")."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from schemas.touchpoint import Touchpoint
from streams.journey import stitch
from tests.streams.journey.cases import CATALOGUE, DAY, HOUR, at, step
from tests.streams.journey.play import CUSTOMER, Player
from tests.streams.journey.strategies import touchpoint_sets

BOUNDED = replace(CATALOGUE, horizon=10 * DAY)


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


@given(touchpoint_sets(), st.data())
def test_rows_are_those_of_the_whole_history_though_the_state_forgets_it(
    touchpoints: list[Touchpoint], data: st.DataObject
) -> None:
    touchpoints = without_names_that_outlive_the_horizon(touchpoints)
    lateness = st.integers(0, 10 * DAY - 1)
    arriving = sorted((each.occurred_at + data.draw(lateness), each.order, each) for each in touchpoints)
    player, clock = Player(BOUNDED), 0
    for arrived_at, _, touchpoint in arriving:
        clock = arrived_at
        player.arrive(touchpoint, clock=clock)
    now = clock + 400 * DAY
    player.arrive(clock=now)
    assert player.differs_from(stitch([(CUSTOMER, each) for each in touchpoints], BOUNDED, now)) == []
    assert not player.too_late
    assert not player.state or any(row.kept_at is None for row in player.promises.values())


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


def test_the_state_of_a_long_active_customer_is_bounded() -> None:
    player = Player(BOUNDED)
    start = at("1 00:00")
    sizes = []
    for index in range(300):
        now = start + index * 12 * HOUR
        touchpoint = replace_struct(step(str(index), "atm", "1 00:00", outcome="succeeded"), occurred_at=now)
        player.arrive(touchpoint, clock=now)
        sizes.append(sum(map(len, player.state.values())))
    assert max(sizes[150:]) < 1.2 * max(sizes[:150])
