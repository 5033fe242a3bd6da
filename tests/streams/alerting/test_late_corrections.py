"""Corrections of what an alert on a share began with, which come when the window has gone on: it never was right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from schemas.alert_rules import ShareRule
from streams.alerting.at_rest import customers_of, groups_of
from streams.alerting.episodes import Episode, earliest_judged, episodes_between
from streams.alerting.facts import CustomerRow
from streams.alerting.groups import GroupState, Partial, advance_group, group_key
from streams.alerting.memory import add_counts
from streams.alerting.observations import Cell, Count, Group, observations
from streams.settings import CoreChoice
from tests.streams.alerting.drawn import cores, deleted, rest, versioned
from tests.streams.alerting.rows import MINUTE, NOON, handoff, journey, rules, waited
from tests.streams.alerting.world import World, tell

CATALOGUE = rules()
CUSTOMERS = [f"C-{number}" for number in range(1, 5)]
TIMES = [NOON - minutes * MINUTE for minutes in (9, 5, 1)] + [NOON + minutes * MINUTE for minutes in (5, 15, 30)]

customers = st.sampled_from(CUSTOMERS)
some_rows = (
    st.builds(
        handoff,
        at=st.sampled_from(TIMES),
        customer=customers,
        result=st.sampled_from(["failed", "failed", "smooth"]),
        failures=st.just(("stalled",)),
        handoff_id=st.sampled_from([f"00000000-0000-5000-8000-00000000000{number}" for number in range(3)]),
        is_deleted=deleted,
    )
    | st.builds(journey, customer=customers, incidents=st.sampled_from([(), ("outage-7",)]))
    | st.builds(waited, seconds=st.sampled_from([30.0, 900.0]), at=st.sampled_from(TIMES), customer=customers)
)
steps = st.lists(
    st.tuples(st.lists(some_rows, max_size=12), st.sampled_from([0, MINUTE, 7 * MINUTE, 16 * MINUTE])), max_size=8
)
LONGEST = 48 * MINUTE
"""So long after noon all that the rows tell of is still counted when it is corrected."""


def episodes_of(rows: list[CustomerRow], now: int) -> Iterator[tuple[ShareRule, Group, Episode]]:
    """All that the rows show, however long ago."""
    counts: dict[Cell, Count] = {}
    for customer_id, customer in customers_of(rows, CATALOGUE, now):
        add_counts(counts, observations(customer_id, customer, CATALOGUE))
    for rule, group, totals in groups_of(counts, CATALOGUE):
        for episode in episodes_between(rule, totals, 0, now // rule.bucket):
            yield rule, group, episode


@settings(max_examples=150, deadline=None)
@given(drawn=steps, core=cores)
@example(
    drawn=[
        ([*(handoff(NOON - MINUTE, one, failures=("stalled",)) for one in CUSTOMERS[:3])], 16 * MINUTE),
        ([], 16 * MINUTE),
        ([handoff(NOON - MINUTE, "C-1", is_deleted=1)], 0),
    ],
    core="python",
)
def test_what_is_shown_of_shares_was_so_by_the_rows_and_what_a_window_still_shows_is_shown(
    drawn: list[tuple[list[CustomerRow], int]], core: CoreChoice
) -> None:
    world = World(CATALOGUE, NOON, core)
    stream = iter(versioned([row for rows, _ in drawn for row in rows]))
    told: list[CustomerRow] = []
    for rows, pause in drawn:
        for row in (next(stream) for _ in rows):
            told.append(row)
            world.publish(row)
        world.settle()
        world.now = min(world.now + pause, NOON + LONGEST)
    rest(world)
    now = world.now
    shown = sorted((row.fingerprint, row.resolved_at or 0) for row in world.alerts() if not row.customer_id)
    was_so, is_in_sight = [], []
    for rule, group, episode in episodes_of(told, now):
        ended = (group_key(group), episode.ends_at(rule) if episode.ends_at(rule) <= now else 0)
        was_so.append(ended)
        if episode.last >= earliest_judged(rule, now):
            is_in_sight.append(ended)
    event(f"alerts: {len(shown)}")
    assert len(set(shown)) == len(shown)
    assert set(is_in_sight) <= set(shown) <= set(was_so)


def failed(customer: str) -> list[CustomerRow]:
    return [journey(customer), handoff(NOON - MINUTE, customer, failures=("stalled",))]


FAILED = [row for customer in CUSTOMERS[:3] for row in failed(customer)]
WRONG = handoff(NOON - MINUTE, "C-2", version=2, is_deleted=1)


def raised(minutes_ago: int) -> World:
    world = World(CATALOGUE, NOON)
    tell(world, *FAILED)
    assert [alert.status for alert in world.alerts()] == ["firing"]
    for _ in range(minutes_ago):
        world.now += MINUTE
        world.settle()
    return world


@pytest.mark.parametrize("minutes_ago", [1, 20, 29, 31, 40, 58])
def test_what_was_wrong_is_taken_back_as_long_as_it_counts(minutes_ago: int) -> None:
    world = raised(minutes_ago)
    tell(world, WRONG)
    assert world.said()[-1].status == "retracted"
    assert world.alerts() == []


def test_what_is_found_late_and_then_turns_out_to_be_an_incident_is_taken_back() -> None:
    """Half an hour after it was over the first window that is complete shows it, and none before."""
    world = World(CATALOGUE, NOON)
    tell(world, *(waited(900, NOON - minutes * MINUTE, customer) for customer, minutes in MINUTES_AGO.items()))
    assert [alert.status for alert in world.alerts()] == ["resolved"]
    tell(world, journey("C-2", incidents=("outage-7",)))
    assert world.alerts() == []


MINUTES_AGO = {"C-1": 45, "C-2": 31, "C-3": 31}


def test_what_counts_no_more_when_it_is_corrected_stays_as_it_ended() -> None:
    world = raised(62)
    before = world.alerts()
    assert [alert.status for alert in before] == ["resolved"]
    tell(world, WRONG)
    assert world.alerts() == before


def test_an_alert_of_which_an_earlier_version_kept_too_little_ends_and_is_not_taken_back() -> None:
    rule = next(iter(CATALOGUE.alerts.rate_rules))
    group = Group(rule.name, rule.definition, ("branch",))
    first = NOON // rule.bucket
    partial = Partial(group, 0, {first: Count(3, 3)})
    begun = advance_group(GroupState(group), [partial], CATALOGUE.alerts, NOON)
    assert [row.status for row in begun.rows] == ["firing"]
    assert begun.state is not None
    begun.state.complete_since, begun.state.sources = None, {}
    later = advance_group(begun.state, [], CATALOGUE.alerts, NOON + 40 * MINUTE)
    assert [row.status for row in later.rows] == ["resolved"]
