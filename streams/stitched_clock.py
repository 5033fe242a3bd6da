"""W, as those see it who read what stitching says: up to when all that happened has come to them. Pure.

Stitching works by W (`streams/clock.py`), and its rows do not tell it. Whoever judges that something did
*not* happen has to know that nothing is on its way: neither to stitching nor from there. All times are UTC ms.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.clock import PartitionClock
from streams.upstream import Offsets, Reading, Source, Upstream, covers

_MOST_WAITING = 64


@dataclass(frozen=True, slots=True)
class RowReading:
    """`ends` of the topics with rows, asked for after it was known what stitching had committed; `committed` after."""

    ends: Offsets
    committed: Offsets


@dataclass(slots=True)
class _Partition:
    clock: PartitionClock = field(default_factory=PartitionClock)
    waiting: deque[tuple[int, Offsets]] = field(default_factory=deque)


class StitchedClock:
    """W of each partition, from one reading of offsets to the next.

    A source that lags holds W where it was: rows of a backlog are judged once it is worked off.
    """

    def __init__(self, upstream: Upstream, customer: str, partitions: int) -> None:
        self._upstream = upstream
        self._customer = customer
        self._partitions = {number: _Partition() for number in range(partitions)}

    def read(self, reading: Reading, rows: RowReading) -> Mapping[int, int]:
        """W of each partition: `reading` tells how far stitching is, `rows` how far its rows are read."""
        mark = self._upstream.read(reading)
        reached = {}
        for number, partition in self._partitions.items():
            if mark is not None:
                partition.clock = partition.clock.expect(mark, number)
            position = reading.committed.get((self._customer, number), 0)
            partition.clock = partition.clock.take(position, {}, self._upstream.inputs, reading.at)
            reached[number] = _read_up_to(partition, number, rows)
        return reached


def _read_up_to(partition: _Partition, number: int, rows: RowReading) -> int:
    """The latest W whose rows have all been read; 0: none."""
    if len(partition.waiting) < _MOST_WAITING:
        partition.waiting.append((partition.clock.reached, _of_partition(rows.ends, number)))
    reached = 0
    while partition.waiting and covers(rows.committed, partition.waiting[0][1]):
        reached, _ = partition.waiting.popleft()
    return reached


def _of_partition(offsets: Offsets, number: int) -> dict[Source, int]:
    return {source: offset for source, offset in offsets.items() if source[1] == number}
