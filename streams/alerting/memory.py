"""What is known of one partition beside its state, and can be told from that: counts, and who is due when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.alert_rules import AlertRules, ShareRule
from schemas.catalogue import Catalogue
from streams.alerting.announced import GROUP_PREFIX
from streams.alerting.episodes import earliest_bucket
from streams.alerting.observations import Cell, Count, observations
from streams.alerting.resting import UNREADABLE, open_customer
from streams.clock import DueTimes

_NOTHING = Count(0, 0)
_FORGET_EVERY = 60_000


@dataclass(slots=True)
class Memory:
    """`due` by the wall clock and `due_at_clock` by W, by state key; `counts` of the partition's own customers.

    `unsent` are cells whose counts the groups may not know.
    """

    due: DueTimes = field(default_factory=DueTimes)
    due_at_clock: DueTimes = field(default_factory=DueTimes)
    counts: dict[Cell, Count] = field(default_factory=dict)
    unsent: set[Cell] = field(default_factory=set)
    clock: int = 0
    _forgot_at: int = 0

    def is_due(self, now: int) -> bool:
        """Whether something is to be said at `now` (ms) or at the clock, though no row came."""
        return bool(self.unsent) or self.due.is_due(now) or self.due_at_clock.is_due(self.clock)

    def added(self, changes: Mapping[Cell, Count]) -> dict[Cell, Count]:
        """The counts of the cells that changed, after the change."""
        found = {cell: self.counts.get(cell, _NOTHING) for cell in changes}
        add_counts(found, changes)
        return found

    def forget(self, rules: AlertRules, now: int) -> None:
        """Let go, now and then, of cells that no window holds any more."""
        if now - self._forgot_at < _FORGET_EVERY:
            return
        self._forgot_at = now
        self.counts = {cell: count for cell, count in self.counts.items() if is_current(cell, rules, now)}


def add_counts(counts: dict[Cell, Count], more: Mapping[Cell, Count]) -> None:
    """Add `more` to the counts, cell by cell."""
    for cell, count in more.items():
        before = counts.get(cell, _NOTHING)
        counts[cell] = Count(before.n + count.n, before.failed + count.failed)


def is_current(cell: Cell, rules: AlertRules, now: int) -> bool:
    """Whether a window may still hold the cell."""
    rule = rules.by_name.get(cell.group.rule)
    return isinstance(rule, ShareRule) and cell.bucket >= earliest_bucket(rule, now)


def recall(state: Mapping[bytes, bytes], catalogue: Catalogue, now: int) -> Memory:
    """The memory of a partition's state: counts are those of its customers, and all is looked at once.

    The catalogue may be another one than when the state was written.
    """
    memory = Memory()
    for key in state:
        if key.startswith(GROUP_PREFIX):
            memory.due.set({key.decode(): now})
        elif not key.startswith(b"\x00"):
            customer_id = key.decode()
            memory.due.set({customer_id: now})
            try:
                customer = open_customer(customer_id, state.get).customer
            except UNREADABLE:
                # What is wrong is told when the customer is looked at.
                continue
            add_counts(memory.counts, observations(customer_id, customer, catalogue))
    memory.counts = dict(_current(memory.counts.items(), catalogue.alerts, now))
    memory.unsent = set(memory.counts)
    return memory


def _current(counts: Iterable[tuple[Cell, Count]], rules: AlertRules, now: int) -> Iterable[tuple[Cell, Count]]:
    return ((cell, count) for cell, count in counts if is_current(cell, rules, now))
