"""How fast things go: rates from successive counts. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from omnitrack.demo.readings import Readings

_WINDOW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Counts so far and rates per second over the last seconds; `behind` records are published but have no fate yet."""

    published: int
    stitched: int
    accounted: int
    published_rate: float
    stitched_rate: float
    accounted_rate: float
    behind: int


class Pulse:
    """Remembers the counts of the last seconds, and after how many seconds from `began` the first journey was seen."""

    def __init__(self, began: float) -> None:
        self.first_journey: float | None = None
        self._began = began
        self._counts: deque[tuple[float, int, int, int]] = deque()

    def beat(self, at: float, published: int, readings: Readings) -> Flow:
        """Take in counts at `at`; it and `began` are monotonic times in seconds."""
        if self.first_journey is None and readings.journeys:
            self.first_journey = at - self._began
        latest = (at, published, readings.stitched, readings.accounted)
        while len(self._counts) > 1 and self._counts[1][0] <= at - _WINDOW_SECONDS:
            self._counts.popleft()
        self._counts.append(latest)
        oldest = self._counts[0]
        seconds = at - oldest[0]
        published_rate, stitched_rate, accounted_rate = (
            (new - old) / seconds if seconds else 0.0 for new, old in zip(latest[1:], oldest[1:], strict=True)
        )
        behind = max(0, published - readings.accounted)
        return Flow(
            published,
            readings.stitched,
            readings.accounted,
            published_rate,
            stitched_rate,
            accounted_rate,
            behind,
        )
