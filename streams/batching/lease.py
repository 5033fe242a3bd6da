"""How long this process may still take the partitions it was given for its own."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiokafka.errors import KafkaError

MARGIN = 0.1
"""Share of a time-out that is not made use of: what was written must arrive before the partitions move."""


class LeaseLapsed(KafkaError):  # type: ignore[misc]
    """Not sent: the group has not confirmed this process lately, so its partitions may be another's by now."""


def machine_seconds() -> float:
    """Seconds that go on while the process is stopped and, where the system can tell, while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """Holds for a session time-out, less a margin, from the last question that the group's coordinator confirmed.

    A generation that changed tells too late: a process that was stopped for longer than its session learns of the
    change some time after it goes on. The coordinator waits a whole session from the receipt of a question, and for
    `rebalance` seconds from the beginning of a rebalance. All times are `machine_seconds`.
    """

    def __init__(self, session: float, rebalance: float, now: Callable[[], float] = machine_seconds) -> None:
        self._session = session * (1 - MARGIN)
        self._rebalance = rebalance * (1 - MARGIN)
        self.now = now
        self._until = float("-inf")
        self._rebalanced_by = float("-inf")

    def holds(self) -> bool:
        """Whether nobody else can have been given the partitions. Callable from any thread."""
        return self.now() < self._until

    def confirm(self, asked_at: float) -> None:
        """The coordinator confirmed the membership in answer to a question sent at `asked_at`."""
        self._until = asked_at + self._session
        self._rebalanced_by = asked_at + self._rebalance

    def confirm_amid_rebalance(self, asked_at: float) -> None:
        """It did, and is waiting for this process to join again, which it does not for ever."""
        self._until = min(asked_at + self._session, self._rebalanced_by)

    def lose(self) -> None:
        """The coordinator does not know this process, or not as an owner of what it was given."""
        self._until = float("-inf")
