"""One batch of alerting: its records by customer and by group, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import structlog

from schemas.catalogue import Catalogue
from schemas.rows import AlertRow
from streams.agents.alert_quiet import Sifted
from streams.agents.alert_reading import Taken
from streams.alerting.advance import advance_customer, forget_customer
from streams.alerting.announced import GROUP_PREFIX, Announced, as_said
from streams.alerting.facts import Customer, CustomerRow, JourneyNews, Kept, leaves_at
from streams.alerting.going_on import gone_on
from streams.alerting.groups import (
    GroupState,
    Partial,
    advance_group,
    decode_group,
    encode_group,
    group_key,
)
from streams.alerting.memory import Memory, add_counts, is_current
from streams.alerting.observations import Cell, Count, Group, handoffs_counted
from streams.alerting.resting import UNREADABLE, close_customer, forget_parts, open_customer, said_of
from streams.batching import Write

if TYPE_CHECKING:
    from streams._core import Grouped

logger = structlog.get_logger(__name__)

GROUP = GROUP_PREFIX.decode()
Get = Callable[[bytes], bytes | None]


@dataclass(slots=True)
class Work:
    """What comes of a batch of partition `source` at `now` (ms); `get` reads the state, nothing changes it.

    `rows` are to be said, `writes` to be written, and `quiet_writes` of other customers. `counted` are cells as they
    then are, of which those `sent` go to their groups.
    """

    catalogue: Catalogue
    kept: Kept
    source: int
    memory: Memory
    now: int
    get: Get
    rows: list[AlertRow] = field(default_factory=list)
    writes: list[Sequence[Write]] = field(default_factory=list)
    quiet_writes: Grouped | None = None
    due: dict[str, int | None] = field(default_factory=dict)
    due_at_clock: dict[str, int | None] = field(default_factory=dict)
    counted: dict[Cell, Count] = field(default_factory=dict)
    sent: set[Cell] = field(default_factory=set)

    def state_writes(self, more: Iterable[Write]) -> Sequence[Sequence[Write]] | Grouped:
        """All writes, each customer's together, and then `more`, each on its own."""
        writes = chain(self.writes, ([write] for write in more))
        if self.quiet_writes is None:
            return list(writes)
        for group in writes:
            self.quiet_writes.append(group)
        return self.quiet_writes

    @property
    def says_anything(self) -> bool:
        """Whether there are rows to send, or the end of a batch whose rows were sent."""
        return bool(self.rows or self.sent)

    def do(self, sifted: Sifted, taken: Taken, due: Iterable[str], announced: Announced) -> None:
        """Take in the records, what is due, and what was announced before."""
        said = announced.by_key()
        for key in (*due, *(key.decode() for key in said)):
            if key in taken.forgotten:
                continue
            if key.startswith(GROUP):
                taken.groups.setdefault(key.removeprefix(GROUP), [])
            else:
                taken.customers.setdefault(key, [])
        changes = self._take_quiet(sifted)
        for customer_id, news in taken.journeys.items():
            if customer_id in taken.customers or not self._take_journeys(customer_id, news):
                taken.customers.setdefault(customer_id, []).extend(news)
        for customer_id, rows in taken.customers.items():
            with self._defects_logged(customer_id):
                self._take_customer(customer_id, rows, said.get(customer_id.encode(), {}), changes)
        for fingerprint, partials in taken.groups.items():
            with self._defects_logged(GROUP + fingerprint):
                self._take_group(fingerprint, partials, said.get((GROUP + fingerprint).encode(), {}))
        for customer_id in taken.forgotten:
            self._forget(customer_id, said.get(customer_id.encode(), {}), changes)
        self.counted = self.memory.added(changes)
        touched = {*changes, *announced.cells, *self.memory.unsent}
        self.sent = {cell for cell in touched if is_current(cell, self.catalogue.alerts, self.now)}

    def partials(self) -> Iterator[tuple[str, Partial]]:
        """What the groups are told, with their fingerprints."""
        by_group: dict[Group, dict[int, Count]] = {}
        for cell in self.sent:
            count = self.counted.get(cell) or self.memory.counts.get(cell) or Count(0, 0)
            by_group.setdefault(cell.group, {})[cell.bucket] = count
        for group, buckets in by_group.items():
            yield group_key(group), Partial(group, self.source, buckets)

    def _take_quiet(self, sifted: Sifted) -> dict[Cell, Count]:
        if sifted.taken is None:
            return {}
        self.quiet_writes = sifted.taken.writes
        self.due |= sifted.taken.due
        return handoffs_counted(sifted.counted, self.catalogue)

    def _take_journeys(self, customer_id: str, news: Sequence[JourneyNews]) -> bool:
        """Whether the news of a customer whose time has not come ask for no judgement; they are taken in then."""
        try:
            known = open_customer(customer_id, self.get)
        except UNREADABLE:
            # What is wrong is told where defects are.
            return False
        customer = gone_on(known.customer, news, self.now)
        if customer is None:
            return False
        self._write(close_customer(customer_id, known, customer))
        if known.value is None:
            # Who is known is due already, and told then when else.
            self.due[customer_id] = leaves_at(customer, self.kept)
        return True

    def _take_customer(
        self, customer_id: str, rows: Sequence[CustomerRow], said: Mapping[str, AlertRow], changes: dict[Cell, Count]
    ) -> None:
        known = open_customer(customer_id, self.get)
        advanced = advance_customer(
            customer_id,
            as_said(known.customer, said),
            rows,
            self.catalogue,
            self.kept,
            self.now,
            self.memory.clock,
            said,
        )
        self._write(close_customer(customer_id, known, advanced.state))
        self.rows += advanced.rows
        self.due[customer_id], self.due_at_clock[customer_id] = advanced.due_at, advanced.due_at_clock
        add_counts(changes, advanced.changes)

    def _forget(self, customer_id: str, said: Mapping[str, AlertRow], changes: dict[Cell, Count]) -> None:
        advanced = forget_customer(customer_id, as_said(self._still_known(customer_id), said), self.catalogue, self.now)
        self._write(forget_parts(customer_id, self.get))
        self.rows += advanced.rows
        self.due[customer_id] = self.due_at_clock[customer_id] = None
        add_counts(changes, advanced.changes)

    def _still_known(self, customer_id: str) -> Customer:
        """What is known of a customer who is to be forgotten, whatever is wrong with their state."""
        try:
            return open_customer(customer_id, self.get).customer
        except UNREADABLE:
            # Nor is what it cannot tell of counted: see `recall`.
            customer = said_of(customer_id, self.get)
        if customer is None:
            logger.error(
                "alerts of a customer who is to be forgotten could not be read, and are not taken back",
                partition=self.source,
            )
            return Customer()
        return customer

    def _take_group(self, fingerprint: str, partials: Sequence[Partial], said: Mapping[str, AlertRow]) -> None:
        key = GROUP + fingerprint
        value = self.get(key.encode())
        if value is not None:
            before = decode_group(value)
        elif partials:
            before = GroupState(partials[0].group)
        else:
            before = GroupState(Group(next(iter(said.values())).rule, "", ()) if said else Group("", "", ()))
        before = as_said(before, said)
        advanced = advance_group(before, partials, self.catalogue.alerts, self.now, said)
        encoded = None if advanced.state is None else encode_group(advanced.state)
        self._write([] if encoded == value else [(key.encode(), encoded)])
        self.rows += advanced.rows
        self.due[key] = advanced.due_at

    def _write(self, group: Sequence[Write]) -> None:
        if group:
            self.writes.append(group)

    @contextmanager
    def _defects_logged(self, key: str) -> Iterator[None]:
        """A defect met on one customer or group must not stop the alerts of all others."""
        try:
            yield
        except MemoryError:
            raise
        except Exception:
            logger.exception("alert rules not judged: a defect, please report it", partition=self.source)
            self.due[key] = None
