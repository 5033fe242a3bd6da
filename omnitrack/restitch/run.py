"""Restitching, chunk by chunk: read, compare, and on demand hand over; memory holds one chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from clickhouse_driver import Client

from omnitrack.restitch.compare import Comparison, compare
from omnitrack.restitch.histories import histories
from omnitrack.restitch.letters import Letters
from omnitrack.restitch.report import Tally
from omnitrack.restitch.selection import Listed, Selection, chunks
from omnitrack.restitch.sending import HistorySender
from omnitrack.restitch.stored import StoredCustomer, read_customers
from schemas.catalogue import Catalogue
from schemas.touchpoint import Arrival
from streams.now import now_ms

MOST_CHECKED = 10_000
"""Of the customers that were handed over, so many are compared again afterwards."""


@dataclass(frozen=True, slots=True)
class _Compared:
    customer: StoredCustomer
    letters: Sequence[Arrival]
    comparison: Comparison
    read_at: int


@dataclass(slots=True)
class Restitcher:
    """Compares customers with what stitching makes of them; `stopping` ends it after the chunk in work."""

    client: Client
    catalogue: Catalogue
    letters: Letters
    stopping: Callable[[], bool]
    handed_over: list[str] = field(default_factory=list)
    count_handed_over: int = 0

    def compare(self, selection: Selection, tally: Tally, sender: HistorySender | None) -> Iterator[int]:
        """Compare, and hand over to `sender` who differs; yields the number of customers done after each chunk.

        Raises `ClickHouseError` and `NotSentError`.
        """
        run = uuid4().hex
        done = 0
        for chunk in chunks(self.client, selection, self.letters):
            if self.stopping():
                return
            differing = []
            for compared in self._compared(chunk):
                tally.add(compared.comparison)
                if compared.comparison.differs:
                    differing.append(compared)
            if sender is not None:
                self._hand_over(differing, run, sender)
            done += len(chunk)
            yield done

    def still_differing(self) -> int:
        """Of the first MOST_CHECKED customers that were handed over, how many still differ."""
        listed = Listed(tuple(self.handed_over))
        return sum(
            compared.comparison.differs
            for chunk in chunks(self.client, listed, self.letters)
            for compared in self._compared(chunk)
        )

    def _compared(self, customer_ids: Sequence[str]) -> Iterator[_Compared]:
        """The customers compared; who differs is read once more, as the stream goes on while tables are read."""
        again: list[str] = []
        for compared in self._read(customer_ids):
            if compared.comparison.differs:
                again.append(compared.customer.customer_id)
            else:
                yield compared
        yield from self._read(again)

    def _read(self, customer_ids: Sequence[str]) -> Iterator[_Compared]:
        if not customer_ids:
            return
        now = now_ms()
        letters = self.letters.of(customer_ids)
        for customer in read_customers(self.client, customer_ids):
            own = letters.get(customer.customer_id, [])
            yield _Compared(customer, own, compare(customer, own, self.catalogue, now), now)

    def _hand_over(self, differing: Iterable[_Compared], run: str, sender: HistorySender) -> None:
        rules = self.catalogue.fingerprint
        for one in differing:
            customer_id = one.customer.customer_id
            sender.send_history(customer_id, histories(one.customer, one.letters, run, one.read_at, rules))
            self.count_handed_over += 1
            if len(self.handed_over) < MOST_CHECKED:
                self.handed_over.append(customer_id)
        sender.flush()
