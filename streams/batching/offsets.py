"""Asks the broker, by the driver's consumer, how far partitions reach and how far the group is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiokafka import TopicPartition

ASK_SECONDS = 2.0
"""How long the broker may take to tell of offsets."""

Offsets = dict[tuple[str, int], int]


async def read_offsets(consumer: Any, partitions: Collection[tuple[str, int]]) -> tuple[Offsets, Offsets]:
    """The ends of `partitions`, whoever owns them, and then what the group has committed of each.

    What was dropped unread counts as committed. Raises the driver's errors when Kafka does not answer.
    """
    asked = [TopicPartition(topic, number) for topic, number in partitions]
    ends = await consumer._fetcher.end_offsets(asked, ASK_SECONDS * 1000)
    kept = await consumer._coordinator._do_fetch_commit_offsets(asked)
    committed = {tp: kept[tp].offset if tp in kept else 0 for tp in asked}
    # What was dropped before anybody read it needs not to be waited for.
    behind = [tp for tp in asked if committed[tp] < ends[tp]]
    begins = await consumer._fetcher.beginning_offsets(behind, ASK_SECONDS * 1000)
    committed.update({tp: max(committed[tp], begins[tp]) for tp in behind})
    return {tuple(tp): end for tp, end in ends.items()}, {tuple(tp): offset for tp, offset in committed.items()}
