"""How far a group is behind is a plain difference, never negative, and nothing is counted that is not there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitrack.offsets import Partition, between, lag, per_topic

PARTITIONS = st.builds(Partition, st.sampled_from(["touchpoints.atm", "customer"]), st.integers(0, 3))
OFFSETS = st.dictionaries(PARTITIONS, st.integers(0, 1_000))
ATM = Partition("touchpoints.atm", 0)


def test_a_group_that_committed_the_end_has_no_lag() -> None:
    assert lag({ATM: 7}, {ATM: 7}) == {}


def test_a_group_that_never_committed_has_all_that_the_partition_still_holds_before_it() -> None:
    assert lag({ATM: 7}, {}) == {ATM: 7}
    assert lag({ATM: 7}, {}, begins={ATM: 5}) == {ATM: 2}


def test_an_empty_partition_has_no_lag_though_nobody_ever_committed_it() -> None:
    assert lag({ATM: 0}, {}) == {}
    assert lag({ATM: 5}, {}, begins={ATM: 5}) == {}


def test_a_group_ahead_of_a_past_end_has_no_lag() -> None:
    assert lag({ATM: 7}, {ATM: 9}) == {}


@given(ends=OFFSETS, committed=OFFSETS, begins=OFFSETS)
def test_lag_names_exactly_the_partitions_whose_end_is_not_reached(
    ends: dict[Partition, int], committed: dict[Partition, int], begins: dict[Partition, int]
) -> None:
    behind = lag(ends, committed, begins)
    assert all(count > 0 for count in behind.values())
    for partition, end in ends.items():
        position = max(committed.get(partition, 0), begins.get(partition, 0))
        assert behind.get(partition, 0) == max(0, end - position)
    assert set(behind) <= set(ends)


@given(ends=OFFSETS, committed=OFFSETS, progress=st.integers(0, 1_000))
def test_committing_further_never_increases_lag(
    ends: dict[Partition, int], committed: dict[Partition, int], progress: int
) -> None:
    further = {partition: offset + progress for partition, offset in committed.items()}
    before, after = lag(ends, committed), lag(ends, further)
    assert all(after.get(partition, 0) <= count for partition, count in before.items())
    assert set(after) <= set(before)


@given(counts=OFFSETS)
def test_the_sums_of_topics_add_up_to_the_sum_of_partitions(counts: dict[Partition, int]) -> None:
    assert sum(per_topic(counts).values()) == sum(counts.values())


@given(begins=OFFSETS, ends=OFFSETS)
def test_a_partition_never_holds_less_than_nothing(begins: dict[Partition, int], ends: dict[Partition, int]) -> None:
    held = between(begins, ends)
    assert set(held) == set(ends)
    assert all(0 <= count <= ends[partition] for partition, count in held.items())
