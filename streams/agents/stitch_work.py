"""The work on a batch of `customer`: what it is given, what of it is left to the Python core, and what comes of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.touchpoint import Arrival, CustomerRecord, Tick, decode_customer_record
from streams.agents.letters import unreadable
from streams.agents.reading import read
from streams.agents.rows import Rows
from streams.batching import Batch, Record, Write
from streams.journey import Change, CustomerItem
from streams.upstream import Source

if TYPE_CHECKING:
    from streams._core import Core, Done, Grouped


@dataclass(frozen=True, slots=True)
class Task:
    """A batch, the states of its partition, who is due by `clock`, and now (ms)."""

    batch: Batch
    states: Mapping[bytes, bytes]
    due: Sequence[str]
    clock: int
    now: int

    def done_by(self, core: Core) -> Done:
        """What the compiled core does of it."""
        return core.advance(self.batch.records, self.due, self.states, self.clock, self.now)


@dataclass(frozen=True, slots=True)
class Left:
    """What of a batch the Python core does: records, and customers whose time has come."""

    records: Sequence[Record]
    due: Sequence[str]

    def of(self, keys: Collection[bytes]) -> Left:
        """That of the customers of these keys."""
        if not keys:
            return Left((), ())
        records = [record for record in self.records if (record.key or b"") in keys]
        return Left(records, [customer_id for customer_id in self.due if customer_id.encode() in keys])


@dataclass(slots=True)
class Work:
    """What comes of the customers of a batch."""

    rows: Rows
    writes: list[Sequence[Write]] | Grouped = field(default_factory=list)
    due: dict[str, int | None] = field(default_factory=dict)
    seen: dict[Source, int] = field(default_factory=dict)
    poison: list[Exception] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def add_done(self, done: Done) -> None:
        """Take in what the compiled core did, before anything else."""
        self.rows.add_done(done)
        self.writes = done.writes
        self.due |= done.due
        self.seen |= done.seen

    def add(self, key: bytes, change: Change) -> None:
        """Take in what the Python core did of a customer."""
        self.rows.add_change(key, change)
        if change.writes:
            self.writes.append(list(change.writes.items()))
        self.due[key.decode()] = change.due_at
        self.refused.update(change.refused)


def take(batch: Batch, records: Iterable[Record], work: Work) -> dict[bytes, list[tuple[Record, CustomerItem]]]:
    """The records by customer, in their order, with what they hold; what they tell of the time goes to `work`."""
    groups: defaultdict[bytes, list[tuple[Record, CustomerItem]]] = defaultdict(list)
    seen = work.seen
    for record in records:
        item: CustomerRecord | None = read(record, decode_customer_record)
        if item is None:
            work.rows.letters.append(unreadable(batch, record))
        elif isinstance(item, Arrival):
            groups[record.key or b""].append((record, item))
            source, at = (item.origin.topic, item.origin.partition), item.touchpoint.occurred_at
            if at > seen.get(source, 0):
                seen[source] = at
        elif not isinstance(item, Tick):
            groups[record.key or b""].append((record, item))
    return groups
