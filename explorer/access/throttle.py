"""Guessing passwords is slow: after some failures nothing more is tried for a while."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock

WINDOW_SECONDS = 15 * 60.0
PER_NAME, PER_ADDRESS = 5, 50
MOST_KEYS = 10_000


class Throttle:
    """Counts the failures of the last quarter of an hour, by the name that was tried and by the address it came from.

    It remembers the latest ten thousand of them. `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait_seconds(self, name: str, address: str) -> int:
        """How long nobody may try this name, or from this address; 0: at once."""
        with self._lock:
            return max(self._wait(f"name {name}", PER_NAME), self._wait(f"address {address}", PER_ADDRESS))

    def note_failure(self, name: str, address: str) -> None:
        """A password was wrong: it counts against the name and against the address."""
        with self._lock:
            for key in (f"name {name}", f"address {address}"):
                self._failures.setdefault(key, deque(maxlen=PER_ADDRESS)).append(self._clock())
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def note_success(self, name: str) -> None:
        """A password was right: the name's failures are forgotten, the address's are not."""
        with self._lock:
            self._failures.pop(f"name {name}", None)

    def _wait(self, key: str, most: int) -> int:
        failures = self._failures.get(key)
        if failures is None:
            return 0
        oldest_that_counts = self._clock() - WINDOW_SECONDS
        while failures and failures[0] <= oldest_that_counts:
            failures.popleft()
        if len(failures) < most:
            return 0
        return int(failures[-most] - oldest_that_counts) + 1
