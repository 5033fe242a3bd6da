"""What is found is exactly what a look at every offset finds; of long lists the first are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from omnitrack.audit.account import Counts, Fate, PartitionCounts, Range, Shared
from omnitrack.audit.findings import MOST_LISTED, Irregularity, collect

FATES = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(("dead", "duplicate", "stored"))), max_size=60)


def irregularities(fates: Iterable[tuple[int, Fate]], begin: int, end: int, end_now: int) -> Iterator[Irregularity]:
    """What irregular.sql says it selects."""
    rows: list[tuple[int, Fate | None]] = sorted(
        [*fates, (begin - 1, None), (end, None)], key=lambda row: (row[0], row[1] or "")
    )
    for (previous, previous_fate), (offset, fate) in zip([(rows[0][0] - 1, None), *rows], rows, strict=False):
        out_of_line = offset != previous + 1 and (offset >= begin or offset == previous)
        if out_of_line or offset >= end_now:
            yield Irregularity(previous, previous_fate, offset, fate)


def everything(offsets: Range) -> Iterable[int]:
    return range(offsets.first, offsets.last + 1)


def listed(ranges: Iterable[Range]) -> list[int]:
    return [offset for each in ranges for offset in everything(each)]


@given(FATES, st.tuples(*[st.integers(0, 32)] * 3).map(sorted), st.sets(st.integers(0, 32)))
def test_every_offset_is_judged(fates: list[tuple[int, Fate]], bounds: list[int], without: set[int]) -> None:
    begin, end, end_now = bounds

    def records_in(offsets: Range) -> Iterable[int]:
        return (offset for offset in everything(offsets) if offset not in without)

    found = collect(irregularities(fates, begin, end, end_now), begin, end, end_now, records_in)
    fated = [offset for offset, _ in fates]
    unfated = [offset for offset in range(begin, end) if offset not in fated]
    assert listed(found.missing_ranges) == [offset for offset in unfated if offset not in without]
    assert found.without_record == sum(offset in without for offset in unfated)
    assert [(shared.offset, list(shared.fates)) for shared in found.shared_offsets] == [
        (offset, sorted(fate for at, fate in fates if at == offset))
        for offset in sorted(set(fated))
        if fated.count(offset) > 1
    ]
    assert listed(found.unknown_ranges) == sorted({offset for offset in fated if offset >= end_now})
    assert found.missing == len(listed(found.missing_ranges))
    assert found.shared == len(found.shared_offsets)
    assert found.unknown == len(listed(found.unknown_ranges))


def test_neighbours_are_one_range() -> None:
    found = collect(irregularities([(0, "stored"), (4, "dead"), (9, "stored")], 0, 6, 8), 0, 6, 8, everything)
    assert found.missing_ranges == (Range(1, 3), Range(5, 5))
    assert [str(each) for each in found.missing_ranges] == ["1-3", "5"]
    assert found.unknown_ranges == (Range(9, 9),)


def test_an_offset_with_three_fates_is_one_finding() -> None:
    fates: list[tuple[int, Fate]] = [(0, "stored"), (0, "dead"), (0, "stored")]
    found = collect(irregularities(fates, 0, 1, 1), 0, 1, 1, everything)
    assert found.shared == 1
    assert found.shared_offsets == (Shared(0, ("dead", "stored", "stored")),)
    assert str(found.shared_offsets[0]) == "0 (dead, stored, stored)"


def test_all_are_counted_and_the_first_are_listed() -> None:
    many = 3 * MOST_LISTED
    fates: list[tuple[int, Fate]] = [(2 * number, fate) for number in range(many) for fate in ("dead", "stored")]
    found = collect(irregularities(fates, 0, 2 * many, 2 * many), 0, 2 * many, 2 * many, everything)
    assert (found.missing, len(found.missing_ranges)) == (many, MOST_LISTED)
    assert (found.shared, len(found.shared_offsets)) == (many, MOST_LISTED)
    assert found.missing_ranges[-1] == Range(2 * MOST_LISTED - 1, 2 * MOST_LISTED - 1)


def test_counts_alone_prove_that_a_partition_adds_up() -> None:
    counts = PartitionCounts(expired=Counts(2, 0, 0, 2), kept=Counts(6, 1, 3, 10), greatest=14)
    assert counts.add_up(begin=5, end=15, end_now=15)
    assert not counts.add_up(begin=5, end=16, end_now=16), "one is missing"
    assert not counts.add_up(begin=5, end=15, end_now=14), "one never was"
    assert not PartitionCounts(kept=Counts(6, 1, 3, 9), greatest=9).add_up(0, 10, 10), "two of one, and one missing"
    assert not PartitionCounts(expired=Counts(2, 1, 0, 2)).add_up(5, 5, 5), "two of one that expired"
