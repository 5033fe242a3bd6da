"""When the driver asks a broker for more: not at once where little is to come, so that what comes comes together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition


class Pace:
    """Has a driver's `fetcher` ask a broker of which it has read all that is known only `seconds` after it asked last.

    One that is known to hold more is asked at once, and so is one that had nothing to tell for that long.
    """

    def __init__(self, fetcher: Any, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._actions = fetcher._get_actions_per_node
        self._seconds = seconds
        self._now = now
        self._asked_at: dict[Any, float] = {}
        fetcher._get_actions_per_node = self._paced

    def _paced(self, assignment: Any) -> tuple[Any, ...]:
        """What the driver would do next, without what it is too early for; it looks again when it is time."""
        requests, resets, timeout, *others = self._actions(assignment)
        now = self._now()
        kept, waits = [], [timeout]
        for node, request in requests:
            wait = self._asked_at.get(node, float("-inf")) + self._seconds - now
            if wait > 0 and not _is_behind(request, assignment):
                waits.append(wait)
            else:
                self._asked_at[node] = now
                kept.append((node, request))
        return kept, resets, min(waits), *others


def _is_behind(request: Any, assignment: Any) -> bool:
    """Whether a partition that is asked for is known to hold more."""
    for topic, partitions in request.topics:
        for partition, position, _ in partitions:
            end = assignment.state_value(TopicPartition(topic, partition)).highwater
            if end is not None and position < end:
                return True
    return False
