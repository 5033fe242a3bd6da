"""Moves a group on past records that nobody asks for, without fetching them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from streams.batching.fetch import Fetched

PASS_SECONDS = 2.0
"""How often partitions that are passed over are moved to their ends."""
_ASK_MS = 1_000

logger = structlog.get_logger(__name__)


class Passing:
    """Whoever waits until the group has what these partitions hold finds it at their ends, and lag is small.

    Belongs to the driver's thread.
    """

    def __init__(self) -> None:
        self._next = 0.0

    async def pass_over(self, fetcher: Any, wanted: Callable[[], Collection[Any]]) -> dict[Any, list[Fetched]]:
        """Batches without records up to the ends of the `wanted` partitions, now and then; {} in between.

        `wanted` is asked for again right before anything moves. The partitions are not fetched from then on.
        """
        if time.monotonic() < self._next or not (asked := wanted()):
            return {}
        self._next = time.monotonic() + PASS_SECONDS
        try:
            ends = await fetcher.end_offsets(asked, _ASK_MS)
        except KafkaError as error:
            logger.warning("what no rule asks for is passed over later", error=repr(error))
            return {}
        passed = {}
        for tp in wanted():
            if tp in ends and _pass_to(fetcher, tp, ends[tp]):
                passed[tp] = [Fetched([], ends[tp], ends[tp])]
        return passed


def _pass_to(fetcher: Any, tp: Any, end: int) -> bool:
    """Whether the position of `tp` was in front of `end`; it is not now."""
    if not fetcher._subscriptions.is_assigned(tp):
        return False
    state = fetcher._subscriptions.subscription.assignment.state_value(tp)
    state.pause()
    fetcher._records.pop(tp, None)
    state.highwater = max(end, state.highwater or 0)
    if not state.has_valid_position or state.position >= end:
        return False
    state.consumed_to(end)
    return True
