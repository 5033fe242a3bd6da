"""The clock W of each partition, and who is due by it. Pure: now is always given. All times are UTC ms."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from streams.upstream import Mark, Source, Times, latest

_MOST_MARKS = 64


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A mark that the partition has still to reach; `seen` is what had been seen in front of `begin`, once that is
    known."""

    begin: int
    end: int
    fresh: Times
    seen: Times | None = None


@dataclass(frozen=True, slots=True)
class PartitionClock:
    """W of one partition of the `customer` topic, of which all in front of `position` is taken in.

    W is the time up to which nothing can be on its way here any more, as far as sources keep the order of their
    touchpoints: of a source that lags how far it was `seen` here, with the marks' word that nothing earlier is still
    to come through the identity topic; of any other the time at which it was known to have nothing more. The source
    that is behind most decides (`settled` has them all). W is never beyond now, and never turns back.
    """

    reached: int = 0
    position: int = 0
    seen: Times = field(default_factory=dict)
    settled: Times = field(default_factory=dict)
    awaited: tuple[_Awaited, ...] = ()

    def expect(self, mark: Mark, partition: int) -> PartitionClock:
        """The clock of that partition with one more mark, later than any before, which counts once it is reached."""
        new = _Awaited(mark.begins[partition], mark.ends[partition], mark.fresh)
        return replace(self, awaited=_thinned([*self.awaited, self._look_back(new)]))

    def take(self, position: int, seen: Times, sources: Collection[Source], now: int) -> PartitionClock:
        """The clock when all in front of `position` is taken in, in it touchpoints of the times `seen`."""
        position = max(self.position, position)
        moved = replace(self, position=position, seen=latest(self.seen, seen))
        awaited = [moved._look_back(self._look_back(mark)) for mark in self.awaited]
        settled = self.settled
        for mark in awaited:
            if mark.end <= position:
                settled = latest(settled, latest(mark.fresh, mark.seen or {}))
        least = min((settled.get(source, 0) for source in sources), default=now)
        return replace(
            moved,
            reached=max(self.reached, min(least, now)),
            settled=settled,
            awaited=tuple(mark for mark in awaited if mark.end > position),
        )

    def _look_back(self, mark: _Awaited) -> _Awaited:
        """The mark with what has been seen, so long as the clock is in front of its beginning."""
        return replace(mark, seen=self.seen) if self.position <= mark.begin else mark


def _thinned(awaited: list[_Awaited]) -> tuple[_Awaited, ...]:
    """In a long backlog fewer marks have to do, as far apart as can be: W then moves on in greater steps."""
    if len(awaited) > _MOST_MARKS:
        gaps = [later.end - earlier.end for earlier, later in zip(awaited, awaited[2:], strict=False)]
        del awaited[1 + gaps.index(min(gaps))]
    return tuple(awaited)


class DueTimes:
    """When each customer of a partition is next due; the earliest first.

    The heap has an entry of each customer at its time or before: a time that is put off, as each touchpoint of a
    journey does, is looked at again only once the clock has reached what it was.
    """

    __slots__ = ("_due", "_heap")

    def __init__(self, due: Iterable[tuple[str, int]] = ()) -> None:
        self._due: dict[str, int] = dict(due)
        self._heap: list[tuple[int, str]] = []
        self._build()

    def __len__(self) -> int:
        return len(self._due)

    def set(self, due: Mapping[str, int | None]) -> None:
        """The rows of each customer change at its time and not before; None: never."""
        known, heap = self._due, self._heap
        for customer, due_at in due.items():
            if due_at is None:
                known.pop(customer, None)
                continue
            before = known.get(customer)
            known[customer] = due_at
            if before is None or due_at < before:
                heapq.heappush(heap, (due_at, customer))
        if len(heap) > 2 * len(known) + 1_000:
            self._build()

    def is_due(self, clock: int) -> bool:
        """Whether the clock has reached anybody's time."""
        return self._first(clock) is not None

    def due(self, clock: int, limit: int) -> list[str]:
        """At most `limit` customers whose time the clock has reached, the earliest first; they stay due until `set`
        says otherwise."""
        found: dict[str, int] = {}
        while len(found) < limit and (customer := self._first(clock)) is not None:
            found[customer], _ = heapq.heappop(self._heap)
        for customer, at in found.items():
            heapq.heappush(self._heap, (at, customer))
        return list(found)

    def _first(self, clock: int) -> str | None:
        """Who is due first, if the clock has reached the time; its entry is the heap's first then."""
        heap = self._heap
        while heap and heap[0][0] <= clock:
            at, customer = heap[0]
            due_at = self._due.get(customer)
            if due_at == at:
                return customer
            if due_at is None or due_at < at:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (due_at, customer))
        return None

    def _build(self) -> None:
        self._heap = [(at, customer) for customer, at in self._due.items()]
        heapq.heapify(self._heap)
