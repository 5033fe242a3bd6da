"""The clock W of each partition, and who is due by it. Pure: now is always given. All times are UTC ms."""

from __future__ import annotations

import heapq
from collections.abc import Iterable


class PartitionClock:
    """W of one partition of the `customer` topic.

    Behind, W is the greatest time seen in the partition, so that a backlog or a replay raises no false alarm; caught
    up, W is now. Falling behind again does not turn W back.
    """

    __slots__ = ("_reached",)

    def __init__(self) -> None:
        self._reached = 0

    def observe(self, seen: int) -> None:
        """A touchpoint occurred, or a tick was sent, at `seen`."""
        self._reached = max(self._reached, seen)

    def read(self, *, caught_up: bool, now: int) -> int:
        """W, given whether the partition's consumer has caught up."""
        if not caught_up:
            return self._reached
        self._reached = max(self._reached, now)
        return now


class DueTimes:
    """When each customer of a partition is next due; the earliest first."""

    __slots__ = ("_due", "_heap")

    def __init__(self, due: Iterable[tuple[str, int]] = ()) -> None:
        self._due: dict[str, int] = dict(due)
        self._heap: list[tuple[int, str]] = [(at, customer) for customer, at in self._due.items()]
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        return len(self._due)

    def set(self, customer: str, due_at: int | None) -> None:
        """The customer's rows change at `due_at` and not before; None: never."""
        if self._due.get(customer) == due_at:
            return
        if due_at is None:
            del self._due[customer]
        else:
            self._due[customer] = due_at
            heapq.heappush(self._heap, (due_at, customer))
        if len(self._heap) > 2 * len(self._due) + 1_000:
            self._heap = [(at, one) for one, at in self._due.items()]
            heapq.heapify(self._heap)

    def first(self, clock: int, limit: int) -> list[str]:
        """What `due` would give; it stays due until `set` says otherwise."""
        found = self.due(clock, limit)
        for customer in found:
            self.set(customer, clock)
        return found

    def due(self, clock: int, limit: int) -> list[str]:
        """At most `limit` customers whose time the clock has reached, the earliest first.

        They are due no more, until `set` says so again.
        """
        found: list[str] = []
        while self._heap and self._heap[0][0] <= clock and len(found) < limit:
            at, customer = heapq.heappop(self._heap)
            if self._due.get(customer) == at:
                del self._due[customer]
                found.append(customer)
        return found
