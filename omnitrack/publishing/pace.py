"""Holds a loop to a rate."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """At most `rate` steps a second, evenly, from the first on; None is as fast as it goes."""

    def __init__(
        self,
        rate: float | None,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 0.0 if rate is None else 1 / rate
        self._sleep = sleep
        self._clock = clock
        self._due = clock()

    def step(self) -> None:
        """Return when the next step is due. Time lost is not caught up beyond a second."""
        if self._interval == 0:
            return
        now = self._clock()
        if self._due > now:
            self._sleep(self._due - now)
        self._due = max(self._due, now - 1) + self._interval
