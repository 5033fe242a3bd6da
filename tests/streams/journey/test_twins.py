"""Touchpoints of one name from different records: each record has one fate, however often it comes again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from schemas.touchpoint import Arrival, Erasure, Origin, Touchpoint
from streams.journey.state import head_key
from tests.streams.journey.cases import DAY, at, step
from tests.streams.journey.play import CUSTOMER, Player
from tests.streams.journey.records import (
    BOUNDED,
    HELD,
    NOW,
    OWN,
    Customer,
    Record,
    arrival,
    records_in_order,
    withdrawal,
)


def take_in_batches(customer: Customer, records: Sequence[Record], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(records)))) | {0, len(records)})
    for start, end in pairwise(cuts):
        customer.take(*records[start:end])


@given(records_in_order(again=False), st.data())
def test_a_replay_of_what_is_in_the_state_changes_nothing(records: list[Record], data: st.DataObject) -> None:
    customer = Customer()
    take_in_batches(customer, records, data)
    fates, twins = customer.fates(), customer.head.twins
    starts = data.draw(st.lists(st.integers(0, len(records)), min_size=1, max_size=3).map(sorted))
    for start, later in pairwise([*starts, len(records)]):
        end = data.draw(st.integers(later, len(records))) if later < len(records) else later
        take_in_batches(customer, records[start:end], data)
    assert customer.fates() == fates
    assert {twin for twin in customer.head.twins if twin.fate in ("same", "other")} <= set(twins)
    assert customer.wrong_rows() == []


@given(records_in_order(again=True), st.data())
def test_every_record_that_is_here_has_one_fate(records: list[Record], data: st.DataObject) -> None:
    customer = Customer()
    take_in_batches(customer, records, data)
    latest = {record.origin: record for record in records}
    here = [origin for origin, record in latest.items() if isinstance(record, Arrival)]
    assert [origin for origin, _ in customer.fates()] == sorted(here, key=str)
    assert customer.wrong_rows() == []


@pytest.mark.parametrize("twin", [OWN, replace_struct(HELD, occurred_at=at("2 11:00")), HELD])
def test_the_twin_of_a_withdrawn_touchpoint_stays_what_it_was_when_both_are_replayed(twin: Touchpoint) -> None:
    customer, first, second = Customer(), arrival(HELD, 0), arrival(twin, 1)
    customer.take(first)
    customer.take(second, withdrawal(first))
    fates = customer.fates()
    assert [origin for origin, _ in fates] == [second.origin]
    assert customer.stored() == {}
    customer.take(second)
    customer.take(withdrawal(first))
    assert customer.fates() == fates


def test_what_comes_after_the_withdrawal_is_new() -> None:
    customer, first, second = Customer(), arrival(HELD, 0), arrival(OWN, 1)
    customer.take(first, withdrawal(first), second)
    assert customer.stored() == {second.origin: OWN}
    assert customer.head.twins == []


def test_only_what_may_be_withdrawn_has_its_twins_remembered() -> None:
    customer = Customer()
    customer.take(arrival(OWN, 0), arrival(HELD, 1))
    assert customer.fates() == [(Origin("touchpoints", 0, 0), "stored"), (Origin("touchpoints", 0, 1), "dead")]
    assert customer.head.twins == []


def test_where_a_topic_was_made_anew_another_record_of_a_twins_offset_has_a_fate_of_its_own() -> None:
    customer, first = Customer(), arrival(HELD, 0)
    customer.take(first, arrival(OWN, 1))
    other = arrival(step("2", "mobile_app", "2 10:01", identities={"device": "d"}), 1)
    customer.take(other)
    assert other.touchpoint in customer.stored().values()
    customer.take(withdrawal(other))
    assert other.touchpoint not in customer.stored().values()


def test_twins_are_forgotten_with_the_horizon_and_with_the_customer() -> None:
    later = replace_struct(HELD, occurred_at=at("2 11:00"))
    for last in ([], [Erasure(5)]):
        customer, first = Customer(Player(BOUNDED)), arrival(HELD, 0)
        customer.take(first, arrival(later, 1), withdrawal(first))
        assert [twin.origin.offset for twin in customer.head.twins] == [1]
        customer.take(*last, clock=at("12 11:00") + (0 if last else 1))
        assert head_key(CUSTOMER) not in customer.player.state


def test_a_customer_with_nothing_but_twins_is_due_when_they_can_be_forgotten() -> None:
    player, first, second = Player(BOUNDED), arrival(HELD, 0), arrival(OWN, 1)
    change = player.take([first, second, withdrawal(first)], clock=NOW)
    assert change.due_at == second.at + 10 * DAY + 1
    player.take([], clock=change.due_at)
    assert player.state == {}


def test_a_late_touchpoint_leaves_twins_as_they_are() -> None:
    customer, first, second = Customer(), arrival(HELD, 0), arrival(OWN, 1)
    customer.take(first, second)
    customer.take(arrival(step("0", "branch", "1 09:00"), 2))
    assert [twin.origin for twin in customer.head.twins] == [second.origin]


def test_a_source_that_repeats_its_event_ids_for_ever_does_not_let_a_head_grow_for_ever() -> None:
    customer = Customer()
    for offset in range(200):
        customer.take(arrival(replace_struct(HELD, occurred_at=HELD.occurred_at + offset), offset))
    assert [twin.origin.offset for twin in customer.head.twins] == list(range(136, 200))
