"""Collects what does not add up in a partition, from where the offsets with a fate are not in a row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from omnitrack.audit.account import Fate, Findings, Range, Shared

MOST_LISTED = 100
"""Of each kind per partition; all are counted."""


class Irregularity(NamedTuple):
    """Two fates that follow each other by offset, not of neighbouring offsets or behind the end; fate None: a bound."""

    previous: int
    previous_fate: Fate | None
    offset: int
    fate: Fate | None


RecordsIn = Callable[[Range], Iterable[int]]
"""The offsets of a range that hold a record, in order."""


@dataclass(slots=True)
class _Ranges:
    """Offsets that come in order, as ranges: the first MOST_LISTED of them, and the count of all."""

    count: int = 0
    listed: list[Range] = field(default_factory=list)

    def add(self, offset: int) -> None:
        self.count += 1
        if self.listed and self.listed[-1].last == offset - 1:
            self.listed[-1] = Range(self.listed[-1].first, offset)
        elif len(self.listed) < MOST_LISTED:
            self.listed.append(Range(offset, offset))


@dataclass(slots=True)
class _SharedOffsets:
    """Offsets with several fates, in order: the first MOST_LISTED of them, and the count of all."""

    count: int = 0
    listed: dict[int, tuple[Fate, ...]] = field(default_factory=dict)
    _last: int | None = None

    def add(self, offset: int, first: Fate, next_one: Fate) -> None:
        if offset != self._last:
            self._last = offset
            self.count += 1
        if offset in self.listed or len(self.listed) < MOST_LISTED:
            self.listed[offset] = (*self.listed.get(offset, (first,)), next_one)


def collect(
    irregularities: Iterable[Irregularity], begin: int, end: int, end_now: int, records_in: RecordsIn
) -> Findings:
    """The findings of the partition whose kept offsets go from `begin` to before `end`.

    `irregularities` come in the order of offsets, with bounds at `begin - 1` and `end`. No fate can belong to an offset
    from `end_now` on: that is the end as it was after the fates were read.
    """
    missing, unknown, shared = _Ranges(), _Ranges(), _SharedOffsets()
    without_fate = 0
    for each in irregularities:
        gap = Range(max(each.previous + 1, begin), min(each.offset, end) - 1)
        if gap.first <= gap.last:
            without_fate += len(gap)
            for offset in records_in(gap):
                missing.add(offset)
        if each.fate is None:
            continue
        if each.previous == each.offset and each.previous_fate is not None:
            shared.add(each.offset, each.previous_fate, each.fate)
        elif each.offset >= end_now:
            unknown.add(each.offset)
    return Findings(
        missing=missing.count,
        shared=shared.count,
        unknown=unknown.count,
        without_record=without_fate - missing.count,
        missing_ranges=tuple(missing.listed),
        shared_offsets=tuple(Shared(offset, fates) for offset, fates in shared.listed.items()),
        unknown_ranges=tuple(unknown.listed),
    )
