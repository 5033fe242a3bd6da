"""The wall clock, which no core may ask."""

from __future__ import annotations

import time


def now_ms() -> int:
    """The time of day, Unix milliseconds."""
    return time.time_ns() // 1_000_000
