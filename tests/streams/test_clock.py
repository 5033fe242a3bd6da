"""The clock W of a partition, and who is due by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.clock import DueTimes, PartitionClock
from streams.upstream import Mark, Source

APP, ATM = ("app", 0), ("atm", 0)
SOURCES = (APP, ATM)
NOW = 10_000


def mark(begin: int, end: int, fresh: dict[Source, int] | None = None) -> Mark:
    return Mark({0: begin}, {0: end}, fresh or {})


def clock(*marks: Mark, reached: int = 0) -> PartitionClock:
    made = PartitionClock(reached)
    for one in marks:
        made = made.expect(one, 0)
    return made


def test_without_a_mark_nothing_is_known() -> None:
    assert clock().take(10, {APP: 500, ATM: 100}, SOURCES, NOW).reached == 0


def test_the_source_that_lags_most_holds_the_clock_back() -> None:
    assert clock(mark(10, 10)).take(10, {APP: 500, ATM: 100}, SOURCES, NOW).reached == 100


def test_a_source_that_was_not_seen_yet_holds_it_back_altogether() -> None:
    assert clock(mark(10, 10)).take(10, {APP: 500}, SOURCES, NOW).reached == 0


def test_what_is_seen_counts_once_what_was_on_its_way_through_the_identity_topic_has_come() -> None:
    at_begin = clock(mark(10, 20)).take(10, {APP: 300, ATM: 100}, SOURCES, NOW)
    between = at_begin.take(15, {APP: 400, ATM: 350}, SOURCES, NOW)
    assert (at_begin.reached, between.reached) == (0, 0)
    assert between.take(20, {APP: 500, ATM: 450}, SOURCES, NOW).reached == 100


def test_of_a_batch_that_a_mark_begins_in_nothing_counts_for_it() -> None:
    before = clock(mark(10, 20)).take(9, {APP: 300, ATM: 100}, SOURCES, NOW)
    assert before.take(30, {APP: 500, ATM: 450}, SOURCES, NOW).reached == 100


def test_a_source_that_has_nothing_more_counts_up_to_when_that_was_known() -> None:
    assert clock(mark(10, 10, {ATM: 9_000})).take(10, {APP: 500, ATM: 100}, SOURCES, NOW).reached == 500


def test_when_no_source_lags_the_clock_is_the_time_at_which_that_was_known() -> None:
    idle = clock(mark(10, 10, {APP: NOW - 1, ATM: NOW - 3}))
    assert idle.take(9, {}, SOURCES, NOW).reached == 0
    assert idle.take(10, {}, SOURCES, NOW).reached == NOW - 3


def test_a_mark_behind_the_place_that_was_reached_counts_at_the_next_look() -> None:
    ahead = clock().take(50, {APP: 500, ATM: 400}, SOURCES, NOW).expect(mark(40, 45, {APP: 9_000, ATM: 8_000}), 0)
    assert ahead.take(50, {}, SOURCES, NOW).reached == 8_000


def test_a_source_that_is_no_more_holds_nothing_back() -> None:
    assert clock(mark(9, 9)).take(9, {APP: 500, ATM: 400, ("fax", 0): 1}, SOURCES, NOW).reached == 400


def test_it_is_never_beyond_now_even_if_all_touchpoints_are() -> None:
    assert clock(mark(9, 9)).take(9, {APP: NOW + 300, ATM: NOW + 200}, SOURCES, NOW).reached == NOW


def test_it_never_turns_back() -> None:
    ahead = clock(mark(9, 9), reached=5_000)
    assert ahead.take(9, {APP: 500, ATM: 100}, SOURCES, NOW).reached == 5_000
    assert ahead.take(9, {}, SOURCES, 4_000).reached == 5_000


def test_in_a_long_backlog_it_moves_in_greater_steps_but_it_moves() -> None:
    marks = [mark(number, number) for number in range(1_000)]
    waiting = clock(*marks)
    assert len(waiting.awaited) <= 64
    for number in range(1_000):
        waiting = waiting.take(number, {APP: number, ATM: number}, SOURCES, NOW)
        assert number - 200 <= waiting.reached <= number


def test_a_customer_is_due_from_its_time_on_until_it_is_set_anew() -> None:
    due = DueTimes({"a": 100}.items())
    assert (due.is_due(99), due.due(99, 10)) == (False, [])
    for _ in range(2):
        assert (due.is_due(100), due.due(100, 10)) == (True, ["a"])
    due.set({"a": None})
    assert (due.is_due(100), due.due(100, 10)) == (False, [])


def test_a_round_is_bounded_and_takes_the_earliest_first() -> None:
    due = DueTimes((str(number), number) for number in (3, 1, 2))
    assert due.due(10, 2) == ["1", "2"]
    due.set({"1": None, "2": 50})
    assert due.due(10, 2) == ["3"]


changes = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.none() | st.integers(0, 50)), max_size=20)


@given(changes, st.integers(0, 60))
def test_due_are_exactly_those_whose_last_setting_is_reached(changes: list[dict[str, int | None]], now: int) -> None:
    times = DueTimes()
    expected: dict[str, int] = {}
    for change in changes:
        times.set(change)
        expected |= {customer: -1 if at is None else at for customer, at in change.items()}
    expected = {customer: at for customer, at in expected.items() if at >= 0}
    assert len(times) == len(expected)
    found = times.due(now, 100)
    assert sorted(found) == sorted(customer for customer, at in expected.items() if at <= now)
    assert times.is_due(now) == bool(found)
    assert times.due(now, 100) == found


def test_settings_that_were_replaced_do_not_pile_up() -> None:
    times = DueTimes()
    for at in range(10_000):
        times.set({"a": 10_000 - at})
    assert len(times._heap) <= 1_003


def test_times_that_are_put_off_cost_nothing_until_they_would_have_come() -> None:
    times = DueTimes((str(number), number) for number in range(100))
    for later in (1_000, 2_000, 3_000):
        times.set({str(number): later + number for number in range(100)})
    assert len(times._heap) == 100
    assert times.due(2_999, 100) == []
    assert times.due(3_001, 100) == ["0", "1"]
