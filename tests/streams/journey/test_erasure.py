"""A customer who was erased: nothing is left of the state but a mark, and what comes is refused, for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import ERASED
from schemas.touchpoint import Arrival, Erasure, Origin, Touchpoint
from streams.journey import Change, CustomerItem, advance_through
from streams.journey.erasure import erased_key, is_erased
from tests.streams.journey.cases import CATALOGUE, at, step
from tests.streams.journey.strategies import busy_morning, touchpoint_sets

NOW = at("30 00:00")
CUSTOMER = "C-1"


def arrival(touchpoint: Touchpoint, offset: int) -> Arrival:
    return Arrival(touchpoint, Origin("touchpoints", 0, offset), touchpoint.occurred_at, None, b"{}")


def take(state: dict[bytes, bytes], *records: CustomerItem) -> Change:
    change = advance_through(CUSTOMER, state.get, records, CATALOGUE, NOW, NOW)
    for key, value in change.writes.items():
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
    return change


@given(st.one_of(touchpoint_sets(), st.just(busy_morning())), st.data())
def test_nothing_is_left_but_the_mark_wherever_the_erasure_comes(
    touchpoints: list[Touchpoint], data: st.DataObject
) -> None:
    arrivals = [arrival(touchpoint, offset) for offset, touchpoint in enumerate(touchpoints)]
    records: list[CustomerItem] = [*arrivals]
    records.insert(data.draw(st.integers(0, len(records))), Erasure(NOW))
    state: dict[bytes, bytes] = {}
    while records:
        size = data.draw(st.integers(1, len(records)))
        take(state, *records[:size])
        records = records[size:]
    assert state.keys() == {erased_key(CUSTOMER)}
    assert CUSTOMER.encode() not in b"".join([*state, *state.values()])


def test_what_comes_later_is_refused_and_a_replay_of_what_came_before_too() -> None:
    state: dict[bytes, bytes] = {}
    first, later = arrival(step("1", "wechat", "10 09:00"), 0), arrival(step("2", "wechat", "11 09:00"), 1)
    assert len(take(state, first).touchpoints) == 1
    take(state, Erasure(NOW))
    change = take(state, first, later)
    assert change.erased == [first, later]
    assert (change.touchpoints, change.journeys, change.writes) == ([], [], {})


def test_erasing_twice_changes_nothing_else() -> None:
    state: dict[bytes, bytes] = {}
    take(state, Erasure(NOW))
    before = dict(state)
    take(state, Erasure(NOW))
    assert state == before


def test_the_word_that_stands_for_the_erased_is_nobody() -> None:
    state: dict[bytes, bytes] = {}
    assert is_erased(ERASED, state.get)
    assert not is_erased(CUSTOMER, state.get)
