"""The clock W of a partition, and who is due by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.clock import DueTimes, PartitionClock


def test_behind_the_clock_is_the_greatest_time_seen() -> None:
    clock = PartitionClock()
    for seen in (100, 300, 200):
        clock.observe(seen)
    assert clock.read(caught_up=False, now=9_999) == 300


def test_caught_up_the_clock_is_now_even_if_a_touchpoint_is_ahead() -> None:
    clock = PartitionClock()
    clock.observe(300)
    assert clock.read(caught_up=True, now=250) == 250


def test_falling_behind_again_does_not_turn_the_clock_back() -> None:
    clock = PartitionClock()
    clock.observe(100)
    clock.read(caught_up=True, now=5_000)
    clock.observe(200)
    assert clock.read(caught_up=False, now=6_000) == 5_000


def test_a_customer_is_due_once_when_the_clock_reaches_its_time() -> None:
    due = DueTimes({"a": 100}.items())
    assert due.due(99, 10) == []
    assert due.due(100, 10) == ["a"]
    assert due.due(100, 10) == []


def test_a_round_is_bounded_and_takes_the_earliest_first() -> None:
    due = DueTimes((str(number), number) for number in (3, 1, 2))
    assert due.due(10, 2) == ["1", "2"]
    assert due.due(10, 2) == ["3"]


changes = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 50)), max_size=60)


@given(changes, st.integers(0, 60))
def test_due_are_exactly_those_whose_last_setting_is_reached(changes: list[tuple[str, int | None]], now: int) -> None:
    times = DueTimes()
    expected: dict[str, int] = {}
    for customer, at in changes:
        times.set(customer, at)
        expected.pop(customer, None)
        if at is not None:
            expected[customer] = at
    assert len(times) == len(expected)
    assert set(times.due(now, 100)) == {customer for customer, at in expected.items() if at <= now}
    assert len(times) == sum(at > now for at in expected.values())


def test_settings_that_were_replaced_do_not_pile_up() -> None:
    times = DueTimes()
    for at in range(10_000):
        times.set("a", at)
    assert len(times._heap) <= 1_003
