"""Records that cannot be computed are told from those that can, and from a computation that is wrong altogether."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.poison import LEAST_RECORDS, WINDOW_SECONDS, MostlyPoison, PoisonWatch, describe, sift


class Bad(Exception):
    pass


def total(items: Sequence[int]) -> int:
    if any(item < 0 for item in items):
        raise Bad("customer 4711")
    return sum(items)


@given(st.lists(st.integers(-3, 20), max_size=60))
def test_exactly_the_bad_ones_are_found_and_the_result_is_that_of_the_good_in_their_order(items: list[int]) -> None:
    sifted = sift(items, total)
    assert [item for item, _ in sifted.poison] == [item for item in items if item < 0]
    assert sifted.result == sum(item for item in items if item >= 0)


def test_one_bad_record_among_many_costs_few_attempts() -> None:
    attempts = []

    def count(items: Sequence[int]) -> int:
        attempts.append(len(items))
        return total(items)

    sift([*range(700), -1, *range(300)], count)
    assert len(attempts) <= 2 * 10 + 1


def test_what_cannot_even_compute_nothing_has_no_result_and_only_poison() -> None:
    def broken(items: Sequence[int]) -> int:
        raise Bad

    sifted = sift([1, 2, 3], broken)
    assert sifted.result is None
    assert [item for item, _ in sifted.poison] == [1, 2, 3]


def test_a_lack_of_memory_is_no_fault_of_a_record() -> None:
    def starved(items: Sequence[int]) -> int:
        raise MemoryError

    with pytest.raises(MemoryError):
        sift([1], starved)


def test_an_error_is_told_by_its_kind_and_place_and_never_by_its_words() -> None:
    [(_, error)] = sift([-1], total).poison
    assert describe(error).startswith("Bad in test_poison.py:")
    assert "4711" not in describe(error)


def test_the_process_ends_once_most_of_many_lately_failed() -> None:
    watch = PoisonWatch("stitching")
    watch.note(0, LEAST_RECORDS - 1, [Bad()] * (LEAST_RECORDS - 1))
    with pytest.raises(MostlyPoison, match="stitching fails on 100 of 100 records, the last time with Bad"):
        watch.note(1, 1, [Bad()])


def test_half_is_not_most() -> None:
    PoisonWatch("stitching").note(0, 1_000, [Bad()] * 500)


def test_what_failed_long_ago_does_not_count() -> None:
    watch = PoisonWatch("stitching")
    watch.note(0, 99, [Bad()] * 99)
    watch.note(WINDOW_SECONDS + 1, 99, [Bad()] * 99)


def test_a_batch_without_poison_ends_nothing_whatever_came_before() -> None:
    watch = PoisonWatch("stitching")
    watch.note(0, 99, [Bad()] * 99)
    watch.note(1, 1, [])
