"""What a restitching found and did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from omnitrack.restitch.compare import TABLES, Comparison, Example, Kind

KINDS: tuple[Kind, ...] = ("same", "changed", "new", "gone")


class TableCounts(msgspec.Struct, frozen=True):
    """Rows of one table: as stored, and as made anew from the touchpoints."""

    table: str
    same: int
    changed: int
    new: int
    gone: int


class Applied(msgspec.Struct, frozen=True):
    """Customers whose histories were sent. Once drained, `checked` of them were compared again, `differ` still did."""

    customers: int
    bytes_sent: int
    seconds: float
    behind: str | None = None
    checked: int = 0
    differ: int = 0


class Report(msgspec.Struct, frozen=True):
    """`letters` are those of touchpoints that came too late; `letters_unreadable` break the contract by now, and
    `letters_unsettled` may still move to another customer: both stay dead. Of `unknown` customers, who were
    named, nothing is stored.
    """

    customers: int
    differing: int
    letters: int
    letters_unreadable: int
    letters_unsettled: int
    tables: tuple[TableCounts, ...]
    examples: tuple[Example, ...]
    interrupted: bool = False
    applied: Applied | None = None
    unknown: int = 0


@dataclass(slots=True)
class Tally:
    """Adds up comparisons; of each table and kind it keeps the first `most_examples`."""

    most_examples: int
    customers: int = 0
    differing: int = 0
    empty: int = 0
    _counts: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    _examples: defaultdict[tuple[str, Kind], list[Example]] = field(default_factory=lambda: defaultdict(list))

    def add(self, comparison: Comparison) -> None:
        """Count one customer's differences, and keep the first of each kind as examples."""
        self.customers += 1
        self.differing += comparison.differs
        self.empty += not any(comparison.counts.values())
        self._counts.update(comparison.counts)
        for example in comparison.examples:
            kept = self._examples[example.table, example.kind]
            if len(kept) < self.most_examples:
                kept.append(example)

    @property
    def tables(self) -> tuple[TableCounts, ...]:
        """The counts of each table, in the order of `TABLES`."""
        return tuple(TableCounts(table, *(self._counts[table, kind] for kind in KINDS)) for table in TABLES)

    @property
    def examples(self) -> tuple[Example, ...]:
        """The examples that were kept, by table and kind."""
        order: Sequence[tuple[str, Kind]] = [(table, kind) for table in TABLES for kind in KINDS]
        return tuple(example for place in order for example in self._examples[place])
