"""The account of one partition of a touchpoints topic, offset by offset. Pure.

A record's *fate* is where it ended: stored, dead or duplicate. Every record has exactly one.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Fate = Literal["stored", "dead", "duplicate"]


class Range(msgspec.Struct, frozen=True):
    """Offsets from `first` to `last`, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class Shared(msgspec.Struct, frozen=True):
    """An offset with more than one fate."""

    offset: int
    fates: tuple[Fate, ...]

    def __str__(self) -> str:
        return f"{self.offset} ({', '.join(self.fates)})"


class Counts(msgspec.Struct, frozen=True):
    """Fates of a range of offsets, and how many different `offsets` they are of."""

    stored: int = 0
    dead: int = 0
    duplicate: int = 0
    offsets: int = 0

    @property
    def fates(self) -> int:
        """How many fates there are; more than `offsets` where one has several."""
        return self.stored + self.dead + self.duplicate


class PartitionCounts(msgspec.Struct, frozen=True):
    """The fates of a partition's offsets before its begin, and from there to its end; `greatest` of all, if any."""

    expired: Counts = Counts()
    kept: Counts = Counts()
    greatest: int | None = None

    def add_up(self, begin: int, end: int, end_now: int) -> bool:
        """Whether the counts alone prove that every offset of the range has one fate, and nothing else has one."""
        kept, expired = self.kept, self.expired
        return (
            kept.offsets == kept.fates == end - begin
            and expired.offsets == expired.fates
            and (self.greatest is None or self.greatest < end_now)
        )


class Findings(msgspec.Struct, frozen=True):
    """What does not add up in a partition: how many offsets, and the first of them.

    `missing` hold a record and have no fate, `shared` have more than one, `unknown` have one and were never written.
    `without_record` is no fault: offsets of transaction markers, and of records that compaction took.
    """

    missing: int = 0
    shared: int = 0
    unknown: int = 0
    without_record: int = 0
    missing_ranges: tuple[Range, ...] = ()
    shared_offsets: tuple[Shared, ...] = ()
    unknown_ranges: tuple[Range, ...] = ()

    @property
    def count(self) -> int:
        """How many offsets are at fault."""
        return self.missing + self.shared + self.unknown


class PartitionAccount(msgspec.Struct, frozen=True):
    """received = stored + dead + duplicate, for the offsets from `begin`, the oldest that Kafka keeps, to before `end`.

    `expired` are the fates of the offsets before `begin`; `expired_without_fate` of those have none. Whether they held
    a record Kafka cannot tell any more.
    """

    topic: str
    partition: int
    begin: int
    end: int
    received: int
    stored: int
    dead: int
    duplicate: int
    expired: Counts
    expired_without_fate: int
    findings: Findings


class Audit(msgspec.Struct, frozen=True):
    """The accounts of all partitions. `behind` tells what stage had work left: records may be on their way there."""

    adds_up: bool
    partitions: tuple[PartitionAccount, ...]
    behind: str | None = None


def account_for(
    topic: str, partition: int, begin: int, end: int, counts: PartitionCounts, findings: Findings
) -> PartitionAccount:
    """The account of one partition: Kafka keeps the offsets from `begin` to before `end`, ClickHouse counts them."""
    kept = counts.kept
    return PartitionAccount(
        topic=topic,
        partition=partition,
        begin=begin,
        end=end,
        received=end - begin - findings.without_record,
        stored=kept.stored,
        dead=kept.dead,
        duplicate=kept.duplicate,
        expired=counts.expired,
        expired_without_fate=begin - counts.expired.offsets,
        findings=findings,
    )
