"""Sends ticks to partitions in which rows change by the clock while nothing comes; `stitch` acts on them."""

from __future__ import annotations

from collections.abc import Callable

from schemas.topics import Topics
from schemas.touchpoint import Tick, encode_customer_record
from streams.agents.stitch import Stitch
from streams.batching import Outgoing
from streams.checkpoint import Publisher

NOBODY = b""
"""The key of a tick: it is no customer's."""

Idle = Callable[[int], int | None]
"""The position of a partition of `customer` that is owned and has nothing left to do; None for any other."""


async def send_ticks(stitch: Stitch, topics: Topics, publisher: Publisher, idle: Idle) -> int:
    """One round over all partitions: a tick to each that is idle and in which somebody is due. Returns how many.

    A partition with work needs none: each batch takes those who are due beside its own customers. Raises what the
    publisher raises; the next round makes up for it.
    """
    ticks = [
        Outgoing(topics.customer, partition, ([(NOBODY, encode_customer_record(Tick()))],))
        for partition in stitch.times
        if (position := idle(partition)) is not None and stitch.is_due(partition, position)
    ]
    if ticks:
        await publisher.send(ticks)
    return len(ticks)
