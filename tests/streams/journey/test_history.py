"""Histories from ClickHouse: afterwards all rows are those of the whole set, whatever the state had forgotten."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from schemas.catalogue import Catalogue
from schemas.touchpoint import Arrival, History, Past, StoredIds, Touchpoint, Withdrawal
from streams.journey import Stitched, stitch
from streams.journey.collecting import HISTORY_AGE
from tests.streams.journey.cases import CATALOGUE, DAY, HOUR, at, step
from tests.streams.journey.play import CUSTOMER, Player
from tests.streams.journey.strategies import touchpoint_sets

BOUNDED = replace(CATALOGUE, horizon=10 * DAY)
NOW = at("30 00:00")


class Stored(Player):
    """A player whose time is the clock's, as in a worker; its tables are what ClickHouse holds."""

    def at_time(self, clock: int) -> Stored:
        self.now = max(self.now, clock)
        return self

    def rows(self) -> list[dict[Any, Any]]:
        """All that the tables show."""
        return [
            {key: replace_struct(row, version=0) for key, row in table.items() if not row.is_deleted}
            for table in (self.touchpoints, self.journeys, self.handoffs, self.promises)
        ]

    def restitch(self, clock: int, parts: int = 1, read_at: int | None = None) -> list[History]:
        """What `omnitrack restitch` would send of the tables as they are, in `parts` parts."""
        rows = [row for row in self.touchpoints.values() if not row.is_deleted]
        pasts = [Past(row.touchpoint, row.received_at, row.origin) for row in rows]
        ids = StoredIds(
            {row.journey_id: row.started_at for row in self.journeys.values() if not row.is_deleted},
            {row.handoff_id: row.left_at for row in self.handoffs.values() if not row.is_deleted},
            {row.promise_id: row.made_at for row in self.promises.values() if not row.is_deleted},
        )
        version = max((row.version for row in self.touchpoints.values()), default=0)
        return [
            History(
                run=f"run-{self.now}",
                part=part,
                parts=parts,
                read_at=clock if read_at is None else read_at,
                version=version,
                rules=self.catalogue.fingerprint,
                touchpoints=tuple(pasts[part::parts]),
                letters=tuple(self.too_late[part::parts]),
                ids=ids if part == 0 else StoredIds(),
            )
            for part in range(parts)
        ]


def expected(touchpoints: list[Touchpoint], catalogue: Catalogue, clock: int) -> Stitched:
    return stitch([(CUSTOMER, each) for each in touchpoints], catalogue, clock)


@st.composite
def lives(draw: st.DrawFn) -> list[list[Touchpoint]]:
    """A customer's touchpoints in batches, in any order: many of them come too late for a horizon of ten days."""
    touchpoints = draw(st.permutations(draw(touchpoint_sets())))
    cuts = sorted(draw(st.sets(st.integers(0, len(touchpoints)))) | {0, len(touchpoints)})
    return [list(touchpoints[start:end]) for start, end in pairwise(cuts)]


def live(player: Stored, batches: list[list[Touchpoint]]) -> int:
    """Take the batches, each as soon as all of it has happened; returns the clock afterwards."""
    clock = 0
    for batch in batches:
        clock = max([clock, *(each.occurred_at for each in batch)])
        player.at_time(clock).arrive(*batch, clock=clock)
    return clock


@given(lives(), st.integers(1, 4), st.sampled_from((0, 1, 20)))
def test_rows_are_those_of_all_touchpoints_those_that_came_too_late_included(
    batches: list[list[Touchpoint]], parts: int, days: int
) -> None:
    player = Stored(BOUNDED)
    clock = live(player, batches) + days * DAY
    for part in player.at_time(clock).restitch(clock, parts):
        player.take([part], clock=clock)
    everything = [each for batch in batches for each in batch]
    assert player.differs_from(expected(everything, BOUNDED, clock)) == []
    assert not player.too_late
    rows, state = player.rows(), player.state
    for part in player.restitch(clock, parts):
        player.take([part], clock=clock)
    assert player.rows() == rows, "a second time changes nothing"
    assert player.state.keys() == state.keys()
    player.arrive(clock=clock + 400 * DAY)
    assert not player.state or any(row.kept_at is None for row in player.promises.values()), "it is pruned as always"


@given(lives(), st.data())
def test_life_goes_on_after_a_history_as_it_would_have_without_a_horizon(
    batches: list[list[Touchpoint]], data: st.DataObject
) -> None:
    player = Stored(BOUNDED)
    first = data.draw(st.integers(0, len(batches)))
    clock = live(player, batches[:first])
    player.take(player.at_time(clock).restitch(clock), clock=clock)
    clock = max(clock, live(player, batches[first:]))
    player.take(player.at_time(clock).restitch(clock), clock=clock)
    everything = [each for batch in batches for each in batch]
    assert player.differs_from(expected(everything, BOUNDED, clock)) == []


@given(lives(), st.data())
def test_what_the_state_has_and_the_history_not_stays(batches: list[list[Touchpoint]], data: st.DataObject) -> None:
    player = Stored(CATALOGUE)
    read = data.draw(st.integers(0, len(batches)))
    clock = live(player, batches[:read])
    histories = player.at_time(clock).restitch(clock)
    player.at_time(clock)
    for batch in batches[read:]:
        player.arrive(*batch, clock=clock)
    player.take(histories, clock=clock)
    everything = [each for batch in batches for each in batch]
    assert player.differs_from(expected(everything, CATALOGUE, clock)) == []


@given(lives(), st.data())
def test_a_state_that_was_lost_comes_back(batches: list[list[Touchpoint]], data: st.DataObject) -> None:
    player = Stored(CATALOGUE)
    lost = data.draw(st.integers(0, len(batches)))
    clock = live(player, batches[:lost])
    player.state.clear()
    clock = max(clock, live(player, batches[lost:]))
    player.take(player.at_time(clock).restitch(clock), clock=clock)
    everything = [each for batch in batches for each in batch]
    assert player.differs_from(expected(everything, CATALOGUE, clock)) == []


def test_a_touchpoint_too_late_joins_the_journey_that_has_left_the_state() -> None:
    player = Stored(BOUNDED)
    live(player, [[step("1", "hotline", "2 09:00", outcome="succeeded")]])
    player.at_time(NOW).arrive(clock=NOW)
    assert player.state == {}
    player.arrive(step("2", "branch", "2 08:00"), clock=NOW)
    assert [arrival.touchpoint.event_id for arrival in player.too_late] == ["2"]
    change = player.take(player.restitch(NOW), clock=NOW)
    assert [arrival.touchpoint.event_id for arrival in change.taken_in] == ["2"]
    assert [row.channels for row in player.journeys.values() if not row.is_deleted] == [("branch", "hotline")]
    assert player.state == {}


def test_of_letters_that_repeat_each_other_one_is_stored_and_one_that_says_otherwise_stays_dead() -> None:
    player = Stored(BOUNDED)
    player.at_time(NOW)
    same, other = step("1", "atm", "2 09:00"), step("1", "atm", "2 09:00", outcome="failed")
    player.arrive(same, same, other, clock=NOW)
    assert len(player.too_late) == 3
    player.take(player.restitch(NOW), clock=NOW)
    assert [str(row.origin) for row in player.touchpoints.values()] == ["touchpoints:0:0"]
    assert list(player.duplicates) == ["touchpoints:0:1"]
    assert [str(arrival.origin) for arrival in player.too_late] == ["touchpoints:0:2"]


def withdrawal(arrival: Arrival) -> Withdrawal:
    touchpoint = arrival.touchpoint
    return Withdrawal(touchpoint.channel, touchpoint.event_id, touchpoint.occurred_at, arrival.origin)


def test_what_moved_to_another_customer_after_it_was_read_does_not_come_back() -> None:
    player = Stored(BOUNDED)
    player.at_time(NOW)
    arrivals = player.arrivals([step("1", "atm", "29 09:00")])
    player.take(arrivals, clock=NOW)
    histories = player.restitch(NOW)
    player.take([withdrawal(arrivals[0])], clock=NOW)
    change = player.take(histories, clock=NOW)
    assert change.refused == ["a touchpoint moved to another customer since it was read: restitch again"]
    assert not change.writes
    assert player.assignment == {}
    player.arrive(clock=NOW + HISTORY_AGE + 1_000)
    assert player.state == {}, "the time of the withdrawal is forgotten when no history can be older"
    late = player.at_time(NOW + HISTORY_AGE + 1_000).take(histories, clock=NOW + HISTORY_AGE + 1_000)
    assert late.refused == ["the stream is far behind: restitch when it has caught up"]


def test_a_history_in_the_batch_of_a_withdrawal_is_taken_in_where_it_stands() -> None:
    player = Stored(BOUNDED)
    player.at_time(NOW)
    arrivals = player.arrivals([step("1", "atm", "29 09:00"), step("2", "atm", "29 10:00")])
    player.take(arrivals, clock=NOW)
    player.take([*player.restitch(NOW), withdrawal(arrivals[1])], clock=NOW)
    assert player.assignment.keys() == {("atm", "1")}
    assert player.differs_from(expected([arrivals[0].touchpoint], BOUNDED, NOW)) == []


def test_a_worker_with_another_catalogue_takes_no_part() -> None:
    player = Stored(BOUNDED)
    player.at_time(NOW).arrive(step("1", "atm", "29 09:00"), clock=NOW)
    histories = player.restitch(NOW)
    player.catalogue = replace(BOUNDED, contact_gap=HOUR)
    change = player.take(histories, clock=NOW)
    assert change.refused == ["restitch ran with another catalogue than this worker: give both the same"]
    assert not change.writes


def test_half_a_history_changes_nothing_and_leaves() -> None:
    player = Stored(BOUNDED)
    player.at_time(NOW).arrive(step("1", "atm", "2 09:00"), clock=NOW)
    first, _ = player.restitch(NOW, parts=2)
    player.take([first], clock=NOW)
    assert player.assignment == {}
    assert len(player.state) == 2
    player.take([first], clock=NOW)
    assert len(player.state) == 2, "a replay of a part changes nothing"
    player.at_time(NOW + HISTORY_AGE).arrive(clock=NOW + HISTORY_AGE)
    assert player.state == {}


def test_the_next_run_replaces_half_a_history() -> None:
    player = Stored(BOUNDED)
    player.at_time(NOW).arrive(step("1", "atm", "2 09:00"), step("2", "atm", "2 10:00"), clock=NOW)
    half = player.restitch(NOW, parts=3)[:2]
    player.take(half, clock=NOW)
    later = [replace_struct(part, run="another") for part in player.restitch(NOW, parts=2)]
    for part in later:
        player.take([part], clock=NOW)
    assert player.assignment.keys() == {("atm", "1"), ("atm", "2")}
    assert player.state == {}


def test_a_part_without_those_before_it_is_passed_over() -> None:
    player = Stored(BOUNDED)
    player.at_time(NOW).arrive(step("1", "atm", "2 09:00"), clock=NOW)
    player.take(player.restitch(NOW, parts=2)[1:], clock=NOW)
    assert player.state == {}
    assert player.assignment == {}
