"""Keeps count of records under way: how many were delivered, what failed, and whether there is room for more."""

from __future__ import annotations

from threading import Condition


class Deliveries:
    """Shared by the thread that sends and the driver's that hears of acknowledgements.

    `begin` once for each record, then `settle` once with what became of it.
    """

    def __init__(self, most_under_way: int) -> None:
        self._most = most_under_way
        self._changed = Condition()
        self._under_way = 0
        self._delivered = 0
        self._failed = 0
        self._first_failure: BaseException | None = None

    @property
    def under_way(self) -> int:
        """How many records were sent and not answered yet."""
        return self._under_way

    @property
    def delivered(self) -> int:
        """How many the broker has confirmed."""
        return self._delivered

    @property
    def failed(self) -> int:
        """How many the broker refused or never answered."""
        return self._failed

    @property
    def first_failure(self) -> BaseException | None:
        """Why the first of them failed; None: none did."""
        return self._first_failure

    def begin(self, timeout: float) -> bool:
        """Count one more as under way; False if within `timeout` seconds there was no room for it."""
        with self._changed:
            # Waiting for half of them makes room for many at once, instead of waking up for each.
            if self._under_way >= self._most and not self._wait_below(self._most // 2, timeout):
                return False
            self._under_way += 1
            return True

    def settle(self, outcome: object) -> None:
        """Count one as no longer under way: failed if the outcome is an exception, else delivered."""
        with self._changed:
            self._under_way -= 1
            if isinstance(outcome, BaseException):
                self._failed += 1
                self._first_failure = self._first_failure or outcome
            else:
                self._delivered += 1
            if self._under_way == 0 or self._under_way == self._most // 2:
                self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Whether nothing is under way within `timeout` seconds."""
        with self._changed:
            return self._wait_below(0, timeout)

    def _wait_below(self, most: int, timeout: float) -> bool:
        return self._changed.wait_for(lambda: self._under_way <= most, timeout)
