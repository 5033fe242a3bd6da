"""Arithmetic of Kafka offsets: how far a consumer group is behind. Pure.

An *end* is the offset the next record of a partition will get; a group that committed it has nothing left to read.
A partition that a group never committed counts from its *begin*, the offset of its oldest record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Partition(NamedTuple):
    """A partition of a topic; `topic:number` as text."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.number}"


Offsets = Mapping[Partition, int]


def lag(ends: Offsets, committed: Offsets, begins: Offsets | None = None) -> dict[Partition, int]:
    """Records each partition of `ends` still has for a group; partitions without any are left out."""
    begins = begins or {}
    behind: dict[Partition, int] = {}
    for partition, end in sorted(ends.items()):
        position = max(committed.get(partition, 0), begins.get(partition, 0))
        if position < end:
            behind[partition] = end - position
    return behind


def per_topic(counts: Offsets) -> dict[str, int]:
    """Sum over the partitions of each topic."""
    totals: dict[str, int] = {}
    for partition, count in sorted(counts.items()):
        totals[partition.topic] = totals.get(partition.topic, 0) + count
    return totals


def between(begins: Offsets, ends: Offsets) -> dict[Partition, int]:
    """Records that each partition of `ends` holds: its end less its begin, never below 0."""
    return {partition: max(0, end - begins.get(partition, 0)) for partition, end in sorted(ends.items())}
